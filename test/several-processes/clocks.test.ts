// Machines whose clocks differ by minutes, as real processes on one PostgreSQL: the database's clock is everybody's.
import { decodeJwt } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { endWithTest, run, type Settings, settingsIn, start, temporaryFolder } from '../e2e/built.ts';
import { listenForCallback } from '../e2e/oauth-clients.ts';
import { databaseOf, urlOf } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { listenGoogle } from '../support/google-lifetimes.ts';
import { startRoundRobin } from '../support/round-robin.ts';
import { signInApp } from './app-tokens.ts';
import { alex, approveAt, callMail } from './behind-a-proxy.ts';

const minute = 60_000;
const shifts = [-20 * minute, 0, 20 * minute];
const preload = new URL('../support/shifted-clock.ts', import.meta.url).href;

/** Starts one for each shift, behind a proxy. */
const startShifted = async (settings: Settings): Promise<string> => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const to = await Promise.all(shifts.map(() => freePort()));
  const started = shifts.map((shift, number) =>
    endWithTest(
      start(['http'], {
        ...settings,
        POSTERN_PUBLIC_URL: origin,
        POSTERN_PORT: String(to[number]),
        NODE_OPTIONS: `--import=${preload}`,
        SHIFT_MS: String(shift),
      }),
    ),
  );
  await Promise.all(started.map((one) => one.says('"event":"listening"', 'stderr')));
  const proxy = await startRoundRobin({ port, to });
  onTestFinished(proxy.close);
  return origin;
};

it('Machines whose clocks differ by 40 minutes sign people in, accept each other’s tokens, and take no lease twice', async () => {
  let lifetime = 1;
  const renewals: string[] = [];
  const google = await listenGoogle({
    lifetime: () => lifetime,
    renewed: ({ refreshToken }) => void renewals.push(refreshToken),
  });
  onTestFinished(google.close);
  google.sandbox.addAccount({ email: alex });
  const database = await databaseOf();
  onTestFinished(database.giveBack);
  const settings = settingsIn(temporaryFolder(), {
    ...google.sandbox.env(),
    POSTERN_DATABASE_URL: urlOf(database.location),
    POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 9).toString('base64'),
    POSTERN_SIGN_IN: 'google',
    POSTERN_ALLOWED_EMAILS: alex,
  });
  const origin = await startShifted(settings);

  const app = await listenForCallback();
  onTestFinished(app.close);
  const approve = approveAt(google.url);
  const { tokens, refresh } = await signInApp(origin, app, approve);

  // Google's access token is as good as over: everybody wants a new one at once, and one of them asks.
  lifetime = 3600;
  renewals.length = 0;
  google.sandbox.setLatency(300);
  const calls = await Promise.all(Array.from({ length: 12 }, () => callMail(origin, tokens.access_token)));
  expect(calls.map(({ status, text }) => [status, text.includes('"messages"')])).toEqual(calls.map(() => [200, true]));
  expect(renewals).toHaveLength(1);
  google.sandbox.setLatency(0);

  // Nothing is refused, whoever made it.
  let held = tokens;
  for (let times = 0; times < 4; times++) {
    const { iat = 0, exp = 0 } = decodeJwt(held.access_token);
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(60);
    expect(exp - iat).toBe(600);
    for (let process = 0; process < shifts.length; process++)
      expect((await callMail(origin, held.access_token)).status).toBe(200);
    held = await refresh(held.refresh_token);
  }

  const made = await run(['api-keys', 'create', '--service', '--unverified-links'], settings);
  const key = made.stdout.trim();
  const api = (method: string, path: string, body: object) =>
    fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  for (let times = 0; times < shifts.length; times++) {
    const identifier = `user_${times}`;
    expect((await api('POST', '/accounts', { identifier })).status).toBe(201);
    const { url } = (await (await api('POST', `/accounts/${identifier}/link`, {})).json()) as { url: string };
    expect((await approve(url)).heading).toBe('Gmail is connected');
  }
  expect(new Set(renewals).size).toBe(renewals.length);
}, 60_000);
