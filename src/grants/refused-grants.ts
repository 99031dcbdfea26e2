// Whether a refused grant is believed to be over, or Google (or what stands in its place) refuses everybody. Judges by what
// all processes on this database saw; ends nothing.
//
// The token endpoint says `invalid_grant` of somebody's grant and names no reason. Nearly always that person changed the
// password, removed the app or left, alone or with a whole company on one morning. It is believed, and the account becomes
// REVOKED with its reason, where
//   - Google accepted another grant or a new authorization of the same client since it was asked: the client works,
//   - Google stands refusing fewer than five Google accounts, or only people of one hosted domain,
//   - or this grant has been refused for an hour, and no new authorization was refused since the first of them.
// What is left no person can bring about: at least five people of different parties refused, nobody accepted since, of up to
// ten others that were asked none. Then the account stays ACTIVE as it was ("held"), its row keeps `refused_since`, and the
// call is answered with both ways out. A refused code of a new authorization makes the accident certain, for as long as it
// takes; a success of anybody ends it, and everybody who is held is asked for once more.
//
//              refused, believed                      refused, held
//   REVOKED <---------------------- ACTIVE --------------------------------> ACTIVE, refused_since
//      |   \                          ^ ^                                      |        |
//      |    \  accepted after all     | |          accepted after all          |        | refused, believed
//      |     -------------------------   --------------------------------------         v
//      v                                                                             REVOKED
//   a day later the kept grant is erased
//
// Both kinds are asked for again by their own calls (retained-grants.ts: some a minute) and by rounds (recheck.ts), so that
// belief in a lie of Google's costs nobody a new consent. An account becomes ACTIVE again only where Google gave tokens for
// its own grant, so nobody goes back and forth while Google's answer stays the same.
import type { GoogleIdentity } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { TokenEndpointStanding as Standing } from '../storage/index.ts';
import type { AccountsOptions } from './options.ts';

/** So many different Google accounts, of at least so many parties. */
const leastGoogleAccounts = 5;
const leastParties = 2;
/** A grant that is refused this long is over, unless the accident is certain. Milliseconds. */
const believedAfterMs = 60 * 60_000;

/** Whether Google refuses more people than could have brought it about, and accepts nobody. */
export const refusesEverybody = ({ googleAccounts, parties }: Standing): boolean =>
  googleAccounts >= leastGoogleAccounts && parties >= leastParties;

/** Whether it refused a new authorization too, since it refuses the first of those grants. */
export const authorizationFails = ({ since, codeRefusedAt }: Standing): boolean =>
  since !== undefined && codeRefusedAt !== undefined && codeRefusedAt >= since;

export interface Refused {
  readonly key: AccountKey;
  readonly grantVersion: number;
  readonly google: GoogleIdentity;
  /** What `mark` said before Google was asked. */
  readonly mark: number;
}

export interface RefusedGrants {
  /** Taken before Google is asked, so that what it accepts from then on is known. */
  mark(): number;
  /** Google gave tokens to somebody in this process: for a grant, or for the code of a new authorization. */
  accepted(what: 'grant' | 'code'): Promise<void>;
  /** Notes an `invalid_grant` without a better explanation, and judges it. */
  judge(refused: Refused): Promise<'believed' | 'held'>;
}

/** What renewing and ending a grant need beside. */
export interface RefreshOptions extends AccountsOptions {
  readonly refusedGrants: RefusedGrants;
}

export interface RefusedGrantsOptions extends Pick<AccountsOptions, 'storage' | 'oauth' | 'clock' | 'log'> {
  /** Asks Google for some grants of others (probe-others.ts); what it accepts reaches `accepted`. */
  readonly askOthers: (than: GoogleIdentity) => Promise<void>;
  /** Google accepts again after it had refused many. */
  readonly acceptsAgain: () => void;
}

export const createRefusedGrants = (options: RefusedGrantsOptions): RefusedGrants => {
  const { storage, oauth, clock, log } = options;
  const client = { clientId: oauth.clientId, tokenEndpoint: oauth.tokenEndpoint };
  let successes = 0;
  let holding = false;

  const isAccident = async (refusedSince: number): Promise<boolean> => {
    const standing = await storage.tokenEndpoint.standing(client);
    if (!refusesEverybody(standing)) return false;
    return authorizationFails(standing) || clock.now() - refusedSince < believedAfterMs;
  };

  const note = (): Promise<void> =>
    // What Google answered is worth more than its note.
    storage.tokenEndpoint
      .noteAnswer(client, 'accepted', clock.now())
      .catch(() => log({ event: 'token_endpoint_not_noted', level: 'warn' }));

  return {
    mark: () => successes,
    accepted: async (what) => {
      successes += 1;
      // What a grant brings is kept with its account, which says the same, unless there is somebody to be told apart.
      if (what === 'code' || holding) await note();
      if (!holding) return;
      holding = false;
      log({ event: 'grants_accepted_again', level: 'warn' });
      options.acceptsAgain();
    },
    judge: async ({ key, grantVersion, google, mark }) => {
      const refusedSince = await storage.tokenEndpoint.noteRefused(key, grantVersion, clock.now());
      // Somebody wrote meanwhile: whoever ends it will find what is true now.
      if (refusedSince === undefined || successes > mark) return 'believed';
      await options.askOthers(google);
      if (successes > mark || !(await isAccident(refusedSince)) || successes > mark) return 'believed';
      // Once per accident and process: every call of everybody comes here.
      if (!holding) log({ event: 'grants_refused_in_bulk', level: 'error' });
      holding = true;
      return 'held';
    },
  };
};
