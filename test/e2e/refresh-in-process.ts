// One of several processes on one database: says `ready`, waits for a line, then asks for access tokens all at once and
// says how many it got. Its settings come in the environment.
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { createAccounts } from '../../src/connect/accounts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { limitsInMemory } from '../../src/lib/rate-limit.ts';
import type { DatabaseLocation } from '../../src/model/database-location.ts';
import { createGoogleOAuth } from '../../src/oauth/google-oauth.ts';
import type { OAuthClient } from '../../src/oauth/token-client.ts';
import { createSealer, openStorage } from '../../src/storage/index.ts';

export interface ProcessSettings {
  readonly location: DatabaseLocation;
  readonly encryptionKey: string;
  readonly sandbox: Record<string, string>;
  readonly identifier: string;
  readonly calls: number;
  readonly leaseMs: number;
}

const settings: ProcessSettings = JSON.parse(process.env.SETTINGS ?? '');
const google = (name: string): string => settings.sandbox[name] ?? '';
const random = randomBytes;
const sealer = createSealer({ current: Buffer.from(settings.encryptionKey, 'base64'), retired: [] }, random);
const storage = await openStorage({
  location: settings.location,
  sealer,
  clock: systemClock,
  random,
});
const oauthFor = (client: OAuthClient) =>
  createGoogleOAuth({
    client,
    endpoints: {
      issuer: google('GOOGLE_ISSUER'),
      authorizationEndpoint: google('GOOGLE_AUTHORIZATION_ENDPOINT'),
      tokenEndpoint: google('GOOGLE_TOKEN_ENDPOINT'),
      revocationEndpoint: google('GOOGLE_REVOCATION_ENDPOINT'),
    },
    fetch,
    clock: systemClock,
    random,
  });
const accounts = createAccounts({
  storage,
  oauth: oauthFor({ id: google('GOOGLE_CLIENT_ID'), secret: google('GOOGLE_CLIENT_SECRET') }),
  oauthFor,
  clock: systemClock,
  random,
  createLimit: limitsInMemory(systemClock),
  requiredCapabilities: ['mail'],
  optionalCapabilities: [],
  stepUpCapabilities: [],
  probe: async () => ({ ok: true, value: {} }),
  linkOrigin: async () => 'http://localhost',
  log: () => {},
  leaseMs: settings.leaseMs,
});
// The libraries are loaded before the race begins.
await import('google-auth-library');

const lines = createInterface({ input: process.stdin });
process.stdout.write('ready\n');
await lines.question('');
const key = { realm: 'default', identifier: settings.identifier };
const answers = await Promise.all(Array.from({ length: settings.calls }, () => accounts.freshToken(key, ['mail'])()));
const tokens = answers.flatMap((answer) => (answer.ok ? [answer.value.token] : []));
const problems = answers.flatMap((answer) => (answer.ok ? [] : [answer.problem.kind]));
process.stdout.write(`${JSON.stringify({ tokens: [...new Set(tokens)], answered: tokens.length, problems })}\n`);
lines.close();
accounts.close();
await storage.close();
