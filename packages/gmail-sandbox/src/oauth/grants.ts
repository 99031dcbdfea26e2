// What people have granted to the project's clients: remembered consents, authorization codes, grants with their tokens, and
// how long each lives. With the accounts and the project that is all the state the OAuth endpoints share.
import { createHash, randomBytes } from 'node:crypto';
import type { AccountRegistry, GoogleAccount } from '../accounts.ts';
import type { Clock } from '../clock.ts';
import { canonicalScopes, isIdentityScope, type Project, projectOf } from './project.ts';

/** Why a refresh token no longer works. `cap` and `expired` leave access tokens to run out by themselves. */
type Ending = 'revoked' | 'password_changed' | 'account_deleted' | 'cap' | 'expired' | 'idle';

export interface Grant {
  readonly account: GoogleAccount;
  readonly clientId: string;
  scopes: readonly string[];
  readonly refreshToken: string | undefined;
  grantedAt: number;
  usedAt: number;
  /** Testing mode only. */
  refreshTokenExpiresAt: number | undefined;
  ended: { readonly why: Ending; readonly at: number } | undefined;
  /** A Workspace session policy wants a new sign-in (`invalid_rapt`). */
  reauthRequired: boolean;
}

export interface AccessToken {
  readonly token: string;
  readonly grant: Grant;
  expiresAt: number;
}

/** What one person has agreed to for one client; decides whether the consent page is shown again. */
interface Consent {
  readonly scopes: Set<string>;
  offline: boolean;
}

interface Consents {
  of(account: GoogleAccount, clientId: string): Consent | undefined;
  /** Adds to what was agreed to before. */
  remember(account: GoogleAccount, clientId: string, scopes: readonly string[], offline: boolean): void;
  /** For all clients that are meant. */
  forget(account: GoogleAccount, isMeant: (clientId: string) => boolean): void;
}

export const createConsents = (project: Project): Consents => {
  const consents = new Map<string, Consent>();
  const keyOf = (account: GoogleAccount, clientId: string) => `${account.sub} ${clientId}`;
  return {
    of: (account, clientId) => consents.get(keyOf(account, clientId)),
    remember(account, clientId, scopes, offline) {
      const key = keyOf(account, clientId);
      const before = consents.get(key);
      consents.set(key, {
        scopes: new Set([...(before?.scopes ?? []), ...canonicalScopes(scopes)]),
        offline: offline || (before?.offline ?? false),
      });
    },
    forget(account, isMeant) {
      for (const clientId of project.clients.keys()) if (isMeant(clientId)) consents.delete(keyOf(account, clientId));
    },
  };
};

interface GrantStore {
  /** A new grant; with a refresh token it may push the oldest one over the cap. */
  open(options: { account: GoogleAccount; clientId: string; scopes: readonly string[]; refresh: boolean }): Grant;
  issueAccessToken(grant: Grant): AccessToken;
  byRefreshToken(token: string): Grant | undefined;
  /** The token if Google would accept it now. */
  validAccessToken(token: string): AccessToken | undefined;
  /** Whom a token was made for, valid or not: for records only. */
  ownerOf(token: string): GoogleAccount | undefined;
  /** How and when the grant's refresh token ended; undefined while it works. */
  endingOf(grant: Grant): { readonly why: Ending; readonly at: number } | undefined;
  end(grant: Grant, why: Ending): void;
  of(account: GoogleAccount): Grant[];
  /** Makes everything this account was granted so many milliseconds older. */
  age(account: GoogleAccount, milliseconds: number): void;
}

const day = 24 * 60 * 60 * 1000;
/** https://developers.google.com/identity/protocols/oauth2#expiration: seven days in testing, six months unused. */
const testingLifetime = 7 * day;
const idleLifetime = 183 * day;
export const accessTokenLifetimeSeconds = 3599;

const newAccessToken = () => `ya29.a0${randomBytes(96).toString('base64url')}`;
const newRefreshToken = () => `1//0${randomBytes(72).toString('base64url')}`;

/** Access tokens also die at once when a person or Google ends the grant, not when a newer one pushes it out. */
const killsAccessTokens = (why: Ending): boolean => {
  switch (why) {
    case 'revoked':
    case 'password_changed':
    case 'account_deleted':
      return true;
    case 'cap':
    case 'expired':
    case 'idle':
      return false;
  }
};

const endingAt = (grant: Grant, now: number): { why: Ending; at: number } | undefined => {
  if (grant.ended !== undefined) return grant.ended;
  const expiresAt = grant.refreshTokenExpiresAt;
  if (expiresAt !== undefined && expiresAt <= now) return { why: 'expired', at: expiresAt };
  const idleAt = grant.usedAt + idleLifetime;
  return idleAt <= now ? { why: 'idle', at: idleAt } : undefined;
};

/** The access tokens of all grants. They end an hour after they were issued, or with their grant. */
const createAccessTokens = (clock: Clock) => {
  const tokens = new Map<string, AccessToken>();
  return {
    issue(grant: Grant): AccessToken {
      grant.usedAt = clock.now();
      const expiresAt = clock.now() + accessTokenLifetimeSeconds * 1000;
      const issued: AccessToken = { token: newAccessToken(), grant, expiresAt };
      tokens.set(issued.token, issued);
      return issued;
    },
    valid(token: string): AccessToken | undefined {
      const found = tokens.get(token);
      if (found === undefined || found.expiresAt <= clock.now()) return undefined;
      const { ended } = found.grant;
      return ended !== undefined && killsAccessTokens(ended.why) ? undefined : found;
    },
    grantOf: (token: string) => tokens.get(token)?.grant,
    age(account: GoogleAccount, milliseconds: number): void {
      for (const issued of tokens.values()) if (issued.grant.account === account) issued.expiresAt -= milliseconds;
    },
  };
};

export const createGrantStore = (clock: Clock, project: Project): GrantStore => {
  const grants: Grant[] = [];
  const refreshTokens = new Map<string, Grant>();
  const accessTokens = createAccessTokens(clock);

  const of = (account: GoogleAccount) => grants.filter((grant) => grant.account === account);
  const end = (grant: Grant, why: Ending) => {
    const before = grant.ended;
    if (before === undefined || (!killsAccessTokens(before.why) && killsAccessTokens(why)))
      grant.ended = { why, at: before?.at ?? clock.now() };
  };
  const endingOf = (grant: Grant) => endingAt(grant, clock.now());
  const enforceCap = (newest: Grant) => {
    const working = grants.filter(
      (grant) =>
        grant.account === newest.account &&
        grant.clientId === newest.clientId &&
        grant.refreshToken !== undefined &&
        endingOf(grant) === undefined,
    );
    for (const grant of working.slice(0, Math.max(0, working.length - project.refreshTokenCap))) end(grant, 'cap');
  };

  return {
    open({ account, clientId, scopes, refresh }) {
      const now = clock.now();
      const expires = refresh && project.testingMode && !scopes.every(isIdentityScope);
      const grant: Grant = {
        account,
        clientId,
        scopes: canonicalScopes(scopes),
        refreshToken: refresh ? newRefreshToken() : undefined,
        grantedAt: now,
        usedAt: now,
        refreshTokenExpiresAt: expires ? now + testingLifetime : undefined,
        ended: undefined,
        reauthRequired: false,
      };
      grants.push(grant);
      if (grant.refreshToken !== undefined) {
        refreshTokens.set(grant.refreshToken, grant);
        enforceCap(grant);
      }
      return grant;
    },
    issueAccessToken: accessTokens.issue,
    validAccessToken: accessTokens.valid,
    byRefreshToken: (token) => refreshTokens.get(token),
    ownerOf: (token) => (accessTokens.grantOf(token) ?? refreshTokens.get(token))?.account,
    endingOf,
    end,
    of,
    age(account, milliseconds) {
      for (const grant of of(account)) {
        grant.grantedAt -= milliseconds;
        grant.usedAt -= milliseconds;
        if (grant.refreshTokenExpiresAt !== undefined) grant.refreshTokenExpiresAt -= milliseconds;
      }
      accessTokens.age(account, milliseconds);
    },
  };
};

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

interface AuthorizationCodes {
  issue(code: IssuedCode): string;
  /** The code's content while it is unused and younger than ten minutes. */
  find(code: string): IssuedCode | undefined;
  /** Uses it up. */
  spend(code: string): void;
  /** Whom a code was made for, usable or not: for records only. */
  ownerOf(code: string): GoogleAccount | undefined;
}

const codeLifetime = 10 * 60 * 1000;

export const createAuthorizationCodes = (clock: Clock): AuthorizationCodes => {
  const codes = new Map<string, { issued: IssuedCode; expiresAt: number; spent: boolean }>();
  return {
    issue(issued) {
      const code = `4/0A${randomBytes(36).toString('base64url')}`;
      codes.set(code, { issued, expiresAt: clock.now() + codeLifetime, spent: false });
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

/** What the OAuth endpoints share. */
export interface OAuthState {
  readonly clock: Clock;
  /** The sandbox's address; the issuer of its ID tokens. */
  readonly origin: string;
  readonly project: Project;
  readonly accounts: AccountRegistry;
  readonly consents: Consents;
  readonly grants: GrantStore;
  readonly codes: AuthorizationCodes;
}

/**
 * Ends everything the account granted to any client of a project, and forgets that it ever consented.
 * @param clientId one of the project's clients; every project's when absent
 */
export const revokeEverything = (state: OAuthState, account: GoogleAccount, clientId?: string): void => {
  const isMeant = (of: string): boolean => clientId === undefined || projectOf(of) === projectOf(clientId);
  for (const grant of state.grants.of(account)) if (isMeant(grant.clientId)) state.grants.end(grant, 'revoked');
  state.consents.forget(account, isMeant);
};
