// Every page behind a link and before a sign-in, in a real Chromium: the button and the warning are on the first screen, nothing
// overflows, and nothing that means nothing to people stands there.
import { mkdirSync } from 'node:fs';
import type { Browser, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsentDetails } from '../../src/authorization-server/index.ts';
import { confirmPage, signInFirstPage, somebodyElsesLinkPage } from '../../src/http/pages/html/link-pages.ts';
import { renderPage } from '../../src/http/pages/html/page.ts';
import { signInPage } from '../../src/http/pages/html/sign-in-pages.ts';
import type { Account, AccountState } from '../../src/model/account.ts';
import {
  type Capability,
  capabilities,
  capabilityStates,
  type Refusals,
  scopesFor,
} from '../../src/model/capability.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';

const found = chromiumPath !== undefined;
const day = 24 * 60 * 60_000;
const long = `${'a-very-long-name.of-somebody'.repeat(8)}@${'sub-domain.of-a-long-name.'.repeat(3)}example.com`;

const account = (
  state: AccountState,
  more: Partial<Account> & { granted?: Capability[]; refusals?: Refusals; identifier?: string } = {},
): Account => {
  const { granted = [], refusals = {}, identifier = 'user_42', ...rest } = more;
  const grantedScopes = scopesFor(granted);
  return {
    ...{ key: { realm: 'default', identifier }, state, stateSince: Date.UTC(2026, 0, 15), createdAt: 0, pins: {} },
    ...{
      version: 1,
      grantVersion: 1,
      grantedScopes,
      asked: ['mail', 'contacts', 'directory'],
      extraCapabilities: [],
      refusals,
    },
    capabilities: capabilityStates(grantedScopes, refusals),
    ...rest,
  };
};

const google = { sub: '1', email: 'kim@corp.example', hostedDomain: 'corp.example' };
const usual: readonly Capability[] = ['mail', 'contacts', 'directory'];
const active = { status: 'ACTIVE' } as const;
const revoked = (reason: (AccountState & { status: 'REVOKED' })['reason'], evidence = {}) =>
  account({ status: 'REVOKED', reason, evidence }, { google });

const accounts: Record<string, [Account, readonly Capability[]]> = {
  'never connected': [account({ status: 'PENDING', reason: 'never_connected' }), usual],
  'never connected, pinned, everything asked for': [
    account({ status: 'PENDING', reason: 'never_connected' }, { pins: { expectedEmail: 'kim@corp.example' } }),
    capabilities,
  ],
  'declined before': [account({ status: 'PENDING', reason: 'consent_declined' }), usual],
  'the last link ran out': [account({ status: 'PENDING', reason: 'link_expired' }), usual],
  'blocked by the admin before': [account({ status: 'PENDING', reason: 'admin_blocked' }), usual],
  'another mailbox is expected': [
    account({ status: 'PENDING', reason: 'pins_changed' }, { pins: { expectedDomain: 'corp.example' } }),
    usual,
  ],
  'password changed': [revoked('revoked_or_password_changed'), usual],
  'testing mode': [revoked('testing_mode_expired', { ageInDays: 7, announced: true }), usual],
  'not used for long': [revoked('idle_six_months', { unusedSince: Date.UTC(2026, 0, 15) - 200 * day }), usual],
  'connected too often': [revoked('token_cap_reached', { issuedSince: 117 }), capabilities],
  'the admin’s policy': [revoked('admin_policy'), usual],
  'the session policy': [revoked('session_policy'), usual],
  'one permission missing': [account(active, { google, granted: ['contacts', 'directory'] }), usual],
  'other contacts wanted': [account(active, { google, granted: [...usual] }), capabilities],
  'two permissions missing': [account(active, { google, granted: ['mail'] }), usual],
  'a permission taken back': [
    account(active, { google, granted: [...usual], refusals: { mail: { reason: 'scope_missing', since: 0 } } }),
    usual,
  ],
  'Gmail apps blocked by the admin': [
    account(active, { google, granted: ['mail'], refusals: { mail: { reason: 'domain_policy', since: 0 } } }),
    usual,
  ],
  'connected already': [account(active, { google, granted: [...usual] }), usual],
  'a long address': [
    account(
      { status: 'REVOKED', reason: 'token_cap_reached', evidence: { issuedSince: 117 } },
      { identifier: long, google: { sub: '1', email: long }, pins: { expectedEmail: long } },
    ),
    capabilities,
  ],
};

const confirmations = Object.entries(accounts).flatMap(([name, [of, asked]]) =>
  (['pinned', 'loopback'] as const).map(
    (linkPolicy) =>
      [
        `${name}, ${linkPolicy}`,
        confirmPage(
          {
            account: of,
            capabilities: asked,
            leftMs: 9.4 * 60_000,
            linkPolicy,
            clientId: '1234-abc.apps.googleusercontent.com',
            scopes: scopesFor(asked),
          },
          'token',
        ),
      ] as const,
  ),
);

/** Asked for by a product with the longest name there may be, and a logo; the person may say no. */
const forProduct = ['never connected', 'the admin’s policy', 'a long address'].map((name) => {
  const [of, asked] = accounts[name] ?? [account(active), usual];
  const clientId = '1234-abc.apps.googleusercontent.com';
  const more = { leftMs: 59.4 * 60_000, linkPolicy: 'verify_url', clientId, scopes: scopesFor(asked) } as const;
  return [
    `${name}, for a product`,
    confirmPage({ account: of, capabilities: asked, ...more }, 'token', {
      product: {
        name: `Acme ${'Donaudampfschifffahrt'.repeat(2)} & Co. KGaA`,
        logo: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
      },
      returnTo: { url: 'https://app.example.com/done', automatic: true },
    }),
  ] as const;
});

const asked: ConsentDetails = {
  uid: 'uid',
  clientId: 'https://app.example.com/client.json',
  clientName: 'An App with quite a long name for an app that reads mail',
  source: 'dynamic',
  redirect: { uri: 'https://app.example.com/cb', host: 'app.example.com', kind: 'web' },
  scopes: ['mail:read', 'contacts:read'],
};
const form = { action: '/connect/ticket/sign-in', csrfToken: 'token' };
const pages = [
  ...confirmations,
  ...forProduct,
  ['sign-in', signInPage(asked, 'token')] as const,
  [
    'sign-in to a long name',
    signInPage(
      {
        ...asked,
        source: 'metadata_document',
        clientName: 'x'.repeat(80),
        redirect: {
          ...asked.redirect,
          uri: `https://${'long-name.'.repeat(20)}example.com/cb/${'x'.repeat(200)}`,
          host: `${'long-name.'.repeat(20)}example.com`,
        },
      },
      'token',
    ),
  ] as const,
  [
    'sign-in on this computer',
    signInPage(
      { ...asked, redirect: { uri: 'http://127.0.0.1:3000/cb', host: '127.0.0.1:3000', kind: 'listener' } },
      'token',
    ),
  ] as const,
  ['sign in first', signInFirstPage(form)] as const,
  ['somebody else’s link', somebodyElsesLinkPage(form)] as const,
];

describe.runIf(found)('On the first screen', () => {
  let chromium: Browser;
  let tab: Tab;
  beforeAll(async () => {
    chromium = await launchChromium();
    tab = await (await chromium.newContext()).newPage();
  });
  afterAll(() => chromium?.close());

  /** Where SCREENSHOTS names a folder, every page is kept there to be looked at. */
  const show = async (name: string): Promise<void> => {
    const folder = process.env.SCREENSHOTS;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await tab.screenshot({ path: `${folder}/${name.replace(/[^\w-]+/g, '_')}.png` });
  };

  it.each([
    [390, 844, 'light'],
    [390, 844, 'dark'],
    [1280, 800, 'light'],
    [1280, 800, 'dark'],
  ] as const)(
    'of %i × %i, %s, are the button of every page and its warning, and no page is wider',
    async (width, height, colorScheme) => {
      await tab.setViewportSize({ width, height });
      await tab.emulateMedia({ colorScheme });
      const below: string[] = [];
      for (const [name, page] of pages) {
        await tab.setContent(renderPage(page));
        for (const button of await tab.locator('main form button').all()) {
          const box = await button.boundingBox();
          if (box === null || box.y + box.height > height || box.y < 0) below.push(`${name} ${box?.y}`);
        }
        // The warning is seen with the button, whatever else the page has to say.
        for (const warning of await tab.locator('strong', { hasText: 'Only continue if you' }).all()) {
          const box = await warning.boundingBox();
          const { x = 0, y = 0, height: high = 0 } = box ?? {};
          const seen = await tab.evaluate(
            `[${y + 4}, ${y + high - 4}].every((at) => document.elementFromPoint(${x + 4}, at)?.tagName === 'STRONG')`,
          );
          if (!seen) below.push(`${name} hides its warning`);
        }
        const overflow = await tab.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (overflow !== 0) below.push(`${name} is ${overflow} too wide`);
        await show(`${width}-${colorScheme}-${name}`);
      }
      expect(below).toEqual([]);
    },
  );
});

describe('What a page behind a link says', () => {
  const textOf = (name: string) => {
    const page = confirmations.find(([of]) => of === `${name}, pinned`)?.[1];
    if (page === undefined) throw new Error(name);
    return {
      title: page.title,
      text: page.body.markup
        .replace(/<\/?bdi[^>]*>/g, '')
        .replace(/<[^>]+>/g, ' ')
        .replaceAll('&#39;', "'")
        .replace(/\s+/g, ' '),
      markup: page.body.markup,
    };
  };

  it('is never an internal name, nor a UTC clock', () => {
    for (const [, page] of confirmations) {
      expect(page.body.markup).not.toMatch(/user_42|UTC|<time/);
      expect(page.body.markup).toContain('about 9 minutes left');
    }
    for (const identifier of ['me', '0b0c7f2e-1f6f-4d39-9d57-6b3a5d3a1c11', '42']) {
      const of = account({ status: 'PENDING', reason: 'never_connected' }, { identifier });
      const page = confirmPage(
        { account: of, capabilities: usual, leftMs: 59_000, linkPolicy: 'loopback', clientId: 'c', scopes: [] },
        't',
      );
      expect(page.body.markup).not.toContain('<bdi');
      expect(page.body.markup).toContain('less than a minute left');
    }
  });

  it.each([
    [
      'password changed',
      'Connect Gmail again',
      /password was changed.*Since 15 January 2026 your assistant can no longer read the mail and contacts of kim@corp\.example/,
    ],
    ['testing mode', 'Connect Gmail again', /7 days after it was given.*testing mode/],
    ['the admin’s policy', 'Connect Gmail again', /admin's policy does not allow this app/],
    ['blocked by the admin before', 'Connect Gmail', /admin's policy does not allow this app/],
    ['one permission missing', 'One more permission', /Contacts are connected: kim@corp\.example\..*not allowed yet/],
    ['a permission taken back', 'One more permission', /has been taken back/],
    ['two permissions missing', 'More permissions', /Gmail is connected: kim@corp\.example/],
    ['never connected', 'Connect Gmail', /An assistant asks to read Gmail/],
    ['another mailbox is expected', 'Connect Gmail', /another mailbox is expected now/],
  ])('is why: %s', (name, title, words) => {
    const page = textOf(name);
    expect(page.title).toBe(title);
    expect(page.text).toMatch(words);
  });

  it('asks only for what is missing where the rest works', () => {
    const listed = (name: string) =>
      [...textOf(name).markup.matchAll(/<li><svg.*?<span>(.*?)<\/span>/g)].map(([, text]) => text);
    expect(listed('one permission missing')).toEqual(['read your e-mail, drafts and attachments']);
    expect(listed('other contacts wanted')).toEqual([
      'see the people you have written to (&quot;Other contacts&quot;)',
    ]);
    expect(listed('two permissions missing')).toEqual(['see your contacts', 'see your organisation&#39;s directory']);
    expect(listed('password changed')).toHaveLength(3);
  });

  it.each(['the admin’s policy', 'blocked by the admin before', 'Gmail apps blocked by the admin'])(
    'has what to send to the admin before the button where Google lets nobody through: %s',
    (name) => {
      const { markup } = textOf(name);
      const facts = markup.indexOf('1234-abc.apps.googleusercontent.com');
      expect(facts).toBeGreaterThan(0);
      expect(facts).toBeLessThan(markup.indexOf('<button'));
      expect(markup).toMatch(/href="mailto:\?subject=[^"]*&amp;body=[^"]*gmail\.readonly/);
    },
  );
});
