// The realm of people who sign in with Google. Their identifier is their Google account's `sub`.

export const googleRealm = 'google';
