// Two rules about the e-mail addresses of people: how addresses and domains are compared, and which of an issuer's are not
// verified.

/** For comparing addresses and domains. ASCII only: in all of Unicode, different addresses become one (the Kelvin sign and "k"). */
export const asciiLowerCase = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/**
 * Whether `claim` is an address of which the issuer does not say that it was verified (OpenID Connect Core §5.1). Some
 * write the word as a text, as Cognito's userinfo does. Saying nothing is no proof: where people set their own address,
 * as in another tenant of Entra, it names whomever they like.
 */
export const isUnverifiedAddress = (
  { email_verified: verified }: Readonly<Record<string, unknown>>,
  claim: string,
): boolean => claim === 'email' && verified !== true && verified !== 'true';
