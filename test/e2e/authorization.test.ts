// Remote clients sign in, as it happens in life: an SDK's own OAuth code in an app on this machine, Postern with its
// authorization server, the sandbox's Google, and a person in a real Chromium between them.
import { mkdirSync } from 'node:fs';
import { fillSampleMailbox } from '@postern/gmail-sandbox/sample-mailbox';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { type ListeningWorld, listenWorld } from '../support/listening-world.ts';
import { appMemory, type CallbackServer, generations, listenForCallback } from './oauth-clients.ts';
import { documentUrl, opened, signInAs, walkSignIn, withDocument } from './sign-in-walk.ts';

const found = chromiumPath !== undefined;
if (!found) process.stderr.write('No Chromium was found: the tests of signing in with a real browser did not run.\n');

const alex = 'alex@example.com';
const kim = 'kim@example.com';
const sam = 'sam@example.org';
describe.runIf(found)('Signing in from a remote client', () => {
  let chromium: Browser;
  let world: ListeningWorld;
  let google: ListeningWorld['google'];
  let postern: ListeningWorld['postern'];
  let mcp: URL;
  let context: BrowserContext;
  let page: Page;
  let app: CallbackServer;
  let complaints: string[];

  beforeAll(async () => {
    chromium = await launchChromium();
    world = await listenWorld(
      { [alex]: 'Alex', [kim]: 'Kim', [sam]: 'Sam' },
      { env: { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: `${alex},${kim}` }, fetch: withDocument },
    );
    ({ google, postern } = world);
    fillSampleMailbox(google.sandbox.account(alex).mailbox);
    mcp = new URL('/mcp', world.origin);
  });
  afterAll(async () => {
    await chromium?.close();
    await world?.close();
  });
  beforeEach(async () => {
    app = await listenForCallback();
    context = await chromium.newContext({ viewport: { width: 900, height: 800 } });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => {
      if (message.location().url.startsWith(mcp.origin)) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await context.close();
    await app.close();
    for (const { key } of await postern.accounts.list()) await postern.accounts.remove(key);
    for (const email of [alex, kim, sam]) google.sandbox.revokeAccess(email);
  });

  const show = async (name: string, shown: Page = page): Promise<void> => {
    const folder = process.env.SCREENSHOTS;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await shown.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };

  const signIn = (email: string): Promise<void> => signInAs(page, google, email);

  describe.each(generations)('%s', (_, makeApp) => {
    it.each([
      ['with its metadata document', { clientMetadataUrl: documentUrl }],
      ['by registering itself', {}],
    ])('signs in %s, reads mail at once, refreshes, is revoked and asks again', async (how, options) => {
      const memory = appMemory(app.redirectUri, options);
      await walkSignIn({ world, page, app, memory, makeApp, email: alex, shown: () => show(`sign-in ${how}`) });
      expect(complaints).toEqual([]);
    });
  });

  it('a stranger’s Google account is turned away, and nothing of it is kept', async () => {
    const memory = appMemory(app.redirectUri);
    const [, makeApp] = generations[0];
    await expect(makeApp(mcp, memory).connect()).rejects.toThrow();
    await page.goto((await opened(memory, 1)).href);
    await signIn(sam);
    await show('stranger');
    expect(await page.locator('main').textContent()).toContain(sam);
    expect(await postern.accounts.list()).toEqual([]);
  });

  it('saying no on Postern’s page never reaches Google', async () => {
    const memory = appMemory(app.redirectUri);
    const [, makeApp] = generations[0];
    await expect(makeApp(mcp, memory).connect()).rejects.toThrow();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    await page.goto((await opened(memory, 1)).href);
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect((await app.next()).get('error')).toBe('access_denied');
    expect(asked).not.toContain(google.url);
  });

  it('after a password change, the link wants its person: at once in their own browser, after a sign-in in another', async () => {
    const memory = appMemory(app.redirectUri);
    const [, makeApp] = generations[0];
    const attempt = makeApp(mcp, memory);
    await expect(attempt.connect()).rejects.toThrow();
    await page.goto((await opened(memory, 1)).href);
    await signIn(alex);
    await page.getByText('Back in the app').waitFor();
    await attempt.finish(await app.next());
    const connected = await attempt.connect();
    google.sandbox.revokeAccess(alex);
    const answer = await connected.call('gmail_fetch_mails', {});
    const { url } = answer.structured.authorizationRequired as { url: string };

    // Somebody else’s browser: nobody gets to Google’s consent for mail before they showed who they are.
    const other = await chromium.newContext();
    const stranger = await other.newPage();
    await stranger.goto(url);
    await show('link that wants a sign-in', stranger);
    expect(await stranger.locator('h1').textContent()).toMatch(/sign in/i);
    await stranger.locator('main form button').first().click();
    await stranger.locator('#chooser, #consent').waitFor();
    await stranger.locator('#chooser button', { hasText: kim }).click();
    await stranger.locator('#consent button[value=allow]').click();
    await stranger.waitForURL((at) => at.origin === mcp.origin);
    expect(await stranger.locator('main').textContent()).toMatch(/somebody else/i);
    await other.close();

    await page.goto(url);
    await show('link with a session');
    await page.locator('main form button').click();
    await page.locator('#chooser, #consent').waitFor();
    const chooser = page.locator('#chooser button', { hasText: alex });
    if (await chooser.isVisible()) await chooser.click();
    await page.locator('#consent button[value=allow]').click();
    await page.waitForURL((at) => at.origin === mcp.origin);
    expect(await page.locator('h1').textContent()).toMatch(/connected/i);
    expect((await connected.call('gmail_fetch_mails', { max_results: 2 })).structured.messages).toHaveLength(2);
    await connected.close();
  });

  it('two people use the same browser one after the other', async () => {
    for (const email of [alex, kim]) {
      const memory = appMemory(app.redirectUri);
      const [, makeApp] = generations[0];
      const attempt = makeApp(mcp, memory);
      await expect(attempt.connect()).rejects.toThrow();
      await page.goto((await opened(memory, 1)).href);
      await page.getByRole('button', { name: 'Continue with Google' }).click();
      // Google knows the browser by now and may ask nothing.
      const next = app.next();
      const chooser = page.locator('#chooser button', { hasText: email });
      const consent = page.locator('#consent button[value=allow]');
      await page.locator('#chooser, #consent').or(page.getByText('Back in the app')).first().waitFor();
      if (await chooser.isVisible()) await chooser.click();
      if (await consent.isVisible()) await consent.click();
      await attempt.finish(await next);
      await page.getByText('Back in the app').waitFor();
      await (await attempt.connect()).close();
    }
    const mailboxes = (await postern.accounts.list()).map(({ google }) => google?.email);
    expect(mailboxes.sort()).toEqual([alex, kim]);
  });
});
