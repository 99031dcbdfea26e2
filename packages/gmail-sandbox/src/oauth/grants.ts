// What people have granted to the project's clients: remembered consents, grants with their tokens, and how long each lives.
// Knows nothing of HTTP, pages or error wording.
import { randomBytes } from 'node:crypto';
import type { GoogleAccount } from '../accounts.ts';
import type { Clock } from '../clock.ts';
import type { Project } from './clients.ts';
import { canonicalScopes, isIdentityScope } from './scopes.ts';

/** Why a refresh token no longer works. `cap` and `expired` leave access tokens to run out by themselves. */
export type Ending = 'revoked' | 'password_changed' | 'account_deleted' | 'cap' | 'expired' | 'idle';

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

export interface GrantStore {
  consentOf(account: GoogleAccount, clientId: string): Consent | undefined;
  rememberConsent(account: GoogleAccount, clientId: string, scopes: readonly string[], offline: boolean): void;
  forgetConsents(account: GoogleAccount): void;
  /** A new grant; with a refresh token it may push the oldest one over the cap. */
  open(options: { account: GoogleAccount; clientId: string; scopes: readonly string[]; refresh: boolean }): Grant;
  issueAccessToken(grant: Grant): AccessToken;
  byRefreshToken(token: string): Grant | undefined;
  /** The token if Google would accept it now. */
  livingAccessToken(token: string): AccessToken | undefined;
  /** Whom a token was made for, living or not: for records only. */
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

export const createGrantStore = (clock: Clock, project: Project): GrantStore => {
  const grants: Grant[] = [];
  const refreshTokens = new Map<string, Grant>();
  const accessTokens = new Map<string, AccessToken>();
  const consents = new Map<string, Consent>();

  const consentKey = (account: GoogleAccount, clientId: string) => `${account.sub} ${clientId}`;
  const of = (account: GoogleAccount) => grants.filter((grant) => grant.account === account);
  const end = (grant: Grant, why: Ending) => {
    const before = grant.ended;
    if (before === undefined || (!killsAccessTokens(before.why) && killsAccessTokens(why)))
      grant.ended = { why, at: before?.at ?? clock.now() };
  };
  const endingOf = (grant: Grant): { why: Ending; at: number } | undefined => {
    if (grant.ended !== undefined) return grant.ended;
    const expiresAt = grant.refreshTokenExpiresAt;
    if (expiresAt !== undefined && expiresAt <= clock.now()) return { why: 'expired', at: expiresAt };
    const idleAt = grant.usedAt + idleLifetime;
    return idleAt <= clock.now() ? { why: 'idle', at: idleAt } : undefined;
  };
  const enforceCap = (newest: Grant) => {
    const living = grants.filter(
      (grant) =>
        grant.account === newest.account &&
        grant.clientId === newest.clientId &&
        grant.refreshToken !== undefined &&
        endingOf(grant) === undefined,
    );
    for (const grant of living.slice(0, Math.max(0, living.length - project.refreshTokenCap))) end(grant, 'cap');
  };

  return {
    consentOf: (account, clientId) => consents.get(consentKey(account, clientId)),
    rememberConsent(account, clientId, scopes, offline) {
      const key = consentKey(account, clientId);
      const before = consents.get(key);
      consents.set(key, {
        scopes: new Set([...(before?.scopes ?? []), ...canonicalScopes(scopes)]),
        offline: offline || (before?.offline ?? false),
      });
    },
    forgetConsents(account) {
      for (const clientId of project.clients.keys()) consents.delete(consentKey(account, clientId));
    },
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
    issueAccessToken(grant) {
      grant.usedAt = clock.now();
      const expiresAt = clock.now() + accessTokenLifetimeSeconds * 1000;
      const issued: AccessToken = { token: newAccessToken(), grant, expiresAt };
      accessTokens.set(issued.token, issued);
      return issued;
    },
    byRefreshToken: (token) => refreshTokens.get(token),
    livingAccessToken(token) {
      const found = accessTokens.get(token);
      if (found === undefined || found.expiresAt <= clock.now()) return undefined;
      const { ended } = found.grant;
      return ended !== undefined && killsAccessTokens(ended.why) ? undefined : found;
    },
    ownerOf: (token) => (accessTokens.get(token)?.grant ?? refreshTokens.get(token))?.account,
    endingOf,
    end,
    of,
    age(account, milliseconds) {
      for (const grant of of(account)) {
        grant.grantedAt -= milliseconds;
        grant.usedAt -= milliseconds;
        if (grant.refreshTokenExpiresAt !== undefined) grant.refreshTokenExpiresAt -= milliseconds;
      }
      for (const issued of accessTokens.values())
        if (issued.grant.account === account) issued.expiresAt -= milliseconds;
    },
  };
};
