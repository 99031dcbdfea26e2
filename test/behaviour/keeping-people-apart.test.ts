// Two people, two products, one process and one database: nobody reaches what is another's.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, sam, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  world.sandbox.account(sam).mailbox.importMessage(new TextEncoder().encode(samsMail));
});
afterEach(() => world.close());

const samsMail = [
  'From: Bank <bank@example.org>',
  `To: ${sam}`,
  'Subject: Only for Sam',
  'Date: Thu, 15 Jan 2026 11:00:00 +0000',
  '',
  'Your code is 31415926.',
  '',
].join('\r\n');

const subjects = (structured: Record<string, unknown>) =>
  (structured.messages as { subject: string }[]).map(({ subject }) => subject);

describe('A service key', () => {
  it('reaches the same identifier only in its own realm', async () => {
    await world.connect('me', { email: sam, realm: 'shop' });
    const other = await world.serviceKey({ realm: 'games', unverifiedLinks: true });
    const answer = await world.call('gmail_fetch_mails', {}, { key: other, as: 'me' });
    expect(answer.structured.authorizationRequired).toMatchObject({ reason: 'never_connected' });
    expect((await world.http('/api/v1/accounts/me', { key: other })).status).toBe(200);
    const body = await (await world.http('/api/v1/accounts/me', { key: other })).text();
    expect(body).not.toContain(sam);
  });

  it('gives each person their own mail, also when calls run at the same time', async () => {
    await world.connect('alex');
    await world.connect('sam', { email: sam });
    const key = await world.serviceKey();
    const calls = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'alex' : 'sam'));
    const answers = await Promise.all(
      calls.map((as) => world.call('gmail_fetch_mails', { max_results: 2 }, { key, as })),
    );
    answers.forEach((answer, index) => {
      const mine = subjects(answer.structured).includes('Only for Sam');
      expect(mine).toBe(calls[index] === 'sam');
    });
  });

  it('cannot name two people, or one in a way that means another', async () => {
    const key = await world.serviceKey({ unverifiedLinks: true });
    const call = (value: string) =>
      world.http('/mcp', {
        method: 'POST',
        key,
        headers: {
          'postern-identifier': value,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      });
    for (const value of [
      'a,b',
      'a, b',
      'a%2Cb',
      'a%0Ab',
      '%ff',
      '%',
      '',
      'a%00',
      'x'.repeat(257),
      '.',
      '..',
      'e%CC%81',
      '%E2%80%AEa',
    ])
      expect((await call(value)).status, value).toBe(400);
  });
});

describe('A user key', () => {
  it('serves its own person and refuses to be used for another', async () => {
    await world.connect('alex');
    const key = await world.userKey('alex');
    expect((await world.call('gmail_fetch_mails', { max_results: 1 }, { key })).structured.messages).toHaveLength(1);
    const other = await world.http('/mcp', { method: 'POST', key, as: 'sam' });
    expect(other.status).toBe(403);
    expect((await world.http('/api/v1/accounts/alex', { key })).status).toBe(403);
  });

  it('that was revoked, misspelled or made up is answered with one and the same 401', async () => {
    const good = await world.userKey('alex');
    const [, , id = ''] = good.split('_');
    await world.postern.storage.apiKeys.revoke(id, world.clock.now());
    for (const key of [good, `${good}x`, good.replace(/.$/, '!'), 'pst_user_x_y', 'abc']) {
      const answer = await world.http('/mcp', { method: 'POST', key });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="postern", error="invalid_token"');
    }
    const none = await world.http('/mcp', { method: 'POST' });
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="postern"');
  });
});

describe('A tool argument', () => {
  it('that names another person is refused, whatever it is called', async () => {
    await world.connect('alex');
    const who = { key: await world.serviceKey(), as: 'alex' };
    for (const name of ['identifier', 'user_id', 'userId', 'account', 'email']) {
      const answer = await world.call('gmail_fetch_mails', { [name]: sam }, who);
      expect(answer.isError, name).toBe(true);
      expect(answer.text).toContain(name);
    }
  });

  it('with an id that would leave its path is refused before anything is sent', async () => {
    await world.connect('alex');
    const who = { key: await world.serviceKey(), as: 'alex' };
    world.sandbox.clearRequests();
    for (const message_id of ['..', '../labels', 'a/b', 'a?b', 'a#b', 'a%2fb', ' ', 'a b'])
      expect((await world.call('gmail_get_message_by_id', { message_id }, who)).isError, message_id).toBe(true);
    expect(world.sandbox.requests).toHaveLength(0);
  });
});

describe('A download URL', () => {
  const pdfOf = async (who: { key: string; as: string }) => {
    const found = await world.call('gmail_fetch_mails', { query: 'has:attachment filename:pdf', max_results: 1 }, who);
    const [{ id }] = found.structured.messages as [{ id: string }];
    const message = await world.call('gmail_get_message_by_id', { message_id: id }, who);
    const attachments = message.structured.attachments as { attachmentId: string; fileName: string; size: number }[];
    const pdf = attachments.find(({ fileName }) => fileName.endsWith('.pdf'));
    const link = await world.call(
      'gmail_get_attachment_by_id',
      { message_id: id, attachment_id: pdf?.attachmentId, delivery: 'link' },
      who,
    );
    return { path: new URL(String(link.structured.url)).pathname, size: pdf?.size };
  };

  it('gives the bytes once, with headers that keep a browser from running them', async () => {
    await world.connect('alex');
    const { path, size } = await pdfOf({ key: await world.serviceKey(), as: 'alex' });
    expect((await world.http(path, { method: 'HEAD' })).status).toBe(200);
    const answer = await world.http(path);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(answer.headers.get('set-cookie')).toBeNull();
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(bytes).toHaveLength(size ?? -1);
    expect(new TextDecoder().decode(bytes.slice(0, 5))).toBe('%PDF-');
    expect((await world.http(path)).status).toBe(404);
  });

  it('ends with the account, with its grant and after five minutes', async () => {
    const key = await world.connect('alex');
    const who = { key: await world.serviceKey(), as: 'alex' };
    const late = await pdfOf(who);
    await world.clock.advance(5 * 60_000);
    expect((await world.http(late.path)).status).toBe(404);
    const older = await pdfOf(who);
    await world.connect('alex');
    expect((await world.http(older.path)).status).toBe(404);
    const dead = await pdfOf(who);
    await world.postern.accounts.disconnect(key);
    expect((await world.http(dead.path)).status).toBe(404);
  });
});
