// Whose mailbox an account has to be is said when it is made, and changed by a call of its own; nothing else changes it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alex, createWorld, sam, type World } from '../support/world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await createWorld();
  key = await world.serviceKey();
});
afterEach(() => world.close());

const accountKey = { realm: 'default', identifier: 'user_42' };
const request = async (method: string, path: string, body?: object, as = key) => {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await world.http(`/api/v1${path}`, { method, key: as, ...init });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
};
const make = (body: object, as = key) => request('POST', '/accounts', { identifier: 'user_42', ...body }, as);
const change = (body: object, as = key) => request('PATCH', '/accounts/user_42', body, as);
const show = async () => (await request('GET', '/accounts/user_42')).body;
const mail = () => world.call('gmail_fetch_mails', { max_results: 1 }, { key, as: 'user_42' });

describe('Get or create', () => {
  it('creates an account with what it is given, and gives it again as it is', async () => {
    const pins = {
      expected_email: alex,
      expected_domain: 'example.com',
      expected_sub: '1234',
      capabilities: ['other_contacts'],
    };
    const made = await make(pins);
    expect(made).toMatchObject({
      status: 201,
      body: {
        expected_email: alex,
        expected_domain: 'example.com',
        expected_sub: '1234',
        asked_capabilities: ['other_contacts'],
      },
    });
    for (const same of [
      {},
      pins,
      { expected_email: 'Alex@Example.COM' },
      { expected_email: null },
      { expected_domain: 'EXAMPLE.com' },
    ])
      expect(await make(same)).toEqual({ status: 200, body: made.body });
  });

  it.each([
    ['another address', { expected_email: sam }, { field: 'expected_email', now: alex }, `expected_email is ${alex}`],
    [
      'an address where there was none',
      { expected_sub: '99' },
      { field: 'expected_sub', now: null },
      'expected_sub is not set',
    ],
    ['another domain', { expected_domain: 'example.org' }, { field: 'expected_domain', now: null }, 'expected_domain'],
    [
      'other capabilities',
      { capabilities: ['other_contacts'] },
      { field: 'capabilities', now: [] },
      'capabilities is not set',
    ],
  ])(
    'answers %s with a conflict that names the difference, and changes nothing',
    async (_, body, difference, words) => {
      const made = await make({ expected_email: alex });
      expect(await make(body)).toEqual({
        status: 409,
        body: {
          error: 'account_differs',
          message: expect.stringContaining(words),
          who: 'the caller',
          next: expect.stringContaining('PATCH /api/v1/accounts/{identifier}'),
          differences: [difference],
        },
      });
      expect(await show()).toEqual(made.body);
    },
  );

  it('of many at once with different pins makes one account, and tells the others what it is', async () => {
    const emails = Array.from({ length: 8 }, (_, n) => `person${n}@example.com`);
    const answers = await Promise.all(emails.map((expected_email) => make({ expected_email })));
    const { expected_email } = await show();
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    for (const { status, body } of answers)
      if (status === 409) expect(body.differences).toEqual([{ field: 'expected_email', now: expected_email }]);
  });

  it('tells nobody of another realm what an account is pinned to', async () => {
    await make({ expected_email: alex });
    const other = await world.serviceKey({ realm: 'other' });
    expect(await make({ expected_email: sam }, other)).toMatchObject({ status: 201, body: { realm: 'other' } });
    expect(await change({ expected_email: null }, await world.serviceKey({ realm: 'third' }))).toMatchObject({
      status: 404,
    });
    expect((await show()).expected_email).toBe(alex);
  });

  it('finds an account that a tool call could not make a link for as if nobody had asked', async () => {
    const answer = await mail();
    expect(answer.structured.problem).toMatchObject({ kind: 'link_not_verifiable' });
    expect(await make({ expected_email: alex })).toMatchObject({ status: 201 });
  });
});

describe('Changing', () => {
  it('sets, keeps and takes away one pin each, and says what the account is then', async () => {
    await make({ expected_email: alex, expected_domain: 'example.com' });
    const changed = await change({ expected_email: sam, expected_domain: null, capabilities: ['other_contacts'] });
    expect(changed).toMatchObject({
      status: 200,
      body: { expected_email: sam, expected_domain: null, asked_capabilities: ['other_contacts'] },
    });
    expect(await show()).toEqual(changed.body);
    expect((await change({ capabilities: null })).body).toMatchObject({ expected_email: sam, asked_capabilities: [] });
    expect((await change({})).body).toMatchObject({ expected_email: sam });
  });

  it('refuses what is no pin, and an account that was never made', async () => {
    expect(await change({ expected_email: alex })).toMatchObject({ status: 404, body: { error: 'not_found' } });
    await make({});
    expect(await change({ expectedEmail: alex })).toMatchObject({ status: 400 });
    expect(await change({ expected_email: 'nobody' })).toMatchObject({ status: 400 });
    expect((await show()).expected_email).toBeNull();
  });

  it('to another mailbox than the connected one ends its grant in the same moment; the right one can connect then', async () => {
    await world.connect('user_42', { email: alex, pins: { expectedEmail: alex } });
    expect((await mail()).structured.messages).toHaveLength(1);
    expect((await change({ expected_email: sam })).body).toMatchObject({
      status: 'PENDING',
      reason: 'pins_changed',
      google_email: null,
      expected_email: sam,
    });
    const answer = await mail();
    expect(answer.structured.authorizationRequired).toMatchObject({ reason: 'pins_changed' });
    expect(await world.postern.storage.accounts.readGrant(accountKey)).toMatchObject({ kind: 'none' });
    const { url } = answer.structured.authorizationRequired as { url: string };
    expect((await world.approve(url, { email: alex })).heading).toBe('That is another mailbox');
    const again = (await mail()).structured.authorizationRequired as { url: string };
    expect((await world.approve(again.url, { email: sam })).heading).toBe('Gmail is connected');
  });

  it('to a domain or a sub that is not the connected one’s ends its grant too', async () => {
    for (const pin of [{ expected_domain: 'example.com' }, { expected_sub: '12345' }]) {
      world.sandbox.revokeAccess(alex);
      await change({ expected_domain: null, expected_sub: null });
      await world.connect('user_42', { email: alex });
      expect((await change(pin)).body).toMatchObject({ status: 'PENDING', reason: 'pins_changed' });
    }
  });

  it('to what the connected mailbox is leaves its grant alone', async () => {
    await world.connect('user_42', { email: alex });
    expect((await change({ expected_email: alex.toUpperCase() })).body).toMatchObject({ status: 'ACTIVE' });
    expect((await mail()).structured.messages).toHaveLength(1);
  });

  it('also ends a grant that ended a moment ago and could have come back', async () => {
    await world.connect('user_42', { email: alex });
    world.sandbox.changePassword(alex);
    await world.clock.advance(2 * 3_600_000);
    await mail();
    expect(await show()).toMatchObject({ status: 'REVOKED' });
    expect(await world.postern.storage.refreshes.readRetained(accountKey)).toBeDefined();
    expect((await change({ expected_email: sam })).body).toMatchObject({ status: 'PENDING', reason: 'pins_changed' });
    expect(await world.postern.storage.refreshes.readRetained(accountKey)).toBeUndefined();
  });

  it('while a link is at Google lets in only who fits the pins as they are then', async () => {
    await make({ expected_email: alex });
    const { url } = (await request('POST', '/accounts/user_42/link')).body;
    const browser = world.browser();
    const consent = await browser.submit(await browser.open(url));
    await change({ expected_email: sam });
    const last = await browser.submit(consent, { button: 'allow' });
    expect(last.heading).toBe('That is another mailbox');
    expect((await show()).status).toBe('PENDING');
  });
});

describe('Nothing else', () => {
  it('changes pins: a session, a link, a call, a disconnect', async () => {
    await make({ expected_email: alex, capabilities: ['other_contacts'] });
    await request('POST', '/accounts/user_42/sessions', {});
    await request('POST', '/accounts/user_42/link', { replace: true, capabilities: ['contacts'] });
    await mail();
    await request('POST', '/accounts/user_42/disconnect');
    expect(await show()).toMatchObject({ expected_email: alex, asked_capabilities: ['other_contacts'] });
  });
});
