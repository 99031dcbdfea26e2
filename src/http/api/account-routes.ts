// /api/v1/accounts: what a product's backend does with the accounts of its people.
import { Hono } from 'hono';
import type { Accounts, Checked } from '../../connect/accounts.ts';
import { type Sessions, sessionSeconds } from '../../identity/credentials.ts';
import { accountJson } from '../../model/account-json.ts';
import { explainProblem } from '../../model/problem.ts';
import { errorResponse, problemResponse, problemStatus } from '../errors.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import type { DisconnectedAnswer, LinkAnswer, SessionAnswer } from './answers.ts';
import {
  accountChangeInput,
  accountInput,
  accountSettingsIn,
  linkInput,
  linkWishesIn,
  noInput,
  readInput,
  sessionInput,
} from './input.ts';
import { type ApiContext, accountNotFound, callerOf, keyFor, keyInPath, type ServiceVariables } from './service.ts';

export interface AccountRoutesOptions {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly keyLimits: KeyLimits;
}

/** The accounts themselves, and what is expected of them. */
const resourceRoutes = ({ accounts, keyLimits }: AccountRoutesOptions) => {
  const routes = new Hono<ServiceVariables>();

  routes.post('/accounts', async (c) => {
    const input = readInput(await c.req.text(), accountInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const key = keyFor(c, input.value.identifier);
    if (key instanceof Response) return key;
    const existed = (await accounts.find(key)) !== undefined;
    const tooMany = existed ? undefined : await keyLimits.take(c, c.get('service').keyId, 'accounts');
    if (tooMany !== undefined) return tooMany;
    const ensured = await accounts.ensure(key, accountSettingsIn(input.value), c.get('service').connection);
    if (!ensured.ok) return problemResponse(c, ensured.problem);
    return c.json(accountJson(ensured.value.account), ensured.value.created ? 201 : 200);
  });

  routes.get('/accounts/:identifier', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const account = await accounts.find(key);
    return account === undefined ? accountNotFound(c) : c.json(accountJson(account));
  });

  routes.patch('/accounts/:identifier', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), accountChangeInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const changed = await accounts.change(key, accountSettingsIn(input.value));
    if (changed.ok) return c.json(accountJson(changed.value));
    return changed.problem.kind === 'not_found' ? accountNotFound(c) : problemResponse(c, changed.problem);
  });

  routes.delete('/accounts/:identifier', keyLimits.before('endings'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    return (await accounts.remove(key)) ? c.body(null, 204) : accountNotFound(c);
  });

  return routes;
};

const checkAnswer = (c: ApiContext, checked: Checked): Response => {
  switch (checked.kind) {
    case 'unknown':
      return accountNotFound(c);
    case 'checked':
      return c.json(accountJson(checked.account));
    case 'not_checked': {
      const { what, fixer, next } = explainProblem(checked.problem);
      return errorResponse(c, {
        status: problemStatus(checked.problem),
        error: checked.problem.kind,
        message: `The account could not be checked; what Google did not answer stays as it was. ${what}`,
        who: fixer,
        next,
      });
    }
  }
};

/** Connecting an account, ending that, and asking Google now what works of it. */
const connectionRoutes = ({ accounts, keyLimits }: AccountRoutesOptions) => {
  const routes = new Hono<ServiceVariables>();

  routes.post('/accounts/:identifier/link', keyLimits.before('links'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), linkInput);
    if (!input.ok) return problemResponse(c, input.problem);
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    const link = await accounts.link(callerOf(c.get('service'), key), {
      capabilities: input.value.capabilities ?? [],
      replace: input.value.replace === true,
      ...linkWishesIn(input.value),
    });
    if (!link.ok) return problemResponse(c, link.problem);
    const { url, expiresAt } = link.value;
    return c.json({ url, expires_at: new Date(expiresAt).toISOString() } satisfies LinkAnswer);
  });

  routes.post('/accounts/:identifier/disconnect', keyLimits.before('endings'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), noInput);
    if (!input.ok) return problemResponse(c, input.problem);
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    const outcome = await accounts.disconnect(key);
    if (!outcome.ok) return problemResponse(c, outcome.problem);
    const account = await accounts.find(key);
    const { revokedAtGoogle, reason } = outcome.value;
    const answer: DisconnectedAnswer = {
      revoked_at_google: revokedAtGoogle,
      not_revoked_because: reason ?? null,
      account: account === undefined ? null : accountJson(account),
    };
    return c.json(answer);
  });

  routes.post('/accounts/:identifier/check', keyLimits.before('checks'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), noInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const checked = await accounts.check(key);
    return checkAnswer(c, checked);
  });

  return routes;
};

/** Tokens for one person, made and ended. */
const sessionRoutes = ({ accounts, sessions, keyLimits }: AccountRoutesOptions) => {
  const routes = new Hono<ServiceVariables>();

  routes.post('/accounts/:identifier/sessions', keyLimits.before('sessions'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), sessionInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const session = await sessions.mint(key, c.get('service').keyId, input.value.expires_in ?? sessionSeconds.usual);
    if (session === undefined) return accountNotFound(c);
    const { token, expiresAt } = session;
    return c.json({ token, expires_at: new Date(expiresAt).toISOString() } satisfies SessionAnswer, 201);
  });

  routes.delete('/accounts/:identifier/sessions', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), noInput);
    if (!input.ok) return problemResponse(c, input.problem);
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    await sessions.endAll(key);
    return c.body(null, 204);
  });

  return routes;
};

export const accountRoutes = (options: AccountRoutesOptions) =>
  new Hono<ServiceVariables>()
    .route('/', resourceRoutes(options))
    .route('/', connectionRoutes(options))
    .route('/', sessionRoutes(options));
