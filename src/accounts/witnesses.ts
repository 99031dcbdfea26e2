// Whether Google refuses everybody or only those who left: before many refusals count as the operator's accident, grants
// that nobody complained of are tried. So no five accounts can make a server disbelieve, or unready for all. Ends nothing.
import type { AccountKey } from '../model/account-key.ts';
import type { RandomBytes } from '../model/clock.ts';
import type { Breaker } from './breaker.ts';
import { openGrant } from './grant-access.ts';
import type { AccountsOptions } from './options.ts';

/** Token requests at once; chosen by chance, so that nobody can put their own dead grants there. */
const witnessesAtOnce = 3;
const maxCandidates = 1000;
/** While the breaker is open, readiness asks again this often. Milliseconds. */
const askAgainMs = 30_000;

export interface Witnesses {
  /** Tries some grants; a success reaches the breaker on its way. Those who ask meanwhile share the answer. */
  ask(): Promise<void>;
  /** The same beside the caller, if nobody asked a moment ago. */
  askAgain(): void;
}

type WitnessOptions = Pick<AccountsOptions, 'storage' | 'oauth' | 'clock' | 'random' | 'log'> & {
  readonly breaker: Breaker;
};

export const createWitnesses = (options: WitnessOptions): Witnesses => {
  const { clock, log } = options;
  let asking: Promise<void> | undefined;
  let askedAt = 0;

  const ask = (): Promise<void> => {
    askedAt = clock.now();
    asking ??= askSome(options).finally(() => {
      asking = undefined;
    });
    return asking;
  };
  return {
    ask,
    askAgain: () => {
      if (Math.abs(clock.now() - askedAt) < askAgainMs) return;
      void ask().catch((error: unknown) =>
        log({ event: 'witnesses_not_asked', cause: error instanceof Error ? error.name : typeof error, level: 'warn' }),
      );
    },
  };
};

const askSome = async (options: WitnessOptions): Promise<void> => {
  const { storage, oauth, clock, random } = options;
  const of = { clientId: oauth.clientId, tokenEndpoint: oauth.tokenEndpoint, until: clock.now() };
  const candidates = shuffled(await storage.operations.longUnused(of, { size: maxCandidates }), random);
  const refreshTokens: string[] = [];
  for (const key of candidates) {
    if (refreshTokens.length === witnessesAtOnce) break;
    const refreshToken = await mayWitness(options, key);
    if (refreshToken !== undefined) refreshTokens.push(refreshToken);
  }
  // The new access tokens are not kept: no lease is held here, and the present ones serve on.
  await Promise.all(refreshTokens.map((refreshToken) => oauth.refresh(refreshToken)));
};

/** Those that were refused can say nothing new, unless the breaker is open: then they are whom it is about. */
const mayWitness = async (options: WitnessOptions, key: AccountKey): Promise<string | undefined> => {
  const { breaker } = options;
  const opened = await openGrant(options, key);
  if (opened.kind === 'problem') return undefined;
  const { google, refreshToken } = opened.grant;
  return breaker.open || !breaker.wasRefused(google.sub) ? refreshToken : undefined;
};

const shuffled = <T>(items: readonly T[], random: RandomBytes): T[] =>
  items
    .map((item) => ({ item, place: Buffer.from(random(4)).readUInt32BE() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
