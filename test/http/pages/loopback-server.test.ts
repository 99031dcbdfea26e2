// The connect pages on this machine: there while a link is live, gone with it.

import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Connection, LinkOriginError, type LinkOutcome } from '../../../src/connect/accounts.ts';
import { createLoopback } from '../../../src/http/pages/loopback-server.ts';
import { capabilityStates, scopesFor } from '../../../src/model/capability.ts';
import { handClock } from '../../support/hand-clock.ts';
import { aWorld } from '../support.ts';

const world = async (ending: LinkOutcome = { kind: 'declined' }, port?: number) => {
  const clock = handClock();
  const { accounts } = await aWorld();
  const pending = {
    kind: 'link',
    cookie: 'postern_link',
    finish: async () => ending,
    maker: async () => ({}),
  } as const;
  const connection: Connection = { ...accounts.connection, findCallback: async () => pending };
  const log = pino({ level: 'silent' });
  const loopback = createLoopback({ connection, port, clock, random: randomBytes, log });
  onTestFinished(() => loopback.close());
  return { clock, loopback };
};

const headingAt = async (url: string): Promise<string> => {
  const response = await fetch(url);
  return /<h1>([^<]*)/.exec(await response.text())?.[1] ?? '';
};
const gone = (origin: string) =>
  expect
    .poll(() =>
      fetch(`${origin}/connect/x`).then(
        () => 'there',
        () => 'gone',
      ),
    )
    .toBe('gone');

const connected: LinkOutcome = {
  kind: 'connected',
  account: {
    key: { realm: 'local', identifier: 'me' },
    state: { status: 'ACTIVE' },
    stateSince: 0,
    createdAt: 0,
    pins: {},
    version: 2,
    grantVersion: 1,
    ...{ grantedScopes: [], asked: [], extraCapabilities: [], refusals: {} },
    capabilities: capabilityStates(scopesFor(['mail']), {}),
  },
  google: { sub: '1', email: 'ada@example.com' },
  missing: [],
};

describe('The loopback server', () => {
  it('listens from the first link on, on one port for all links', async () => {
    const { loopback } = await world();
    const origins = await Promise.all([loopback.origin(), loopback.origin()]);
    expect(origins[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(origins[1]).toBe(origins[0]);
    expect(await headingAt(`${origins[0]}/connect/x`)).toBe('There is no such link');
  });

  it('closes when its only link has ended, and starts again for the next one', async () => {
    const { loopback } = await world();
    const origin = await loopback.origin();
    expect(await headingAt(`${origin}/oauth/callback?state=s&code=c`)).toBe('Nothing was connected');
    await gone(origin);
    expect(await headingAt(`${await loopback.origin()}/connect/x`)).toBe('There is no such link');
  });

  it('stays open while another link is live', async () => {
    const { loopback } = await world();
    const origin = await loopback.origin();
    await loopback.origin();
    await headingAt(`${origin}/oauth/callback?state=s&code=c`);
    expect(await headingAt(`${origin}/connect/x`)).toBe('There is no such link');
  });

  it('closes when an account was connected, which voids the other links', async () => {
    const { loopback } = await world(connected);
    const origin = await loopback.origin();
    await loopback.origin();
    expect(await headingAt(`${origin}/oauth/callback?state=s&code=c`)).toBe('Gmail is connected');
    await gone(origin);
  });

  it('stays open after a callback that belongs to no link', async () => {
    const { loopback } = await world({ kind: 'unknown' });
    const origin = await loopback.origin();
    await headingAt(`${origin}/oauth/callback?state=s&code=c`);
    expect(await headingAt(`${origin}/connect/x`)).toBe('There is no such link');
  });

  it('closes ten minutes after the last link was made', async () => {
    const { loopback, clock } = await world();
    const origin = await loopback.origin();
    await clock.advance(9 * 60_000);
    expect(await loopback.origin()).toBe(origin);
    await clock.advance(9 * 60_000);
    expect(await headingAt(`${origin}/connect/x`)).toBe('There is no such link');
    await clock.advance(60_000);
    await gone(origin);
  });

  it('refuses a foreign Host (DNS rebinding)', async () => {
    const { loopback } = await world();
    const port = new URL(await loopback.origin()).port;
    const { request } = await import('node:http');
    const status = await new Promise((resolve) =>
      request({ port, host: '127.0.0.1', path: '/connect/x', headers: { host: 'rebound.example' } }, (response) =>
        resolve(response.resume().statusCode),
      ).end(),
    );
    expect(status).toBe(403);
  });

  it('says that its fixed port is in use, and works once it is free', async () => {
    const first = (await world()).loopback;
    const port = Number(new URL(await first.origin()).port);
    const { loopback } = await world({ kind: 'declined' }, port);
    await expect(loopback.origin()).rejects.toThrow(LinkOriginError);
    await expect(loopback.origin()).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use.`);
    await first.close();
    expect(await loopback.origin()).toBe(`http://127.0.0.1:${port}`);
  });
});
