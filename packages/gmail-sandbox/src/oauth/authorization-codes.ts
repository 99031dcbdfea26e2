// Authorization codes (RFC 6749 §4.1.2): single use, ten minutes, remembering what they were issued for.
// Knows nothing of clients' secrets or of how a code travels.
import { createHash, randomBytes } from 'node:crypto';
import type { GoogleAccount } from '../accounts.ts';
import type { Clock } from '../clock.ts';

export interface IssuedCode {
  readonly account: GoogleAccount;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Whether the exchange brings a refresh token. */
  readonly refresh: boolean;
  readonly nonce: string | undefined;
  readonly codeChallenge: { readonly value: string; readonly method: 'S256' | 'plain' } | undefined;
}

export interface AuthorizationCodes {
  issue(code: IssuedCode): string;
  /** The code's content while it is unused and younger than ten minutes. */
  find(code: string): IssuedCode | undefined;
  /** Uses it up. */
  spend(code: string): void;
  /** Whom a code was made for, usable or not: for records only. */
  ownerOf(code: string): GoogleAccount | undefined;
}

const lifetime = 10 * 60 * 1000;

export const createAuthorizationCodes = (clock: Clock): AuthorizationCodes => {
  const codes = new Map<string, { issued: IssuedCode; expiresAt: number; spent: boolean }>();
  return {
    issue(issued) {
      const code = `4/0A${randomBytes(36).toString('base64url')}`;
      codes.set(code, { issued, expiresAt: clock.now() + lifetime, spent: false });
      return code;
    },
    find(code) {
      const entry = codes.get(code);
      return entry === undefined || entry.spent || entry.expiresAt <= clock.now() ? undefined : entry.issued;
    },
    spend(code) {
      const entry = codes.get(code);
      if (entry !== undefined) entry.spent = true;
    },
    ownerOf: (code) => codes.get(code)?.issued.account,
  };
};

/** Whether a code verifier fits the challenge (RFC 7636 §4.6). */
export const verifierFits = (challenge: NonNullable<IssuedCode['codeChallenge']>, verifier: string): boolean => {
  switch (challenge.method) {
    case 'plain':
      return verifier === challenge.value;
    case 'S256':
      return createHash('sha256').update(verifier).digest('base64url') === challenge.value;
  }
};
