// People and their apps sign in while every request hits another process: pages, redirects back, codes and tokens are each
// made by one process and used at another.
import { fillSampleMailbox } from '@postern/gmail-sandbox/sample-mailbox';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { appMemory, type CallbackServer, generations, listenForCallback } from '../e2e/oauth-clients.ts';
import { documentUrl, walkSignIn, withDocument } from '../e2e/sign-in-walk.ts';
import { createBrowser } from '../support/browser.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts';
import { signInApp } from './app-tokens.ts';
import { alex, callMail, listenProxied, type Proxied, sam } from './behind-a-proxy.ts';

const found = chromiumPath !== undefined;
if (!found) process.stderr.write('No Chromium was found: the tests of several processes in it did not run.\n');

let world: Proxied;
let issuer: TestIssuer;
let app: CallbackServer;

/** The product's page that a `verify_url` leads to. */
const productPage = 'https://app.example.com/postern/verify';

beforeAll(async () => {
  issuer = await createTestIssuer(systemClock);
  world = await listenProxied({
    fetch: async (input, init) => {
      const request = new Request(input, init);
      return request.url.startsWith(issuer.url) ? issuer.fetch(request) : withDocument(request);
    },
    env: {
      POSTERN_SIGN_IN: 'google',
      POSTERN_ALLOWED_EMAILS: `${alex},${sam}`,
      POSTERN_OIDC_ISSUER: issuer.url,
      POSTERN_OIDC_REALM: 'staff',
      POSTERN_OIDC_CLIENT_ID: issuer.client.id,
      POSTERN_OIDC_CLIENT_SECRET: issuer.client.secret,
    },
  });
  fillSampleMailbox(world.google.sandbox.account(alex).mailbox);
});
afterAll(() => world?.close());
beforeEach(async () => {
  app = await listenForCallback();
  onTestFinished(() => app.close());
  for (const email of [alex, sam]) world.google.sandbox.revokeAccess(email);
});

/** What every process answers to a call with this access token. */
const everywhere = async (token: string): Promise<number[]> => {
  const statuses: number[] = [];
  const processes = await world.answeredBy(async () => {
    for (let times = 0; times < 3; times++) statuses.push((await callMail(world.origin, token)).status);
  });
  expect(processes).toBe(3);
  return statuses;
};

describe.runIf(found)('In a real browser', () => {
  let chromium: Browser;
  let page: Page;
  beforeAll(async () => {
    chromium = await launchChromium();
  });
  afterAll(() => chromium?.close());
  beforeEach(async () => {
    const context = await chromium.newContext();
    onTestFinished(() => context.close());
    page = await context.newPage();
  });

  it.each([
    ['the 1.x SDK with its metadata document', generations[1][1], { clientMetadataUrl: documentUrl }],
    ['the current SDK by registering itself', generations[0][1], {}],
  ])('a client of %s signs in, reads mail, refreshes and is revoked', async (_, makeApp, options) => {
    const memory = appMemory(app.redirectUri, options);
    const processes = await world.answeredBy(() => walkSignIn({ world, page, app, memory, makeApp, email: alex }));
    expect(processes).toBe(3);
  });

  it('a person completes a link, the product confirms it, and the link says that it was used', async () => {
    const product = await world.newKey({ unverifiedLinks: false, verifyUrl: productPage });
    await world.api('POST', '/accounts', product, { identifier: 'verified' });
    const url = String((await world.api('POST', '/accounts/verified/link', product, {})).body.url);
    await page.route(`${new URL(productPage).origin}/**`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><h1>The product</h1>' }),
    );
    await page.goto(url);
    await page.locator('main form button').click();
    await page.locator('#chooser, #consent').waitFor();
    const chooser = page.locator('#chooser button', { hasText: alex });
    if (await chooser.isVisible()) await chooser.click();
    await page.locator('#consent button[value=allow]').click();
    await page.getByText('The product').waitFor();
    const id = new URL(page.url()).searchParams.get('auth_request_id');
    const confirmed = await world.api('POST', `/auth-requests/${id}/confirm`, product, { identifier: 'verified' });
    expect(confirmed.body).toMatchObject({ status: 'ACTIVE', google_email: alex });
    for (let times = 0; times < 3; times++) {
      expect((await world.api('POST', '/accounts/verified/tools/gmail_fetch_mails', product, {})).status).toBe(200);
      expect((await page.goto(url))?.status()).toBe(410);
    }
  });
});

describe('The tokens of an app', () => {
  const signIn = () => signInApp(world.origin, app, world.approve);

  it('are renewed at one process after the other, and are good at each', async () => {
    const { tokens, refresh } = await signIn();
    let held = tokens;
    const processes = await world.answeredBy(async () => {
      for (let times = 0; times < 6; times++) held = await refresh(held.refresh_token);
    });
    expect(processes).toBe(3);
    expect(await everywhere(held.access_token)).toEqual([200, 200, 200]);
  });

  it('are given once more at another process when the answer was lost on its way', async () => {
    const { tokens, refresh } = await signIn();
    await refresh(tokens.refresh_token);
    const again = await refresh(tokens.refresh_token);
    expect(await everywhere(again.access_token)).toEqual([200, 200, 200]);
    await refresh(again.refresh_token);
  });

  it('all end, everywhere, when a used refresh token comes again at another process', async () => {
    const { tokens, refresh } = await signIn();
    const second = await refresh(tokens.refresh_token);
    const third = await refresh(second.refresh_token);
    expect(await everywhere(third.access_token)).toEqual([200, 200, 200]);
    await expect(refresh(tokens.refresh_token)).rejects.toThrow();
    expect(await everywhere(third.access_token)).toEqual([401, 401, 401]);
    for (let times = 0; times < 3; times++) await expect(refresh(third.refresh_token)).rejects.toThrow();
  });

  it('end everywhere with the next call after they were revoked', async () => {
    const { tokens, revoke } = await signIn();
    expect(await everywhere(tokens.access_token)).toEqual([200, 200, 200]);
    expect((await revoke(tokens.refresh_token)).status).toBe(200);
    expect(await everywhere(tokens.access_token)).toEqual([401, 401, 401]);
  });

  it('are each their own where one refresh token comes to several processes at once', async () => {
    const { tokens, refresh } = await signIn();
    const answers = await Promise.allSettled([1, 2, 3].map(() => refresh(tokens.refresh_token)));
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.refresh_token] : []));
    expect(new Set(given).size).toBe(3);
  });

  it('are checked with the same keys at every process', async () => {
    const keys = await Promise.all([1, 2, 3].map(async () => (await fetch(`${world.origin}/jwks`)).text()));
    expect(new Set(keys).size).toBe(1);
  });
});

describe('A link for somebody of an external issuer', () => {
  it('signs the browser in there, and connects', async () => {
    issuer.person = { sub: 'u-17' };
    const claims = { sub: 'u-17', aud: `${world.origin}/mcp`, scope: 'mail:read contacts:read', client_id: 'app' };
    const token = await issuer.accessToken(claims);
    const [link = ''] = /http:[^"\\]+\/connect\/[\w-]+/.exec((await callMail(world.origin, token)).text) ?? [];
    const browser = createBrowser((request) =>
      request.url.startsWith(issuer.url) ? issuer.fetch(request) : fetch(request),
    );
    const back = await browser.submit(await browser.open(link));
    expect([back.url, back.heading]).toEqual([link, 'Connect Gmail']);
    expect((await world.approve(link, alex, browser)).heading).toBe('Gmail is connected');
    for (let times = 0; times < 3; times++) expect((await callMail(world.origin, token)).text).toContain('messages');
  });
});
