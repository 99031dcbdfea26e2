// The pages in a real Chromium: Postern on `localhost`, Google on `127.0.0.1`, so that cookies, redirects and policies
// meet two hosts as they do in life.
import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { type ListeningWorld, listenWorld } from '../support/listening-world.ts';

const found = chromiumPath !== undefined;
if (!found) process.stderr.write('No Chromium was found: the tests of the pages in a real browser did not run.\n');

const alex = 'alex@example.com';
const sam = 'sam@example.org';
const key = { realm: 'default', identifier: 'user_42' };

describe.runIf(found)('In a real browser', () => {
  let chromium: Browser;
  let world: ListeningWorld;
  let google: ListeningWorld['google'];
  let postern: ListeningWorld['postern'];
  let origin: string;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complained about: blocked resources, failed loads, script errors. */
  let complaints: string[];

  beforeAll(async () => {
    chromium = await launchChromium();
    world = await listenWorld({ [alex]: 'Alex', [sam]: 'Sam' });
    ({ google, postern, origin } = world);
  });
  afterAll(async () => {
    await chromium?.close();
    await world?.close();
  });
  beforeEach(async () => {
    context = await chromium.newContext({ viewport: { width: 900, height: 800 } });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => {
      // The sandbox's pages are Google's, not ours.
      if (!message.location().url.startsWith(google.url))
        complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await context.close();
    await postern.accounts.remove(key);
    google.sandbox.clearFaults();
    // Google forgets that it was asked before, so that every test sees the consent page.
    for (const email of [alex, sam]) google.sandbox.revokeAccess(email);
  });

  const newLink = async (pins?: { expectedEmail: string }): Promise<string> => {
    await postern.accounts.ensure(key, pins);
    const link = await postern.accounts.link(
      { key, credential: 'service_key', linkPolicy: pins === undefined ? 'unverified' : 'pinned' },
      { capabilities: [] },
    );
    if (!link.ok) throw new Error(link.problem.kind);
    return link.value.url;
  };
  const heading = () => page.locator('h1').textContent();
  const toGoogle = async (link: string): Promise<void> => {
    await page.goto(link);
    await page.locator('main form button').click();
    await page.waitForURL((url) => url.origin === google.url);
  };
  const toConsent = async (email: string): Promise<void> => {
    await page.locator('#chooser, #consent').waitFor();
    const chooser = page.locator('#chooser button', { hasText: email });
    if (await chooser.isVisible()) await chooser.click();
    await page.locator('#consent').waitFor();
  };
  const chooseAndAllow = async (email: string): Promise<void> => {
    await toConsent(email);
    await page.locator('#consent button[value=allow]').click();
    await page.waitForURL((url) => url.origin === origin);
  };
  /** Where SCREENSHOTS names a folder, every page is kept there to be looked at. */
  const show = async (name: string): Promise<void> => {
    const folder = process.env.SCREENSHOTS;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };
  const status = async () => (await postern.accounts.find(key))?.state.status;

  it('a person goes from the link over Google to “connected”, and nothing on the way is blocked', async () => {
    await toGoogle(await newLink());
    await chooseAndAllow(alex);
    expect(await heading()).toMatch(/connected/i);
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain(alex);
    expect(text).not.toContain('user_42');
    expect(await status()).toBe('ACTIVE');
    await show('connected');
    expect(complaints).toEqual([]);
  });

  it('the keyboard alone is enough', async () => {
    await page.goto(await newLink());
    await show('confirm');
    for (let presses = 0; presses < 10; presses++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement?.tagName')) === 'BUTTON') break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.origin === google.url);
  });

  it('declining at Google connects nothing and says how to go on', async () => {
    await toGoogle(await newLink());
    await toConsent(alex);
    await page.locator('#consent button[value=deny]').click();
    await page.waitForURL((url) => url.origin === origin);
    expect(await heading()).toMatch(/nothing was connected/i);
    await show('declined');
    expect(await status()).toBe('PENDING');
    expect(complaints).toEqual([]);
  });

  it('the wrong mailbox is named and not joined', async () => {
    await toGoogle(await newLink({ expectedEmail: sam }));
    const url = new URL(page.url());
    url.searchParams.delete('login_hint');
    await page.goto(url.href);
    await chooseAndAllow(alex);
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain(alex);
    expect(text).toContain(sam);
    await show('wrong-mailbox');
    expect(await status()).toBe('PENDING');
  });

  it('a used link and an unknown one say so', async () => {
    const link = await newLink();
    await toGoogle(link);
    await chooseAndAllow(alex);
    expect((await page.goto(link))?.status()).toBe(410);
    await show('used');
    expect((await page.goto(`${origin}/connect/${'x'.repeat(43)}`))?.status()).toBe(404);
    await show('unknown');
  });

  it('Google being unreachable is said, and a new link works', async () => {
    google.sandbox.fault({ path: '/token', times: 1 }, { status: 503 });
    await toGoogle(await newLink());
    await chooseAndAllow(alex);
    expect(await heading()).toMatch(/google/i);
    await show('google-unreachable');
    google.sandbox.revokeAccess(alex);
    await toGoogle(await newLink());
    await chooseAndAllow(alex);
    expect(await status()).toBe('ACTIVE');
  });

  it('a forwarded callback does nothing in another person’s browser', async () => {
    await toGoogle(await newLink());
    await toConsent(alex);
    let callback = '';
    await page.route(`${google.url}/**`, async (route) => {
      const answer = await route.fetch({ maxRedirects: 0 });
      callback = answer.headers().location ?? '';
      await route.abort();
    });
    await page.locator('#consent button[value=allow]').click();
    await expect.poll(() => callback).not.toBe('');
    const victim = await (await chromium.newContext()).newPage();
    expect((await victim.goto(callback))?.ok()).toBe(false);
    expect(await status()).toBe('PENDING');
    await victim.context().close();
  });

  it.each(['light', 'dark'] as const)('the pages fit a small telephone, in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(await newLink());
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).toBe(0);
    await show(`confirm-320-${colorScheme}`);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.locator('h1').count()).toBe(1);
    expect(await page.locator('script, link[rel=stylesheet], img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
