// Every page a person can land on: what the browser may do with it, and that hostile values stay text.
import { describe, expect, it } from 'vitest';
import type { ConsentDetails } from '../../../src/authorization-server/index.ts';
import type { LinkMaker, LinkOutcome, SignInFailure } from '../../../src/connect/accounts.ts';
import * as errorPages from '../../../src/http/pages/html/error-pages.ts';
import { authorizationErrorPage } from '../../../src/http/pages/html/error-pages.ts';
import { linkOutcomePage } from '../../../src/http/pages/html/link-outcome-page.ts';
import {
  type Confirmation,
  confirmPage,
  signInFirstPage,
  somebodyElsesLinkPage,
} from '../../../src/http/pages/html/link-pages.ts';
import * as notices from '../../../src/http/pages/html/notices.ts';
import { backToAppPage, continuingPage, homePage } from '../../../src/http/pages/html/notices.ts';
import { type Page, renderPage, styleSheet, styleSource } from '../../../src/http/pages/html/page.ts';
import {
  clientSignInFailedPage,
  linkSignInFailedPage,
  signInPage,
} from '../../../src/http/pages/html/sign-in-pages.ts';
import type { Account } from '../../../src/model/account.ts';
import { capabilityStates } from '../../../src/model/capability.ts';
import { aBrowser, aWorld } from '../support.ts';

const hostile = `"><script>alert(1)</script>' onload=x &amp; {{7*7}}`;

const account = (identifier: string): Account => ({
  key: { realm: 'default', identifier },
  state: { status: 'PENDING', reason: 'never_connected' },
  stateSince: 0,
  createdAt: 0,
  pins: { expectedEmail: `${hostile}@example.com` },
  version: 1,
  grantVersion: 0,
  ...{ grantedScopes: [], asked: [], extraCapabilities: [], refusals: {}, capabilities: capabilityStates([], {}) },
});

const confirmation: Confirmation = {
  account: account(hostile),
  capabilities: ['mail'],
  leftMs: 9.5 * 60_000,
  linkPolicy: 'pinned',
  clientId: hostile,
  scopes: [hostile],
};

/** No name is like this: storage and the command line let none through. */
const maker: LinkMaker = {
  product: { name: hostile },
  returnTo: { url: `https://app.example.com/?${hostile}`, automatic: true },
};

const endings: Exclude<LinkOutcome, { kind: 'again' }>[] = [
  { kind: 'connected', account: account(hostile), google: { sub: '1', email: hostile }, missing: ['contacts'] },
  { kind: 'wrong_mailbox', expected: hostile, got: hostile },
  { kind: 'scope_missing', missing: ['mail'] },
  { kind: 'declined' },
  { kind: 'expired' },
  { kind: 'used' },
  { kind: 'unknown' },
  { kind: 'unverifiable' },
  { kind: 'admin_blocked', clientId: hostile, scopes: [hostile] },
  { kind: 'google_unavailable' },
  { kind: 'no_refresh_token' },
  { kind: 'awaiting_verification', url: `https://app.example.com/?${hostile}` },
  { kind: 'operator_fault' },
];

const signInFailures: SignInFailure[] = [
  'not_allowed',
  'somebody_else',
  'declined',
  'admin_blocked',
  'google_unavailable',
  'issuer_unavailable',
  'operator_fault',
  'expired',
  'used',
];

const asked: ConsentDetails = {
  uid: 'uid',
  clientId: `https://app.example.com/client.json?${hostile}`,
  clientName: hostile,
  source: 'dynamic',
  redirect: {
    uri: `https://app.example.com/${hostile}`,
    host: hostile,
    kind: 'web',
    named: { text: hostile, scripts: [] },
  },
  scopes: ['mail:read', 'contacts:read'],
};
const linkForm = { action: '/connect/ticket/sign-in', csrfToken: 'token' };

const pages: [string, Page][] = [
  ['home', homePage({ mcpUrl: `https://postern.example.com/${hostile}`, signsIn: true })],
  ...(['client', 'redirect_uri', 'expired', 'request', 'busy', 'too_many', 'defect'] as const).map(
    (error): [string, Page] => [
      `${error} at the authorization server`,
      authorizationErrorPage(error, { url: `https://app.example.com/?${hostile}`, to: hostile }),
    ],
  ),
  ['home without sign-in', homePage({ mcpUrl: 'https://postern.example.com/mcp', signsIn: false })],
  ['sign-in', signInPage(asked, 'token')],
  ['sign-in of a documented client', signInPage({ ...asked, source: 'metadata_document' }, 'token')],
  [
    'sign-in of a known client',
    signInPage({ ...asked, source: 'preregistered', redirect: { ...asked.redirect, kind: 'unknown_app' } }, 'token'),
  ],
  ['sign in first', signInFirstPage(linkForm)],
  ['somebody else’s link', somebodyElsesLinkPage(linkForm)],
  ['back to the app', backToAppPage(`https://app.example.com/?${hostile}`)],
  ...signInFailures.flatMap((kind): [string, Page][] => [
    [
      `${kind} for a client`,
      clientSignInFailedPage(kind, hostile, { url: '/authorize/uid', automatic: false, to: hostile }),
    ],
    [`${kind} for a link`, linkSignInFailedPage(kind, undefined)],
  ]),
  ['confirm', confirmPage(confirmation, 'token')],
  ['confirm on this machine', confirmPage({ ...confirmation, linkPolicy: 'loopback' }, 'token')],
  ['continuing', continuingPage(`https://accounts.example.com/?a=1&b=${hostile}`)],
  ...endings.map((finish): [string, Page] => [finish.kind, linkOutcomePage(finish)]),
  ['confirm for a product', confirmPage(confirmation, 'token', maker)],
  ...endings.map((finish): [string, Page] => [`${finish.kind} for a product`, linkOutcomePage(finish, maker)]),
  ...Object.entries({ ...notices, ...errorPages }).filter((entry): entry is [string, Page] => 'body' in entry[1]),
];

describe('1. Every page', () => {
  it.each(pages)('%s is a complete document with one heading, landmarks and no external resource', (_, page) => {
    const text = renderPage(page);
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text).toMatch(/<title>[^<]+ · Postern<\/title>/);
    for (const landmark of ['<header>', '<main>', '<footer>']) expect(text).toContain(landmark);
    expect(text).toContain('name="viewport" content="width=device-width, initial-scale=1"');
    expect(text).not.toMatch(/<script|<img|<link|<iframe|\ssrc=|\sstyle=|\son\w+="|url\(/);
    expect(text).not.toContain('undefined');
  });

  it.each(pages)('%s says what happened and the next step', (_, page) => {
    expect(page.body.markup.replace(/<[^>]+>/g, '').length).toBeGreaterThan(60);
  });
});

describe('2. Values from outside', () => {
  it.each(pages.filter(([, page]) => page.body.markup.includes('alert(1)')))(
    '%s shows them as text only',
    (_, page) => {
      expect(renderPage(page)).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39; onload=x &amp;amp;');
    },
  );

  it('names the address of an app that was refused, and where to remove the access at Google', () => {
    const back = { url: '/authorize/uid', automatic: false, to: 'https://app.example.com/callback' };
    const stranger = clientSignInFailedPage('not_allowed', 'eve@example.com', back).body.markup;
    expect(stranger).toContain('It is at <bdi class="foreign">https://app.example.com/callback</bdi>');
    expect(stranger).toContain('https://myaccount.google.com/connections');
    expect(clientSignInFailedPage('declined', undefined, back).body.markup).not.toContain('myaccount');
  });

  it('names the permissions that the client asks for, and no others', () => {
    expect(signInPage(asked, 'token').title).toBe('Let an app read your Gmail?');
    expect(signInPage({ ...asked, scopes: ['contacts:read'] }, 'token').title).toBe('Let an app see your contacts?');
  });

  it('shows the host of the metadata document of a client that has one', () => {
    const { body } = signInPage({ ...asked, source: 'metadata_document' }, 'token');
    expect(body.markup).toContain('<dt>App of</dt><dd><bdi class="foreign">app.example.com</bdi></dd>');
  });

  it('shows people who signed in with Google by their address, not by `sub`', () => {
    const kim = { ...account('1234567'), key: { realm: 'google', identifier: '1234567' } };
    const google = { sub: '1234567', email: 'kim@example.com' };
    const known = confirmPage({ ...confirmation, account: { ...kim, google } }, 'token').body.markup;
    expect(known).toContain('kim@example.com');
    for (const { body } of [confirmPage({ ...confirmation, account: kim }, 'token'), { body: { markup: known } }])
      expect(body.markup).not.toContain('1234567');
  });

  it('isolates the writing direction of identifiers', () => {
    const { body } = confirmPage({ ...confirmation, account: account('שלום@example.com') }, 'token');
    expect(body.markup.match(/<bdi class="foreign">שלום@example\.com<\/bdi>/g)?.length).toBe(2);
  });
});

describe('3. Headers', () => {
  it('forbid loading, running, framing and caching anything, on every kind of page', async () => {
    const world = await aWorld();
    const browser = aBrowser(world);
    const link = await world.link('user_42');
    const visits = [
      await browser.get(link),
      await browser.post(link, {}),
      await browser.get('https://postern.example.com/connect/nothing'),
      await browser.get('https://postern.example.com/oauth/callback'),
      (await browser.goOn(link)).page,
    ];
    for (const { headers } of visits) {
      expect(headers.get('content-security-policy')).toBe(
        `default-src 'none'; style-src ${styleSource}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
      );
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-type')).toBe('text/html; charset=UTF-8');
    }
  });
});

describe('4. The style sheet', () => {
  const colours = (css: string): Record<string, string> =>
    Object.fromEntries(
      [...css.matchAll(/--([\w-]+):(#[0-9a-f]{3,6})\b/g)].map(([, name = '', value = '']) => [name, value]),
    );
  const [light = '', dark = ''] = styleSheet.split('@media (prefers-color-scheme:dark)');

  const luminance = (hex: string): number => {
    const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex;
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const channel = Number.parseInt(full.slice(at, at + 2), 16) / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [bright = 0, dim = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (bright + 0.05) / (dim + 0.05);
  };

  it.each([
    ['ink', 'card'],
    ['ink', 'ground'],
    ['ink', 'warn-wash'],
    ['soft', 'card'],
    ['soft', 'ground'],
    ['soft', 'code'],
    ['accent', 'card'],
    ['on-accent', 'accent'],
    ['on-accent', 'accent-over'],
    ['warn', 'warn-wash'],
    ['good', 'good-wash'],
    ['note', 'note-wash'],
    ['bad', 'bad-wash'],
  ])('has a contrast of at least 4.5 for %s on %s, light and dark', (text, ground) => {
    for (const palette of [colours(light), colours(dark)])
      expect(contrast(palette[text] ?? '#000', palette[ground] ?? '#000')).toBeGreaterThanOrEqual(4.5);
  });

  it('respects reduced motion and keeps the focus visible', () => {
    expect(styleSheet).toContain(':focus-visible{outline:3px');
    expect(styleSheet.replace(/@media \(prefers-reduced-motion:no-preference\)\{[^}]*\}\}/, '')).not.toMatch(
      /transition|animation/,
    );
  });
});
