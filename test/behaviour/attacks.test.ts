// What an attacker tries, and what comes of it. Attacks on one seam alone stand beside that seam's other tests.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accept } from '../../src/connect/acceptance.ts';
import { hashSecret } from '../../src/lib/secrets.ts';
import type { Caller } from '../../src/model/caller.ts';
import { caller, key, linkIn, type OnTheWay, worldBetween } from '../support/between.ts';
import { alex, sam, type World } from '../support/world.ts';

let onTheWay: OnTheWay;
let world: World;
beforeEach(async () => {
  onTheWay = (response) => response;
  world = await worldBetween(() => onTheWay);
});
afterEach(() => world.close());

const linkFor = (who: Caller = caller) => linkIn(world, who);

/** Holds the code exchange back: `reached` when it is under way, `go` lets it end. */
const heldExchange = () => {
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  onTheWay = async (response, path) => {
    if (path === '/token') {
      reached.resolve();
      await held.promise;
    }
    return response;
  };
  return { reached: reached.promise, go: held.resolve };
};

describe('A connection on its way back from Google', () => {
  it('is ended by a disconnect, also while its code is being exchanged', async () => {
    const exchange = heldExchange();
    const walk = world.approve((await linkFor()).url);
    await exchange.reached;
    await world.postern.accounts.disconnect(key);
    exchange.go();
    expect((await walk).heading).toBe('This link has run out');
    expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
  });

  it('is ended by a disconnect that began just before it was saved', async () => {
    const { tickets } = world.postern.storage;
    const { voidAll } = tickets;
    const walked = Promise.withResolvers<void>();
    const { url } = await linkFor();
    vi.spyOn(tickets, 'voidAll').mockImplementationOnce(async (...whose) => {
      await walked.promise;
      return voidAll(...whose);
    });
    const disconnected = world.postern.accounts.disconnect(key);
    expect((await world.approve(url)).heading).toBe('Gmail is connected');
    walked.resolve();
    expect(await disconnected).toMatchObject({ ok: true, value: { revokedAtGoogle: true } });
    expect((await world.postern.accounts.find(key))?.state).toEqual({ status: 'PENDING', reason: 'disconnected' });
  });

  it('is not saved any more once a disconnect has ended its link', async () => {
    const { tickets, accounts } = world.postern.storage;
    const { voidAll } = tickets;
    const { saveGrant, setState } = accounts;
    const ended = Promise.withResolvers<void>();
    const tried = Promise.withResolvers<void>();
    let disconnected: Promise<unknown> | undefined;
    vi.spyOn(tickets, 'voidAll').mockImplementationOnce((...whose) => voidAll(...whose).finally(ended.resolve));
    vi.spyOn(accounts, 'setState').mockImplementationOnce(async (...what) => {
      await tried.promise;
      return setState(...what);
    });
    vi.spyOn(accounts, 'saveGrant').mockImplementationOnce(async (...what) => {
      disconnected = world.postern.accounts.disconnect(key);
      await ended.promise;
      return saveGrant(...what).finally(tried.resolve);
    });
    expect((await world.approve((await linkFor()).url)).heading).toBe('This link has run out');
    await disconnected;
    expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
  });

  it('does not join its mailbox to whoever got the same identifier after a deletion', async () => {
    const exchange = heldExchange();
    const walk = world.approve((await linkFor()).url);
    await exchange.reached;
    await world.postern.accounts.remove(key);
    await world.postern.accounts.ensure(key);
    exchange.go();
    expect((await walk).heading).toBe('This was not started here');
    expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
  });
});

describe('A refresh under way while its account is deleted', () => {
  it('brings no token to whoever gets the same identifier afterwards', async () => {
    await world.connect('user_42', { email: alex });
    // Somebody else of the same Google account: so the deletion does not end the grant at Google.
    await world.connect('user_43', { email: alex });
    const who = { key: await world.serviceKey(), as: 'user_42' };
    await world.clock.advance(56 * 60_000);
    const refresh = heldExchange();
    const call = world.call('gmail_fetch_mails', { max_results: 1 }, who);
    await refresh.reached;
    onTheWay = (response) => response;
    await world.postern.accounts.remove(key);
    await world.connect('user_42', { email: sam });
    refresh.go();
    await call;
    expect((await world.call('gmail_fetch_mails', {}, who)).structured.messages).toEqual([]);
  });
});

describe('Somebody else’s link', () => {
  it('is neither given again nor waited for, though its secret is known', async () => {
    const link = await linkFor();
    for (const other of [
      { ...key, identifier: 'user_43' },
      { ...key, realm: 'games' },
    ]) {
      const thief: Caller = { ...caller, key: other };
      const given = await world.postern.accounts.link(thief, { capabilities: [], ticket: link.ticket });
      expect(given.ok && given.value.url).not.toBe(link.url);
      const { signal } = new AbortController();
      expect(await world.postern.accounts.waitForLink(thief, link.ticket, signal)).toBe(false);
    }
  });

  it('shows an address it was made for as text, whatever the address is', async () => {
    const identifier = '"><script>alert(1)</script>@example.com';
    const page = await world.browser().open((await linkFor({ ...caller, key: { ...key, identifier } })).url);
    expect(page.text).toContain(identifier);
    expect(page.html).not.toContain('<script');
  });

  it('shows no other name it was made for', async () => {
    const identifier = '"><script>alert(1)</script>';
    const page = await world.browser().open((await linkFor({ ...caller, key: { ...key, identifier } })).url);
    expect(page.text).not.toContain('alert');
    expect(page.html).not.toContain('<script');
  });
});

describe('A pinned mailbox', () => {
  it('is not another address that Unicode would make the same by ignoring case', async () => {
    const account = await world.postern.storage.accounts.getOrCreate(key);
    const pinned = { ...account, pins: { expectedEmail: 'kim@example.com' } };
    const accepted = (email: string) =>
      accept({ sub: '1', email, emailVerified: true }, pinned, { linkPolicy: 'pinned', replace: false }).kind;
    expect(accepted('Kim@Example.com')).toBe('accepted');
    expect(accepted('\u212aim@example.com')).toBe('wrong_mailbox');
  });

  it('of no domain at all lets nobody in', async () => {
    await world.postern.accounts.ensure(key, { expectedDomain: '' });
    const { url } = await linkFor({ ...caller, linkPolicy: 'pinned' });
    expect((await world.approve(url, { email: alex })).heading).toBe('That is another mailbox');
  });
});

describe('A link of this machine’s own assistant', () => {
  it('cannot be finished through a public server that shares the database', async () => {
    const { ticket } = await linkFor();
    const local = { key: { realm: 'local', identifier: 'me' }, credential: 'stdio', linkPolicy: 'loopback' } as const;
    const redirectUri = 'http://127.0.0.1:53124/oauth/callback';
    const secret = 'l'.repeat(43);
    await world.postern.accounts.ensure(local.key);
    const now = world.clock.now();
    await world.postern.storage.tickets.open(
      {
        hash: hashSecret(secret),
        key: local.key,
        createdAt: now,
        expiresAt: now + 600_000,
        capabilities: ['mail'],
        linkPolicy: 'loopback',
        replace: false,
        redirectUri,
      },
      20,
    );
    expect((await world.browser().open(`https://postern.test/connect/${ticket}`)).heading).toBe('Connect Gmail');
    expect((await world.browser().open(`https://postern.test/connect/${secret}`)).heading).toBe(
      'There is no such link',
    );
    const browser = 'b'.repeat(43);
    const begun = await (await world.postern.accounts.connection.open(secret))?.begin(browser);
    const state = begun?.kind === 'redirect' ? (new URL(begun.url).searchParams.get('state') ?? '') : '';
    const cookie = `__Host-postern_link_${hashSecret(secret).slice(0, 16)}=${browser}`;
    const answer = await world.http(`/oauth/callback?state=${state}&error=access_denied`, { headers: { cookie } });
    expect(await answer.text()).toContain('This was not started here');
  });
});

describe('A call made to be expensive', () => {
  it('with ninety thousand unknown parameters gets a short answer', async () => {
    const input = Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`a${index}`, 1]));
    const answer = await world.call('gmail_fetch_mails', input, { key: await world.serviceKey(), as: 'user_42' });
    expect(answer.isError).toBe(true);
    expect(answer.text.length).toBeLessThan(5_000);
  });

  it('of five thousand calls in one message is refused whole', async () => {
    const call = { jsonrpc: '2.0', method: 'tools/call', params: { name: 'gmail_list_drafts', arguments: {} } };
    const answer = await world.http('/mcp', {
      method: 'POST',
      key: await world.serviceKey(),
      as: 'user_42',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(Array.from({ length: 5_000 }, (_, id) => ({ ...call, id }))),
    });
    expect(answer.status).toBe(400);
    expect(world.sandbox.requests).toHaveLength(0);
  });
});

describe('A page of another site', () => {
  it.each([
    'https://evil.example',
    'http://localhost:3000',
    'null',
    'https://postern.test:8443',
    'https://postern.test.evil.example',
  ])('at %s can call nothing, not even where the browser knows a key', async (origin) => {
    const request = { key: await world.serviceKey(), as: 'user_42', headers: { origin } };
    for (const path of ['/mcp', '/%6dcp', '/api/v1/accounts/user_42', '/%61pi/v1/accounts/user_42']) {
      const answer = await world.http(path, request);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    const link = await linkFor();
    const pressed = await world.http(new URL(link.url).pathname, {
      method: 'POST',
      headers: { origin },
      body: 'csrf=x',
    });
    expect(pressed.status).toBe(403);
  });
});
