// The sandbox on a real port, with real people in it.
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/model/clock.ts';
import { type ListeningSandbox, type ListenOptions, listenSandbox } from '../../src/sandbox/listen.ts';

const open: ListeningSandbox[] = [];
const listen = async (options: Partial<ListenOptions> = {}) => {
  const listening = await listenSandbox({ clock: systemClock, ...options });
  open.push(listening);
  return listening;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()));
});

describe('listening', () => {
  it('answers on loopback under the URL that its settings and its documents name', async () => {
    const { sandbox, url } = await listen();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const settings = sandbox.env();
    expect(settings).toMatchObject({ GOOGLE_ISSUER: url, GMAIL_ROOT_URL: `${url}/`, PEOPLE_ROOT_URL: `${url}/` });
    const discovered = (await (await fetch(`${url}/.well-known/openid-configuration`)).json()) as Record<
      string,
      string
    >;
    expect(discovered).toMatchObject({
      issuer: settings.GOOGLE_ISSUER,
      authorization_endpoint: settings.GOOGLE_AUTHORIZATION_ENDPOINT,
      token_endpoint: settings.GOOGLE_TOKEN_ENDPOINT,
      revocation_endpoint: settings.GOOGLE_REVOCATION_ENDPOINT,
    });
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: '1//x' });
    const answer = await fetch(`${url}/token`, { method: 'POST', body });
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    expect(sandbox.requests.at(-1)).toMatchObject({ path: '/token', grantType: 'refresh_token', status: 400 });
  });

  it('can be known by another host name', async () => {
    const { url } = await listen({ publicHost: 'localhost' });
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
  });

  it('says which port is busy', async () => {
    const port = Number(new URL((await listen()).url).port);
    await expect(listen({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is already in use`);
  });

  it('cuts real connections: before the answer, in the middle of it, and while hanging', async () => {
    const { sandbox, url } = await listen();
    const certificates = `${url}/oauth2/v3/certs`;
    sandbox.fault({ times: 1 }, { kind: 'reset' });
    await expect(fetch(certificates)).rejects.toThrow('fetch failed');
    sandbox.fault({ times: 1 }, { kind: 'half' });
    const half = await fetch(certificates);
    expect(half.status).toBe(200);
    await expect(half.text()).rejects.toThrow();
    sandbox.fault({ times: 1 }, { kind: 'hang' });
    const hanging = fetch(certificates);
    const ended = expect(hanging).rejects.toThrow('fetch failed');
    while (sandbox.requests.length < 3) await new Promise((resolve) => setImmediate(resolve));
    sandbox.clearFaults();
    await ended;
    expect((await fetch(certificates)).status).toBe(200);
  });
});
