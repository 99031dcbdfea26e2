// Whether Google refuses everybody or only those who left: asks it for some grants of other people. Ends nothing, and keeps
// no token; what Google refuses is noted.

import { shuffled } from '../lib/shuffled.ts';
import type { GoogleIdentity } from '../model/account.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import { whyEnded } from './end-grant.ts';
import { openGrant } from './grant-access.ts';
import type { AccountsOptions } from './options.ts';
import type { RefusedGrants } from './refused-grants.ts';

/** Token requests at once, one wave after the other until Google accepts one. The first is who was accepted last. */
const waves = [1, 3, 6];
/** Of so many the others are chosen by chance, so that nobody can put their own dead grants there. */
const maxCandidates = 60;
/** After a round in which Google accepted nobody, the next may begin so much later, or when it accepted somebody. Milliseconds. */
const pauseMs = 30_000;

type WitnessOptions = Pick<AccountsOptions, 'storage' | 'oauth' | 'clock' | 'random'> & Pick<RefusedGrants, 'mark'>;

/**
 * Asks for at most ten grants of other Google accounts than this one: of other hosted domains where it has one, then of its
 * own. Where there are no others, its own say nothing: a company leaves together. One round at a time: those who ask
 * meanwhile share it.
 */
export const createWitnesses = (options: WitnessOptions): ((than: GoogleIdentity) => Promise<void>) => {
  const { clock, mark } = options;
  let asking: Promise<void> | undefined;
  let pause = { until: 0, mark: 0 };

  return (than) => {
    const left = pause.until - clock.now();
    // A clock that was put back must not make the pause longer.
    if (left > 0 && left <= pauseMs && pause.mark === mark()) return Promise.resolve();
    asking ??= askSome(options, than)
      .then((accepted) => {
        if (accepted === false) pause = { until: clock.now() + pauseMs, mark: mark() };
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
};

/** @returns undefined: there was nobody to ask for */
const askSome = async (options: WitnessOptions, than: GoogleIdentity): Promise<boolean | undefined> => {
  const { storage, oauth, random } = options;
  const others = async (of: { readonly sub: string; readonly hostedDomain?: string }) =>
    different(await storage.tokenEndpoint.others(oauth, of, maxCandidates));
  const [first, ...rest] = await others(than);
  if (first === undefined) return undefined;
  const strangers = [first, ...shuffled(rest, random)];
  const everybody = than.hostedDomain === undefined ? [] : await others({ sub: than.sub });
  const names = new Set(strangers.map(accountKeyText));
  const colleagues = everybody.filter((key) => !names.has(accountKeyText(key)));
  const waiting = [...strangers, ...shuffled(colleagues, random)];
  for (const size of waves) {
    const wave = waiting.splice(0, size);
    const accepted = await Promise.all(wave.map((key) => isAccepted(options, key)));
    if (accepted.includes(true)) return true;
  }
  return false;
};

const isAccepted = async (options: WitnessOptions, key: AccountKey): Promise<boolean> => {
  const { storage, oauth, clock } = options;
  const opened = await openGrant(options, key);
  if (opened.kind === 'problem' || opened.grant.refreshToken === undefined) return false;
  const { grant } = opened;
  const outcome = await oauth.refresh(opened.grant.refreshToken);
  // The new access token is not kept: no lease is held here, and the present one serves on.
  if (outcome.kind === 'refreshed') {
    await storage.tokenEndpoint.noteAccepted(key, grant.grantVersion);
    await storage.tokenEndpoint.noteAnswer(oauth, 'accepted', clock.now());
    return true;
  }
  const { failure } = outcome;
  // An end that Google explains is no sign of an accident; the account's own call finds it.
  if (failure.kind === 'grant_ended' && !(await whyEnded(options, grant, failure)).explained)
    await storage.tokenEndpoint.noteRefused(key, grant.grantVersion, clock.now());
  return false;
};

/** One account of each Google account. */
const different = (accounts: readonly { readonly key: AccountKey; readonly sub: string }[]): AccountKey[] => [
  ...new Map(accounts.map(({ key, sub }) => [sub, key])).values(),
];
