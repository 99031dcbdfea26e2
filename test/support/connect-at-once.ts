// Connecting hundreds of people: as `world.connect`, without looking at the pages of either side.
import { newSecret } from '../../src/lib/secrets.ts';
import { scopesFor } from '../../src/model/capability.ts';
import type { World } from './world.ts';

/** Connects the Google account `email` to a person, of that name unless another is given. */
export const connectAtOnce = async ({ postern, sandbox }: World, email: string, identifier = email): Promise<void> => {
  const { accounts, random } = postern;
  const key = { realm: 'default', identifier };
  const link = await accounts.link({ key, credential: 'service_key', linkPolicy: 'unverified' }, { capabilities: [] });
  if (!link.ok) throw new Error(link.problem.kind);
  const browser = newSecret(random);
  const begun = await (await accounts.connection.open(link.value.ticket))?.begin(browser);
  if (begun?.kind !== 'redirect') throw new Error(begun?.kind);
  const back = await allowAtGoogle(sandbox, begun.url, email);
  const pending = await accounts.connection.findCallback(back.get('state') ?? '');
  const finish = await pending?.finish({ code: back.get('code') ?? '', browser });
  if (finish?.kind !== 'connected') throw new Error(finish?.kind);
};

/** Approves everything that the authorization request asks for; answers with the parameters of the redirect back. */
const allowAtGoogle = async (sandbox: World['sandbox'], url: string, email: string): Promise<URLSearchParams> => {
  const { origin, pathname, searchParams: form } = new URL(url);
  for (const scope of (form.get('scope') ?? '').split(' ')) form.append('scope_granted', scope);
  form.append('authuser', email);
  form.append('decision', 'allow');
  const answer = await sandbox.fetch(
    new Request(origin + pathname, { method: 'POST', body: form, redirect: 'manual' }),
  );
  return new URL(answer.headers.get('location') ?? 'none:').searchParams;
};

/** Writes what a connection leaves behind, without the rounds that lead to it: Google's grant and the account's row. */
export const storeConnection = async ({ postern, sandbox, clock }: World, email: string): Promise<void> => {
  const key = { realm: 'default', identifier: email };
  const scopes = scopesFor(['mail']);
  const client = { client_id: sandbox.clientId, redirect_uri: 'https://postern.test/oauth/callback' };
  const url = new URL(sandbox.env().GOOGLE_AUTHORIZATION_ENDPOINT ?? '');
  const request = { ...client, response_type: 'code', access_type: 'offline', scope: scopes.join(' ') };
  for (const [name, value] of Object.entries(request)) url.searchParams.set(name, value);
  const code = (await allowAtGoogle(sandbox, url.href, email)).get('code') ?? '';
  const tokenEndpoint = sandbox.env().GOOGLE_TOKEN_ENDPOINT ?? '';
  const exchange = { ...client, client_secret: sandbox.clientSecret, grant_type: 'authorization_code', code };
  const body = new URLSearchParams(exchange);
  const answer = await sandbox.fetch(new Request(tokenEndpoint, { method: 'POST', body }));
  if (answer.status !== 200) throw new Error(await answer.text());
  const tokens = (await answer.json()) as { refresh_token: string; access_token: string; expires_in: number };
  const { sub, hostedDomain } = sandbox.account(email);
  const { version } = await postern.storage.accounts.getOrCreate(key);
  const saved = await postern.storage.accounts.saveGrant(key, version, {
    refreshToken: tokens.refresh_token,
    accessToken: tokens.access_token,
    accessTokenExpiresAt: clock.now() + tokens.expires_in * 1000,
    requestedScopes: scopes,
    grantedScopes: scopes,
    google: { sub, email, ...(hostedDomain === undefined ? {} : { hostedDomain }) },
    clientId: sandbox.clientId,
    tokenEndpoint,
  });
  if (saved === undefined) throw new Error('somebody else wrote first');
};
