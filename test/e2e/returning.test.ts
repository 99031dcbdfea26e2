// A product in a real Chromium: its backend makes a link with its key, the person comes back to it whatever they decide,
// and sees on the way who is asking. Three hosts, as in life: the product, Postern and Google.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiKey } from '../../src/identity/credentials.ts';
import { productNameSchema, readLogo } from '../../src/identity/product.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { type ListeningWorld, listenWorld } from '../support/listening-world.ts';

const alex = 'alex@example.com';
const sam = 'sam@example.org';
const state = 'session 7f & "quotes" +é';
const name = 'Acme Kundenpost für Werkstätten & Büros';

const crc32 = (bytes: Buffer): number => {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

/** A PNG of 88 × 88 pixels with a circle in it. */
const aLogo = (): Buffer => {
  const size = 88;
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2], 8);
  const rows = Array.from({ length: size }, (_, y) =>
    Buffer.from([
      0,
      ...Array.from({ length: size }, (_, x) =>
        (x - size / 2) ** 2 + (y - size / 2) ** 2 < (size / 2.4) ** 2 ? [214, 68, 40] : [255, 240, 220],
      ).flat(),
    ]),
  );
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk('IDAT', deflateSync(Buffer.concat(rows)));
  return Buffer.concat([signature, chunk('IHDR', header), data, chunk('IEND', Buffer.alloc(0))]);
};

describe.runIf(chromiumPath !== undefined)('A product, in a real browser', () => {
  let chromium: Browser;
  let world: ListeningWorld;
  let product: Server;
  let done: string;
  let key: string;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  /** The `Referer` of whoever came to the product. */
  let referrers: (string | undefined)[];

  beforeAll(async () => {
    chromium = await launchChromium();
    world = await listenWorld({ [alex]: 'Alex', [sam]: 'Sam' });
    product = createServer((request, response) => {
      if (request.url?.startsWith('/done')) referrers.push(request.headers.referer);
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Acme</title><h1>Acme</h1>');
    });
    await new Promise<void>((resolve) => product.listen(0, '127.0.0.1', resolve));
    done = `http://127.0.0.1:${(product.address() as AddressInfo).port}/done`;
    const logo = readLogo(aLogo());
    if (logo.kind !== 'logo') throw new Error(logo.because);
    ({ key } = await createApiKey(world.postern.storage.apiKeys, randomBytes, systemClock, {
      ...{ kind: 'service', realm: 'shop', unverifiedLinks: true, returnUrls: [`${done}?from=mail`] },
      product: { name: productNameSchema.parse(name), logo: logo.logo },
    }));
  });
  afterAll(async () => {
    await chromium?.close();
    product?.close();
    await world?.close();
  });
  beforeEach(async () => {
    context = await chromium.newContext({ viewport: { width: 390, height: 844 } });
    page = await context.newPage();
    complaints = [];
    referrers = [];
    page.on('console', (message) => {
      if (message.location().url.startsWith(world.origin)) complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await context.close();
    await world.postern.accounts.remove({ realm: 'shop', identifier: 'user_42' });
    for (const email of [alex, sam]) world.google.sandbox.revokeAccess(email);
  });

  const request = async (path: string, body: object) => {
    const answer = await fetch(`${world.origin}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Record<string, string>;
  };
  const linkFor = async (account: object = {}): Promise<string> => {
    await request('/accounts', { identifier: 'user_42', ...account });
    const wanted = { return_url: `${done}?from=mail`, state, expires_in: 3600 };
    return (await request('/accounts/user_42/link', wanted)).url ?? '';
  };
  const toConsent = async (link: string, email = alex): Promise<void> => {
    await page.goto(link);
    await page.locator('main form button').first().click();
    await page.locator('#chooser, #consent').waitFor();
    const chooser = page.locator('#chooser button', { hasText: email });
    if (await chooser.isVisible()) await chooser.click();
    await page.locator('#consent').waitFor();
  };
  const decide = (value: 'allow' | 'deny') => page.locator(`#consent button[value=${value}]`).click();
  /** What the browser brought to the product. */
  const brought = async (): Promise<Record<string, string>> => {
    await page.waitForURL((url) => url.href.startsWith(done));
    return Object.fromEntries(new URL(page.url()).searchParams);
  };
  /** Where SCREENSHOTS names a folder, every page is kept there to be looked at. */
  const show = async (what: string): Promise<void> => {
    const folder = process.env.SCREENSHOTS;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    for (const [width, height] of [
      [390, 844],
      [1280, 800],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.screenshot({ path: `${folder}/${what}-${width}.png` });
    }
  };

  it('sees who asks with their logo, approves, and is back at the product', async () => {
    const link = await linkFor();
    await page.goto(link);
    await show('product-confirm');
    expect(await page.locator('main').textContent()).toContain(`“${name}” asks to read Gmail through Postern.`);
    const drawn = await page.evaluate("document.querySelector('img.logo').naturalWidth");
    expect(drawn).toBe(88);
    await toConsent(link);
    await decide('allow');
    expect(await brought()).toEqual({ from: 'mail', status: 'connected', state });
    const account = await world.postern.accounts.find({ realm: 'shop', identifier: 'user_42' });
    expect(account?.google?.email).toBe(alex);
    // The address of the callback, with its code, is nobody's business.
    expect(referrers).toEqual([undefined]);
    expect(complaints).toEqual([]);
  });

  it('says no at Google, and is back at the product', async () => {
    await toConsent(await linkFor());
    await decide('deny');
    expect(await brought()).toEqual({ from: 'mail', status: 'declined', reason: 'consent_declined', state });
  });

  it('says no on Postern’s page with the keyboard, and is back at the product', async () => {
    await page.goto(await linkFor());
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    expect(await brought()).toMatchObject({ status: 'declined' });
    expect(complaints).toEqual([]);
  });

  it('chose the wrong mailbox: reads which one, and goes back by the button', async () => {
    const link = await linkFor({ expected_email: sam });
    await page.goto(link);
    await page.locator('main form button').first().click();
    await page.waitForURL((url) => url.origin === world.google.url);
    const url = new URL(page.url());
    url.searchParams.delete('login_hint');
    await page.goto(url.href);
    await page.locator('#chooser, #consent').waitFor();
    const chooser = page.locator('#chooser button', { hasText: alex });
    if (await chooser.isVisible()) await chooser.click();
    await page.locator('#consent').waitFor();
    await decide('allow');
    await page.locator('h1', { hasText: 'That is another mailbox' }).waitFor();
    await show('product-wrong-mailbox');
    await page.getByRole('link', { name: `Back to “${name}”` }).click();
    expect(await brought()).toEqual({ from: 'mail', status: 'failed', reason: 'wrong_mailbox', state });
    expect(referrers).toEqual([undefined]);
  });
});
