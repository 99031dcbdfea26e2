// What an issuer says of the e-mail address that it gives for a person. Knows nothing of tokens.

/**
 * Whether `claim` is an address of which the issuer itself says anything but that it was verified (OpenID Connect Core
 * §5.1). Some write the word as a text, as Cognito's userinfo does. An issuer that says nothing is taken at its word.
 */
export const isUnverifiedAddress = (
  { email_verified: verified }: Readonly<Record<string, unknown>>,
  claim: string,
): boolean => claim === 'email' && verified !== undefined && verified !== true && verified !== 'true';
