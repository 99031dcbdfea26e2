// What an issuer says of the e-mail address that it gives for a person. Knows nothing of tokens.

/**
 * Whether `claim` is an address of which the issuer does not say that it was verified (OpenID Connect Core §5.1). Some
 * write the word as a text, as Cognito's userinfo does. Saying nothing is no proof: where people set their own address,
 * as in another tenant of Entra, it names whomever they like.
 */
export const isUnverifiedAddress = (
  { email_verified: verified }: Readonly<Record<string, unknown>>,
  claim: string,
): boolean => claim === 'email' && verified !== true && verified !== 'true';
