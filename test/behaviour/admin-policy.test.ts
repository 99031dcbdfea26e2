// What a Workspace admin can do, and what the person and the operator are told.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';

let world: World;
const kim = 'kim@corp.example';
beforeEach(async () => {
  world = await createWorld();
  world.sandbox.addAccount({ email: kim, hostedDomain: 'corp.example' });
});
afterEach(() => world.close());

const key = { realm: 'default', identifier: 'kim' };
const link = async () => {
  const made = await world.postern.accounts.link(
    { key, credential: 'service_key', linkPolicy: 'unverified' },
    { capabilities: [] },
  );
  return made.ok ? made.value.url : '';
};

it('An admin who blocks the app ends access with a reason of its own', async () => {
  await world.connect('kim', { email: kim });
  world.sandbox.blockAppByAdmin('corp.example');
  await world.clock.advance(2 * 3_600_000);
  const who = { key: await world.serviceKey({ unverifiedLinks: true }), as: 'kim' };
  const answer = await world.call('gmail_fetch_mails', {}, who);
  expect(answer.structured.authorizationRequired).toMatchObject({ reason: 'admin_policy' });
  expect(answer.text).toContain('admin');
  expect((await world.postern.accounts.find(key))?.state).toEqual({ status: 'REVOKED', reason: 'admin_policy' });
});

it('The link’s page says beforehand what a block page at Google means and what to send the admin', async () => {
  const page = await world.browser().open(await link());
  expect(page.text).toMatch(/admin/i);
  expect(page.text).toContain(world.sandbox.clientId);
  expect(page.text).toContain('https://www.googleapis.com/auth/gmail.readonly');
});

it('Google’s own block page leads nowhere: the account stays PENDING and a later link works', async () => {
  world.sandbox.blockAppByAdmin('corp.example');
  const page = await world.approve(await link(), { email: kim });
  expect(new URL(page.url).origin).toBe(world.sandbox.origin);
  expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
  world.sandbox.unblockAppByAdmin('corp.example');
  await world.approve(await link(), { email: kim });
  expect((await world.postern.accounts.find(key))?.state.status).toBe('ACTIVE');
});

it('Where Google comes back with the admin’s refusal, that page and the next link say what to send the admin', async () => {
  const browser = world.browser();
  const consent = await browser.submit(await browser.open(await link()));
  const state = new URL(consent.url).searchParams.get('state');
  const refused = await browser.open(`https://postern.test/oauth/callback?error=admin_policy_enforced&state=${state}`);
  expect(refused.heading).toBe('Your organisation does not allow this');
  const next = await world.browser().open(await link());
  for (const page of [refused, next]) {
    expect(page.text).toContain(world.sandbox.clientId);
    expect(page.text).toContain('https://www.googleapis.com/auth/gmail.readonly');
  }
  expect(next.text).toContain('Your Workspace admin has to allow this first');
  expect((await world.postern.accounts.find(key))?.state).toEqual({ status: 'PENDING', reason: 'admin_blocked' });
});

it('A link that went to Google and never came back is told apart from one nobody opened', async () => {
  world.sandbox.blockAppByAdmin('corp.example');
  await world.approve(await link(), { email: kim });
  await world.clock.advance(11 * 60_000);
  const who = { key: await world.serviceKey({ unverifiedLinks: true }), as: 'kim' };
  const answer = await world.call('gmail_fetch_mails', {}, who);
  expect(answer.structured.authorizationRequired).toMatchObject({ reason: 'link_expired' });
  expect(answer.text).toContain('Workspace admin');
});
