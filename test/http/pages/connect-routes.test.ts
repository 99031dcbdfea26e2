// The browser's way through a link, against the real accounts and the sandbox's Google.
import { describe, expect, it } from 'vitest';
import { aBrowser, aWorld, csrfOf, decideAtGoogle, refreshOf } from '../support.ts';

const mailScope = 'https://www.googleapis.com/auth/gmail.readonly';

describe('1. Opening a link', () => {
  it('shows the expected Google account, the permissions, and the lines for a Workspace admin', async () => {
    const world = await aWorld();
    const page = await aBrowser(world).get(await world.link('user_42', { expectedEmail: 'ada@example.com' }));
    expect(page.status).toBe(200);
    expect(page.heading).toBe('Connect Gmail');
    expect(page.text).not.toContain('user_42');
    expect(page.text).toContain('<bdi class="foreign">ada@example.com</bdi>');
    expect(page.text).toContain('read your e-mail, drafts and attachments');
    expect(page.text).toContain(world.sandbox.clientId);
    expect(page.text).toContain(mailScope);
    expect(page.text).toContain('Only continue if you asked for this yourself');
  });

  it('changes nothing with GET or HEAD, so that a chat app may preview it', async () => {
    const world = await aWorld();
    const link = await world.link('user_42');
    for (let i = 0; i < 3; i++) await aBrowser(world).get(link);
    expect((await world.app.request(link, { method: 'HEAD' })).status).toBe(200);
    world.sandbox.addAccount({ email: 'ada@example.com' });
    expect((await aBrowser(world).connect(link, 'ada@example.com')).heading).toBe('Gmail is connected');
  });

  it('sets an HttpOnly, SameSite=Lax, __Host- cookie of its own for every link', async () => {
    const world = await aWorld();
    const browser = aBrowser(world);
    const lines = await Promise.all(
      ['user_1', 'user_2'].map(async (name) => (await browser.get(await world.link(name))).headers.get('set-cookie')),
    );
    for (const line of lines)
      expect(line).toMatch(/^__Host-\w+=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(browser.cookies.size).toBe(2);
  });

  it('sets a cookie without Secure where there is no https', async () => {
    const world = await aWorld({ publicUrl: 'http://localhost:8080' });
    const page = await aBrowser(world).get(await world.link('user_42'));
    expect(page.headers.get('set-cookie')).toMatch(
      /^postern_link_\w+=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
  });

  it('keeps the cookie when the page is opened in a second tab', async () => {
    const world = await aWorld();
    const browser = aBrowser(world);
    const link = await world.link('user_42');
    const first = await browser.get(link);
    const second = await browser.get(link);
    expect(csrfOf(first.text)).toBe(csrfOf(second.text));
    expect(csrfOf(first.text)).toMatch(/^[\w-]{43}$/);
    expect(refreshOf((await browser.post(link, { csrf: csrfOf(first.text) })).text)).not.toBe('');
  });

  it.each([
    ['a link that never existed', '/connect/nothing', 404, 'There is no such link'],
    ['a link of the right form', `/connect/${'A'.repeat(43)}`, 404, 'There is no such link'],
  ])('answers %s with “There is no such link”', async (_, path, status, heading) => {
    const page = await aBrowser(await aWorld()).get(`https://postern.example.com${path}`);
    expect([page.status, page.heading]).toEqual([status, heading]);
  });

  it('answers a link older than ten minutes with 410', async () => {
    const world = await aWorld();
    const link = await world.link('user_42');
    await world.clock.advance(10 * 60_000);
    const page = await aBrowser(world).get(link);
    expect([page.status, page.heading]).toEqual([410, 'This link has run out']);
  });
});

describe('2. Submitting the form', () => {
  it('answers with a page that refreshes to Google, not with a redirect', async () => {
    const world = await aWorld();
    const { page, google } = await aBrowser(world).goOn(await world.link('user_42'));
    expect(page.status).toBe(200);
    expect(page.headers.get('location')).toBeNull();
    expect(google.origin).toBe(world.sandbox.origin);
    expect(google.searchParams.get('code_challenge_method')).toBe('S256');
    expect(page.text).toContain(`<a class="button" href="${google.href.replaceAll('&', '&amp;')}"`);
  });

  it.each([
    ['no token', {}, {}],
    ['a made-up token', { csrf: 'A'.repeat(43) }, {}],
    ['the right token, but from a page of another site', undefined, { origin: 'https://evil.example' }],
    ['the right token, but from a page without an origin', undefined, { origin: 'null' }],
  ])('refuses the form with %s', async (_, form, headers) => {
    const world = await aWorld();
    const browser = aBrowser(world);
    const link = await world.link('user_42');
    const shown = await browser.get(link);
    const page = await browser.post(link, form ?? { csrf: csrfOf(shown.text) }, headers);
    expect([page.status, page.heading]).toEqual([403, 'Please open the link again']);
    expect((await browser.goOn(link)).page.heading).toBe('On to Google');
  });

  it('refuses the CSRF token of another link', async () => {
    const world = await aWorld();
    const browser = aBrowser(world);
    const [mine, other] = [await world.link('user_1'), await world.link('user_2')];
    await browser.get(mine);
    const page = await browser.post(mine, { csrf: csrfOf((await browser.get(other)).text) });
    expect(page.heading).toBe('Please open the link again');
  });

  it('refuses a CSRF token without the cookie of its browser', async () => {
    const world = await aWorld();
    const link = await world.link('user_42');
    const shown = await aBrowser(world).get(link);
    const page = await aBrowser(world).post(link, { csrf: csrfOf(shown.text) });
    expect([page.status, page.heading]).toEqual([403, 'Please open the link again']);
  });

  it('lets only the first browser that submits the form finish the link', async () => {
    const world = await aWorld();
    const link = await world.link('user_42');
    await aBrowser(world).goOn(link);
    const { page } = await aBrowser(world).goOn(link);
    expect([page.status, page.heading]).toEqual([409, 'This link is open in another browser']);
  });

  it('refuses a form over 4 KB', async () => {
    const world = await aWorld();
    const page = await aBrowser(world).post(await world.link('user_42'), { csrf: 'x'.repeat(5000) });
    expect(page.heading).toBe('Please open the link again');
  });
});

describe('3. The callback', () => {
  it('shows the connected mailbox, and clears the cookie', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const browser = aBrowser(world);
    const page = await browser.connect(await world.link('user_42'), 'ada@example.com');
    expect([page.status, page.heading]).toEqual([200, 'Gmail is connected']);
    expect(page.text).toContain('ada@example.com');
    expect(page.text).not.toContain('user_42');
    expect(browser.cookies.size).toBe(0);
    const account = await world.accounts.find({ realm: 'default', identifier: 'user_42' });
    expect(account?.state.status).toBe('ACTIVE');
  });

  it('names the permissions that were not granted, and connects the rest', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const page = await aBrowser(world).connect(await world.link('user_42'), 'ada@example.com', [mailScope]);
    expect(page.heading).toBe('Gmail is connected');
    expect(page.text).toContain('Not everything was allowed');
    expect(page.text).toContain('<li>see your contacts</li>');
  });

  it('connects nothing when no permission was granted', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const page = await aBrowser(world).connect(await world.link('user_42'), 'ada@example.com', []);
    expect([page.status, page.heading]).toEqual([403, 'Permission was not given']);
  });

  it('connects nothing when the person declines', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const browser = aBrowser(world);
    const { google } = await browser.goOn(await world.link('user_42'));
    const back = await decideAtGoogle(world.sandbox, google, { email: 'ada@example.com', decision: 'deny' });
    expect((await browser.get(back)).heading).toBe('Nothing was connected');
  });

  it('refuses another mailbox than the expected one, and names both', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'eve@example.com' });
    const link = await world.link('user_42', { expectedEmail: 'ada@example.com' }, 'pinned');
    const page = await aBrowser(world).connect(link, 'eve@example.com');
    expect([page.status, page.heading]).toEqual([403, 'That is another mailbox']);
    expect(page.text).toMatch(/ada@example\.com.*eve@example\.com/s);
  });

  it('says that Google cannot be reached when the token endpoint fails', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const browser = aBrowser(world);
    const { google } = await browser.goOn(await world.link('user_42'));
    const back = await decideAtGoogle(world.sandbox, google, { email: 'ada@example.com' });
    world.sandbox.fault({ path: '/token' }, { status: 503 });
    const page = await browser.get(back);
    expect([page.status, page.heading]).toEqual([503, 'Google could not be reached']);
  });

  it('accepts a callback only in the browser that was sent to Google', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const browser = aBrowser(world);
    const { google } = await browser.goOn(await world.link('user_42'));
    const back = await decideAtGoogle(world.sandbox, google, { email: 'ada@example.com' });
    expect((await aBrowser(world).get(back)).heading).toBe('This was not started here');
    expect((await browser.get(back)).heading).toBe('Gmail is connected');
  });

  it('accepts a callback once', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const browser = aBrowser(world);
    const { google } = await browser.goOn(await world.link('user_42'));
    const kept = new Map(browser.cookies);
    const back = await decideAtGoogle(world.sandbox, google, { email: 'ada@example.com' });
    await browser.get(back);
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect((await browser.get(back)).heading).toBe('This link was already used');
  });

  it.each(['', '?state=', `?state=${'A'.repeat(43)}&code=x`, '?code=x'])('refuses a callback %s', async (query) => {
    const page = await aBrowser(await aWorld()).get(`https://postern.example.com/oauth/callback${query}`);
    expect([page.status, page.heading]).toEqual([400, 'This was not started here']);
  });

  it('does not redeem a code with HEAD or with two states', async () => {
    const world = await aWorld();
    world.sandbox.addAccount({ email: 'ada@example.com' });
    const browser = aBrowser(world);
    const { google } = await browser.goOn(await world.link('user_42'));
    const back = await decideAtGoogle(world.sandbox, google, { email: 'ada@example.com' });
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    expect((await world.app.request(back, { method: 'HEAD', headers: { cookie } })).status).toBe(405);
    const doubled = `${back}&state=${new URL(back).searchParams.get('state')}`;
    expect((await browser.get(doubled)).heading).toBe('This was not started here');
    expect((await browser.get(back)).heading).toBe('Gmail is connected');
  });

  it('finishes two concurrent links in one browser', async () => {
    const world = await aWorld();
    for (const email of ['ada@example.com', 'ben@example.com']) world.sandbox.addAccount({ email });
    const browser = aBrowser(world);
    const first = await browser.goOn(await world.link('user_1'));
    const second = await browser.goOn(await world.link('user_2'));
    const backOf = (google: URL, email: string) => decideAtGoogle(world.sandbox, google, { email });
    const ben = await browser.get(await backOf(second.google, 'ben@example.com'));
    const ada = await browser.get(await backOf(first.google, 'ada@example.com'));
    expect([ben.heading, ada.heading]).toEqual(['Gmail is connected', 'Gmail is connected']);
    const mailboxOf = async (identifier: string) =>
      (await world.accounts.find({ realm: 'default', identifier }))?.google?.email;
    expect([await mailboxOf('user_1'), await mailboxOf('user_2')]).toEqual(['ada@example.com', 'ben@example.com']);
  });
});

describe('4. An internal error', () => {
  it('shows a page without details, and logs where it was raised and not its message', async () => {
    const world = await aWorld({
      disturb: (accounts) => ({
        ...accounts,
        connection: { ...accounts.connection, open: () => Promise.reject(new Error('secret detail')) },
      }),
    });
    const page = await aBrowser(world).get(`https://postern.example.com/connect/${'A'.repeat(43)}`);
    expect([page.status, page.heading]).toEqual([500, 'Something went wrong here']);
    expect(page.text).not.toContain('secret detail');
    expect(world.logged.join('')).toContain('page_failed');
    expect(world.logged.join('')).not.toContain('secret detail');
  });
});
