// The way of one app and its person: sign-in, mail, a new access token without a person, revocation. The person has a real
// Chromium.
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { ListeningWorld } from '../support/listening-world.ts';
import type { AppMemory, CallbackServer, generations } from './oauth-clients.ts';

export const documentUrl = 'https://app.example.com/oauth/client.json';

/** The client's metadata document, as its maker's web server gives it: with portless loopback redirect URIs. */
const metadataDocument = {
  client_id: documentUrl,
  client_name: 'Example App',
  client_uri: 'https://app.example.com',
  redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

/** What Postern sends requests with, that document among them. */
export const withDocument: typeof fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  return url === documentUrl ? Response.json(metadataDocument) : fetch(input, init);
};

/** The `count`th time that the app sent the browser somewhere. */
export const opened = async (memory: AppMemory, count: number): Promise<URL> => {
  await expect.poll(() => memory.opened.length, { timeout: 10_000 }).toBe(count);
  const url = memory.opened[count - 1];
  if (url === undefined) throw new Error('no authorization request');
  return url;
};

/** The person: looks at Postern's page, goes on, and approves at Google. Ends where the browser ends. */
export const signInAs = async (page: Page, google: ListeningWorld['google'], email: string): Promise<void> => {
  await page.getByRole('button', { name: 'Continue with Google' }).click();
  await page.locator('#chooser, #consent').waitFor();
  const chooser = page.locator('#chooser button', { hasText: email });
  if (await chooser.isVisible()) await chooser.click();
  await page.locator('#consent button[value=allow]').click();
  await page.waitForURL((url) => url.origin !== google.url);
};

export interface Walk {
  readonly world: Pick<ListeningWorld, 'google' | 'origin'>;
  readonly page: Page;
  readonly app: CallbackServer;
  readonly memory: AppMemory;
  readonly makeApp: (typeof generations)[number][1];
  /** Somebody with at least three mails. */
  readonly email: string;
  /** Called when Postern's page is there. */
  readonly shown?: () => Promise<void>;
}

/** @throws where one of the steps is not as it should be */
export const walkSignIn = async ({ world, page, app, memory, makeApp, email, shown }: Walk): Promise<void> => {
  const mcp = new URL('/mcp', world.origin);
  const attempt = makeApp(mcp, memory);
  await expect(attempt.connect()).rejects.toThrow();
  await page.goto((await opened(memory, 1)).href);
  await shown?.();
  expect(await page.locator('main').textContent()).toContain('Example App');
  // Which way it was: a client whose document is not taken registers itself instead.
  expect(memory.information?.client_id === documentUrl).toBe('clientMetadataUrl' in memory);
  await signInAs(page, world.google, email);
  await page.getByText('Back in the app').waitFor();
  await attempt.finish(await app.next());
  const connected = await attempt.connect();

  // One round trip to Google covered both: the first call has mail.
  const first = await connected.call('gmail_fetch_mails', { max_results: 3 });
  expect(first.structured.messages).toHaveLength(3);

  // An access token that is no good any more is replaced without a person.
  const before = memory.held;
  if (before === undefined) throw new Error('no tokens');
  memory.held = { ...before, access_token: `${before.access_token}x` };
  expect((await connected.call('gmail_fetch_mails', { max_results: 1 })).structured.messages).toHaveLength(1);
  expect(memory.held?.refresh_token).not.toBe(before.refresh_token);
  expect(memory.opened).toHaveLength(1);

  const token = memory.held?.refresh_token ?? '';
  const body = new URLSearchParams({ token, client_id: memory.information?.client_id ?? '' });
  expect((await fetch(new URL('/revoke', mcp), { method: 'POST', body })).status).toBe(200);
  await expect(connected.call('gmail_fetch_mails', {})).rejects.toThrow();
  await opened(memory, 2);
  await connected.close();
};
