// One round of a sign-in: made for a browser and a purpose, found by its state, redeemed once. Knows no provider.

import type { AccountsOptions } from '../../grants/options.ts';
import { hashSecret, isSecret, newSecret } from '../../lib/secrets.ts';
import type { SignInRecord } from '../../storage/index.ts';
import type { SignInFinish, SignInPurpose } from './outcomes.ts';

/** Milliseconds a browser may take at the identity provider. */
export const signInLifetimeMs = 15 * 60_000;

/** What only the callback needs to know again; stored sealed. */
export interface SignInDetails {
  readonly purpose: SignInPurpose;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly askedAgain: boolean;
}

/** A sign-in that this callback alone owns. */
export interface OwnedSignIn extends SignInDetails {
  readonly state: string;
  readonly browser: string;
  readonly nonce: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export const cookieFor = (purpose: SignInPurpose): string =>
  purpose.kind === 'client'
    ? `postern_sign_in_${hashSecret(purpose.interaction).slice(0, 16)}`
    : `postern_link_sign_in_${hashSecret(purpose.ticket).slice(0, 16)}`;

type RoundOptions = Pick<AccountsOptions, 'storage' | 'clock' | 'random'>;

// The store sealed it, so it is what was written below.
const detailsOf = (record: SignInRecord): SignInDetails => JSON.parse(record.details) as SignInDetails;

/** Records a round before the browser leaves. */
export const beginRound = async (
  { storage, clock, random }: RoundOptions,
  round: SignInDetails & { readonly realm: string; readonly browser: string },
): Promise<{ readonly state: string; readonly nonce: string }> => {
  const [state, nonce] = [newSecret(random), newSecret(random)];
  const { realm, browser, ...details } = round;
  const createdAt = clock.now();
  await storage.signIns.add({
    stateHash: hashSecret(state),
    realm,
    browserHash: hashSecret(browser),
    nonce,
    details: JSON.stringify(details),
    createdAt,
    expiresAt: createdAt + signInLifetimeMs,
  });
  return { state, nonce };
};

const findRound = async ({ storage }: RoundOptions, realm: string, state: string) => {
  const record = isSecret(state) ? await storage.signIns.find(hashSecret(state)) : undefined;
  return record?.realm === realm ? record : undefined;
};

export const cookieOfRound = async (
  options: RoundOptions,
  realm: string,
  state: string,
  origin: string,
): Promise<string | undefined> => {
  const record = await findRound(options, realm, state);
  if (record === undefined) return undefined;
  const { purpose, redirectUri } = detailsOf(record);
  return new URL(redirectUri).origin === origin ? cookieFor(purpose) : undefined;
};

/** The sign-in of this state, if this browser began it and nobody redeemed it; otherwise how that ends. */
export const redeemRound = async (
  options: RoundOptions,
  realm: string,
  { state = '', browser = '' }: { readonly state?: string; readonly browser?: string },
): Promise<{ readonly owned: OwnedSignIn } | { readonly ended: SignInFinish }> => {
  const found = await findRound(options, realm, state);
  // Another browser is told nothing of it.
  if (found === undefined || !isSecret(browser) || found.browserHash !== hashSecret(browser))
    return { ended: { kind: 'unknown' } };
  const now = options.clock.now();
  const record = await options.storage.signIns.redeem(found.stateHash, found.browserHash, now);
  if (record === undefined) {
    const { purpose } = detailsOf(found);
    return { ended: { kind: found.expiresAt <= now ? 'expired' : 'used', purpose } };
  }
  return { owned: { ...detailsOf(record), state, browser, nonce: record.nonce, createdAt: record.createdAt } };
};
