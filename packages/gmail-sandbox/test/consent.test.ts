// The fake Google's authorization endpoint: what a person sees and what the app gets back.
import { describe, expect, it } from 'vitest';
import { answerOf, contactsReadonly, formOf, gmailReadonly, googleWorld, redirectUri } from './google-world.ts';

describe('the consent page', () => {
  it('sends the person back to the app with a code, the state and the granted scopes', async () => {
    const world = googleWorld();
    const response = await world.consent(world.authorizationUrl());
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toMatch(new RegExp(`^${redirectUri}\\?`));
    const answer = answerOf(response);
    expect(answer.state).toBe('the-state');
    expect(answer.code).toMatch(/^4\/0A/);
    expect(answer.scope?.split(' ')).toEqual([
      contactsReadonly,
      gmailReadonly,
      'https://www.googleapis.com/auth/userinfo.email',
      'openid',
    ]);
    expect(answer.iss).toBe('http://google.test');
    expect(answer.hd).toBe('example.com');
  });

  it('leaves out what the person unticked', async () => {
    const world = googleWorld();
    const tokens = await world.connect({}, { untick: [contactsReadonly] });
    expect(tokens.scope.split(' ')).toContain(gmailReadonly);
    expect(tokens.scope.split(' ')).not.toContain(contactsReadonly);
  });

  it('cannot be made to grant a scope that was not asked for', async () => {
    const world = googleWorld();
    const page = await (await world.get(world.authorizationUrl({ scope: gmailReadonly }))).text();
    const form = formOf(page);
    form.append('scope_granted', contactsReadonly);
    form.set('decision', 'allow');
    const answer = answerOf(await world.post('/o/oauth2/v2/auth', form));
    expect(answer.scope).toBe(gmailReadonly);
  });

  it('answers access_denied when the person presses Cancel, and when everything is unticked', async () => {
    const world = googleWorld();
    const cancelled = await world.consent(world.authorizationUrl(), { press: 'deny' });
    expect(answerOf(cancelled)).toEqual({ state: 'the-state', error: 'access_denied' });
    const nothing = await world.consent(world.authorizationUrl({ scope: gmailReadonly }), { untick: [gmailReadonly] });
    expect(answerOf(nothing)).toMatchObject({ error: 'access_denied' });
  });

  it('keeps query parameters that the redirect URI already has', async () => {
    const world = googleWorld();
    const response = await world.consent(world.authorizationUrl({ redirect_uri: `${redirectUri}?tenant=7` }));
    expect(answerOf(response)).toMatchObject({ tenant: '7', state: 'the-state' });
  });

  it('writes hostile parameters into the page as text', async () => {
    const world = googleWorld();
    const page = await (await world.get(world.authorizationUrl({ state: '"><script>alert(1)</script>' }))).text();
    expect(page).not.toContain('<script>');
    expect(formOf(page).get('state')).toContain('&lt;script&gt;');
  });
});

describe('choosing an account', () => {
  it('offers every account when nobody is hinted at, and goes on with the chosen one', async () => {
    const world = googleWorld();
    world.sandbox.addAccount({ email: 'robin@example.org', name: 'Robin Quill' });
    const url = world.authorizationUrl({ login_hint: undefined });
    const page = await (await world.get(url)).text();
    expect(page).toContain('name="authuser" value="alex@example.com"');
    expect(page).toContain('name="authuser" value="robin@example.org"');
    const answer = answerOf(await world.consent(url, { account: 'robin@example.org' }));
    expect(answer.code).toBeDefined();
    expect(answer.hd).toBeUndefined();
  });

  it('shows the chooser in spite of a hint when the app asks for it', async () => {
    const world = googleWorld();
    const page = await (await world.get(world.authorizationUrl({ prompt: 'select_account' }))).text();
    expect(page).toContain('id="chooser"');
  });

  it('offers only accounts of the Workspace domain the app names', async () => {
    const world = googleWorld();
    world.sandbox.addAccount({ email: 'robin@example.org' });
    const page = await (await world.get(world.authorizationUrl({ login_hint: undefined, hd: 'example.com' }))).text();
    expect(page).toContain('alex@example.com');
    expect(page).not.toContain('robin@example.org');
  });

  it('does not offer a deleted account', async () => {
    const world = googleWorld();
    world.sandbox.deleteAccount('alex@example.com');
    const page = await (await world.get(world.authorizationUrl())).text();
    expect(page).not.toContain('name="authuser"');
  });
});

describe('requests Google refuses on its own page, without going back to the app', () => {
  const refusals: [title: string, change: Record<string, string | undefined>, says: string][] = [
    ['an unknown client', { client_id: 'nobody.apps.googleusercontent.com' }, 'Error 401: invalid_client'],
    ['no client', { client_id: undefined }, 'Missing required parameter: client_id'],
    ['a redirect URI that is not the client’s', { redirect_uri: 'http://evil.example/cb' }, 'redirect_uri_mismatch'],
    ['a redirect URI that is no URL', { redirect_uri: 'javascript:alert(1)' }, 'redirect_uri_mismatch'],
    ['no redirect URI', { redirect_uri: undefined }, 'Missing required parameter: redirect_uri'],
    ['no scope', { scope: undefined }, 'Missing required parameter: scope'],
    ['an unknown scope', { scope: 'openid https://www.googleapis.com/auth/nonsense' }, 'Error 400: invalid_scope'],
    ['no response type', { response_type: undefined }, 'Missing required parameter: response_type'],
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['an unknown PKCE method', { code_challenge_method: 'S512' }, 'code_challenge_method'],
    ['a code challenge that is not a SHA-256', { code_challenge: 'short' }, 'code_challenge'],
    ['an unknown prompt', { prompt: 'perhaps' }, 'Invalid prompt'],
  ];
  it.each(refusals)('%s', async (_title, change, says) => {
    const world = googleWorld();
    const response = await world.get(world.authorizationUrl(change));
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.text()).toContain(says);
  });

  it('a parameter that is given twice', async () => {
    const world = googleWorld();
    const response = await world.get(`${world.authorizationUrl()}&scope=openid`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('single value: scope');
  });

  it('anything but the exact registered URI, where the client has a list', async () => {
    const world = googleWorld({ redirectUris: ['https://app.example.com/oauth/callback'] });
    const statusFor = async (uri: string) => (await world.get(world.authorizationUrl({ redirect_uri: uri }))).status;
    expect(await statusFor('https://app.example.com/oauth/callback')).toBe(200);
    expect(await statusFor('https://app.example.com/oauth/callback/')).toBe(400);
    expect(await statusFor(redirectUri)).toBe(400);
  });
});

describe('coming back', () => {
  it('gives a refresh token at the first consent, none when nothing new was agreed to, one with prompt=consent', async () => {
    const world = googleWorld();
    expect((await world.connect()).refresh_token).toMatch(/^1\/\//);
    expect((await world.connect()).refresh_token).toBeUndefined();
    expect((await world.connect({ prompt: 'consent' })).refresh_token).toMatch(/^1\/\//);
  });

  it('gives no refresh token for an app that does not ask for offline access', async () => {
    const world = googleWorld();
    expect((await world.connect({ access_type: undefined })).refresh_token).toBeUndefined();
    expect((await world.connect()).refresh_token).toMatch(/^1\/\//);
  });

  it('skips the page when everything was agreed to before, and shows it when something is new', async () => {
    const world = googleWorld();
    await world.connect({ scope: `openid ${gmailReadonly}` });
    expect((await world.get(world.authorizationUrl({ scope: `openid ${gmailReadonly}` }))).status).toBe(302);
    expect((await world.get(world.authorizationUrl())).status).toBe(200);
  });

  it('shows the page again for a scope that was left unticked', async () => {
    const world = googleWorld();
    await world.connect({}, { untick: [contactsReadonly] });
    expect((await world.get(world.authorizationUrl())).status).toBe(200);
  });

  it('adds the scopes granted earlier only when the app asks for them', async () => {
    const world = googleWorld();
    await world.connect({ scope: gmailReadonly });
    expect((await world.connect({ scope: contactsReadonly })).scope).toBe(contactsReadonly);
    const both = await world.connect({ scope: contactsReadonly, include_granted_scopes: 'true' });
    expect(both.scope.split(' ').sort()).toEqual([contactsReadonly, gmailReadonly]);
  });
});

describe('prompt=none', () => {
  it('answers without a page what was agreed to before', async () => {
    const world = googleWorld();
    await world.connect();
    expect(answerOf(await world.get(world.authorizationUrl({ prompt: 'none' }))).code).toBeDefined();
  });

  it('says that a page would be needed', async () => {
    const world = googleWorld();
    const errorFor = async (change: Record<string, string | undefined>) =>
      answerOf(await world.get(world.authorizationUrl({ prompt: 'none', ...change }))).error;
    expect(await errorFor({})).toBe('consent_required');
    expect(await errorFor({ login_hint: undefined })).toBe('interaction_required');
  });
});

describe('an admin’s block', () => {
  it('shows Google’s block page, before and after pressing Continue', async () => {
    const world = googleWorld();
    const form = formOf(await (await world.get(world.authorizationUrl())).text());
    form.set('decision', 'allow');
    world.sandbox.blockAppByAdmin('example.com');
    for (const response of [await world.get(world.authorizationUrl()), await world.post('/o/oauth2/v2/auth', form)]) {
      expect(response.headers.get('location')).toBeNull();
      expect(await response.text()).toContain('admin_policy_enforced');
    }
  });

  it('does not touch people of other domains, and can be lifted', async () => {
    const world = googleWorld();
    world.sandbox.addAccount({ email: 'robin@example.org' });
    world.sandbox.blockAppByAdmin('example.com');
    const url = world.authorizationUrl({ login_hint: undefined });
    expect((await world.consent(url, { account: 'robin@example.org' })).status).toBe(302);
    world.sandbox.unblockAppByAdmin('example.com');
    expect((await world.consent(url, { account: 'alex@example.com' })).status).toBe(302);
  });
});
