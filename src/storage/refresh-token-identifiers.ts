// What Google's push events call a refresh token by, kept beside it so that an event finds its account.
// Source: https://developers.google.com/identity/protocols/risc, "token_identifier_alg". Receiving events is not here.
import { createHash } from 'node:crypto';
import type { Sealer } from './sealer.ts';

const sha512 = (data: string | Buffer): Buffer => createHash('sha512').update(data).digest();

export interface RefreshTokenIdentifiers {
  /** `prefix`: the first 16 characters, which are a part of the secret and therefore kept only as a keyed hash. */
  readonly refresh_token_prefix_hmac: string;
  /** `hash_base64_sha512_sha512`. */
  readonly refresh_token_double_sha512: string;
}

export const refreshTokenIdentifiers = (refreshToken: string, sealer: Sealer): RefreshTokenIdentifiers => ({
  refresh_token_prefix_hmac: sealer.hmac('refresh token prefix', refreshToken.slice(0, 16)),
  refresh_token_double_sha512: sha512(sha512(refreshToken)).toString('base64'),
});
