// Whether a refused grant is over, or whether Google (or what stands in its place) refuses everybody. Judges by what all
// processes on this database saw, and by asking Google for some grants of others; ends nothing itself.
//
// The token endpoint says `invalid_grant` of somebody's grant and names no reason. Nearly always that person changed the
// password, removed the app or left, alone or with a whole company on one morning. The grant is taken for ended, and the
// account becomes REVOKED with its reason, where
//   - Google accepted another grant or a new authorization of the same client since it was asked: the client works,
//   - the grants that Google refuses now are of fewer than five Google accounts, or of people of one hosted domain only,
//   - or this grant has been refused for an hour, and no new authorization was refused since the first of them.
// What is left no person can bring about, and is called a bulk refusal: at least five people of different parties refused,
// nobody accepted since, and none of up to ten other grants accepted that Google was asked for. Then the end is suspended:
// the account stays ACTIVE as it was, its row has `refused_since`, and the call is answered with both ways out. A refused
// code of a new authorization makes the bulk refusal certain, for as long as it takes; a success of anybody ends it, and
// Google is asked once more for everybody whose end is suspended.
//
//                 ended                                   suspended
//   REVOKED <---------------------- ACTIVE --------------------------------> ACTIVE, refused_since
//      |   \                          ^ ^                                      |        |
//      |    \  accepted after all     | |          accepted after all          |        | ended
//      |     -------------------------   --------------------------------------         v
//      v                                                                             REVOKED
//   a day later the retained grant is erased
//
// A grant that ended for no named reason is retained: sealed, for a day, where only a new try finds it. Google is asked again
// for suspended and retained grants by their own calls (some a minute) and by rounds (both in retry-refused.ts), so that a
// false answer of Google's costs nobody a new consent. An account becomes ACTIVE again only where Google gave tokens for its
// own grant, so nobody goes back and forth while Google's answer stays the same.

import { shuffled } from '../lib/shuffled.ts';
import type { GoogleIdentity } from '../model/account.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { GoogleOAuth } from '../oauth/google-oauth.ts';
import type { TokenEndpointStanding as Standing } from '../storage/index.ts';
import { openGrant } from './access.ts';
import type { RefusedGrants } from './clients.ts';
import { whyEnded } from './end-grant.ts';
import type { AccountsOptions } from './options.ts';

/** So many different Google accounts, of at least so many parties. */
const leastGoogleAccounts = 5;
const leastParties = 2;
/** A grant that is refused this long has ended, unless the bulk refusal is certain. Milliseconds. */
const endedAfterMs = 60 * 60_000;

/** Whether Google refuses more people than could have brought it about, and accepts nobody. */
export const refusesEverybody = ({ googleAccounts, parties }: Standing): boolean =>
  googleAccounts >= leastGoogleAccounts && parties >= leastParties;

/** Whether it refused a new authorization too, since it refuses the first of those grants. */
export const authorizationFails = ({ since, codeRefusedAt }: Standing): boolean =>
  since !== undefined && codeRefusedAt !== undefined && codeRefusedAt >= since;

interface RefusedGrantsOptions extends Pick<AccountsOptions, 'storage' | 'clients' | 'clock' | 'random' | 'log'> {
  /** With the one client whose grants these are. */
  readonly oauth: GoogleOAuth;
  /** Called when Google accepts again after a bulk refusal. */
  readonly acceptsAgain: () => void;
}

/** @param options.oauth has to report what it accepts to `noteAccepted` (token-endpoint.ts). */
export const createRefusedGrants = (options: RefusedGrantsOptions): RefusedGrants => {
  const { storage, oauth, clock, log } = options;
  const client = { clientId: oauth.clientId, tokenEndpoint: oauth.tokenEndpoint };
  let successes = 0;
  /** Whether this process suspended the end of a grant, and saw no success since. */
  let isSuspending = false;
  const probeOthers = createProbe(options, () => successes);

  const isBulkRefusal = async (refusedSince: number): Promise<boolean> => {
    const standing = await storage.tokenEndpoint.standing(client);
    if (!refusesEverybody(standing)) return false;
    return authorizationFails(standing) || clock.now() - refusedSince < endedAfterMs;
  };

  const note = (): Promise<void> =>
    // What Google answered is worth more than its note.
    storage.tokenEndpoint
      .noteAnswer(client, 'accepted', clock.now())
      .catch(() => log({ event: 'token_endpoint_not_noted', level: 'warn' }));

  return {
    successCount: () => successes,
    noteAccepted: async (what) => {
      successes += 1;
      // That Google accepted a grant is saved with its account, unless there is somebody whose end is suspended.
      if (what === 'code' || isSuspending) await note();
      if (!isSuspending) return;
      isSuspending = false;
      log({ event: 'grants_accepted_again', level: 'warn' });
      options.acceptsAgain();
    },
    judge: async ({ key, grantVersion, google, successesBefore }) => {
      const refusedSince = await storage.tokenEndpoint.noteRefused(key, grantVersion, clock.now());
      // Undefined: somebody wrote meanwhile. Whoever ends the grant will find what is true now.
      if (refusedSince === undefined || successes > successesBefore) return 'ended';
      await probeOthers(google);
      if (successes > successesBefore || !(await isBulkRefusal(refusedSince)) || successes > successesBefore)
        return 'ended';
      // Once per bulk refusal and process: every call of everybody comes here.
      if (!isSuspending) log({ event: 'grants_refused_in_bulk', level: 'error' });
      isSuspending = true;
      return 'suspended';
    },
  };
};

/** Token requests of a probe, one wave after the other until Google accepts one. The first is for who was accepted last. */
const waves = [1, 3, 6];
/** Of so many the others are chosen by chance, so that nobody can put their own dead grants there. */
const maxCandidates = 60;
/** After a probe in which Google accepted nobody, the next may begin so much later, or when it accepted somebody. Milliseconds. */
const pauseMs = 30_000;

type ProbeOptions = Pick<RefusedGrantsOptions, 'storage' | 'clients' | 'oauth' | 'clock' | 'random'>;

/**
 * Probes whether Google refuses everybody or only those who left: asks it for at most ten grants of other Google accounts
 * than this one, of other hosted domains where it has one, then of its own. Where there are no others, its own say nothing:
 * a company leaves together. One probe at a time: those who ask meanwhile share it. No token is stored.
 */
const createProbe = (options: ProbeOptions, successCount: () => number): ((than: GoogleIdentity) => Promise<void>) => {
  const { clock } = options;
  let running: Promise<void> | undefined;
  let pause = { until: 0, successes: 0 };

  return (than) => {
    const left = pause.until - clock.now();
    // A clock that was put back must not make the pause longer.
    if (left > 0 && left <= pauseMs && pause.successes === successCount()) return Promise.resolve();
    running ??= probe(options, than)
      .then((accepted) => {
        if (accepted === false) pause = { until: clock.now() + pauseMs, successes: successCount() };
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
};

/** @returns whether Google accepted one; undefined: there was no grant to ask for */
const probe = async (options: ProbeOptions, than: GoogleIdentity): Promise<boolean | undefined> => {
  const { storage, oauth, random } = options;
  const others = async (of: { readonly sub: string; readonly hostedDomain?: string }) =>
    onePerGoogleAccount(await storage.tokenEndpoint.others(oauth, of, maxCandidates));
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

const isAccepted = async (options: ProbeOptions, key: AccountKey): Promise<boolean> => {
  const { storage, oauth, clock } = options;
  const opened = await openGrant(options, key);
  if (opened.kind === 'problem' || opened.grant.refreshToken === undefined) return false;
  const { grant, client } = opened;
  if (client.oauth.clientId !== oauth.clientId) return false;
  const outcome = await oauth.refresh(opened.grant.refreshToken);
  // The new access token is not stored: there is no lease here, and the present one serves on.
  if (outcome.kind === 'refreshed') {
    await storage.tokenEndpoint.noteAccepted(key, grant.grantVersion);
    await storage.tokenEndpoint.noteAnswer(oauth, 'accepted', clock.now());
    return true;
  }
  const { failure } = outcome;
  // An end that Google explains is no sign of a bulk refusal; the account's own call finds it.
  if (failure.kind === 'grant_ended' && !(await whyEnded(options, grant, failure)).explained)
    await storage.tokenEndpoint.noteRefused(key, grant.grantVersion, clock.now());
  return false;
};

const onePerGoogleAccount = (accounts: readonly { readonly key: AccountKey; readonly sub: string }[]): AccountKey[] => [
  ...new Map(accounts.map(({ key, sub }) => [sub, key])).values(),
];
