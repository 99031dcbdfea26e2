// Which webhooks are believed: those signed with one of our secrets over exactly these bytes, a few minutes ago at most.
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { webhookPayload } from '../../../src/model/webhook-event.ts';
import { WebhookVerificationError, webhooks } from '../src/webhooks.ts';

const now = Date.UTC(2026, 0, 15, 12);
const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
const secret = secretOf('a');
const body = JSON.stringify({ type: 'account.ended', id: 'evt_1', identifier: 'jürgen' });

const signature = (by: string, at: number, text = body, id = 'msg_1') =>
  `v1,${createHmac('sha256', Buffer.from(by.slice(6), 'base64'))
    .update(`${id}.${at}.${text}`)
    .digest('base64')}`;
const headersOf = (by: string, at = now / 1000) => ({
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(at),
  'webhook-signature': signature(by, at),
});

describe('A webhook is believed', () => {
  it.each([
    ['as text', body],
    ['as bytes', new TextEncoder().encode(body)],
  ])('with its body %s', async (_, given) => {
    expect(await webhooks.verify(given, headersOf(secret), secret, now)).toEqual(JSON.parse(body));
  });

  it('as the server writes and signs it', async () => {
    const key = { realm: 'shop', identifier: 'user_42' };
    const event = {
      type: 'account.ended',
      key,
      account: undefined,
      previousStatus: 'ACTIVE',
      reason: 'admin_policy',
      data: {},
    } as const;
    const payload = webhookPayload('evt_1', event, now);
    const signed = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(now / 1000) };
    const headers = { ...signed, 'webhook-signature': new Webhook(secret).sign('evt_1', new Date(now), payload) };
    expect(await webhooks.verify(payload, headers, secret, now)).toEqual({
      ...{ type: 'account.ended', id: 'evt_1', created_at: '2026-01-15T12:00:00.000Z', ...key, account: null },
      ...{ previous_status: 'ACTIVE', reason: 'admin_policy', data: {} },
    });
  });

  it('with headers of any form', async () => {
    const headers = headersOf(secret);
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
    for (const given of [new Headers(headers), upper])
      expect(await webhooks.verify(body, given, secret, now)).toMatchObject({ id: 'evt_1' });
  });

  it('while secrets are rotated: by the former, by the new, and with several signatures', async () => {
    const secrets = [secretOf('b'), secretOf('c')];
    for (const by of secrets) expect(await webhooks.verify(body, headersOf(by), secrets, now)).toBeDefined();
    const both = [signature(secretOf('x'), now / 1000), 'v1a,AAAA', signature(secret, now / 1000)].join(' ');
    expect(await webhooks.verify(body, { ...headersOf(secret), 'webhook-signature': both }, secret, now)).toBeDefined();
  });

  it('five minutes before and after its time', async () => {
    for (const at of [now / 1000 - 300, now / 1000 + 300])
      expect(await webhooks.verify(body, headersOf(secret, at), secret, now)).toBeDefined();
  });
});

describe('A webhook is refused', () => {
  const good = headersOf(secret);
  it.each([
    ['signed by another secret', body, headersOf(secretOf('b'))],
    ['altered', body.replace('evt_1', 'evt_2'), good],
    ['written again', JSON.stringify(JSON.parse(body), undefined, 1), good],
    ['under another id', body, { ...good, 'webhook-id': 'msg_2' }],
    ['under another time', body, { ...good, 'webhook-timestamp': String(now / 1000 - 1) }],
    ['older than five minutes', body, headersOf(secret, now / 1000 - 301)],
    ['more than five minutes ahead', body, headersOf(secret, now / 1000 + 301)],
    ['without a signature', body, { ...good, 'webhook-signature': undefined }],
    ['with an empty signature', body, { ...good, 'webhook-signature': 'v1,' }],
    ['with a signature that is no base64', body, { ...good, 'webhook-signature': 'v1,%%%' }],
    ['with half of its signature', body, { ...good, 'webhook-signature': good['webhook-signature'].slice(0, 20) }],
    [
      'signed in another version',
      body,
      { ...good, 'webhook-signature': good['webhook-signature'].replace('v1', 'v2') },
    ],
    ['with a time that is none', body, { ...good, 'webhook-timestamp': '1e9' }],
    ['without an id', body, { ...good, 'webhook-id': '' }],
    ['with two ids', body, { ...good, 'webhook-id': ['msg_1', 'msg_1'] }],
    [
      'with its signature after too many others',
      body,
      { ...good, 'webhook-signature': `${'v1,AAAA '.repeat(16)}${good['webhook-signature']}` },
    ],
  ])('%s', async (_, text, headers) => {
    await expect(webhooks.verify(text, headers, secret, now)).rejects.toThrow(WebhookVerificationError);
  });

  it.each(['', 'whsec_', 'whsec_AAAA', 'no base64!'])(
    'by a secret that is none, as a mistake of the receiver (%j)',
    async (none) => {
      await expect(webhooks.verify(body, good, none, now)).rejects.toThrow(TypeError);
    },
  );
});
