// Connecting hundreds of people: as `world.connect`, without looking at the pages of either side.
import { newSecret } from '../../src/lib/secrets.ts';
import type { World } from './world.ts';

/** Connects the Google account `email` to a person of that name. */
export const connectAtOnce = async ({ postern, sandbox }: World, email: string): Promise<void> => {
  const { accounts, random } = postern;
  const key = { realm: 'default', identifier: email };
  const link = await accounts.link({ key, credential: 'service_key', linkPolicy: 'unverified' }, { capabilities: [] });
  if (!link.ok) throw new Error(link.problem.kind);
  const browser = newSecret(random);
  const begun = await accounts.connection.begin(link.value.ticket, browser);
  if (begun.kind !== 'redirect') throw new Error(begun.kind);
  const form = new URL(begun.url).searchParams;
  for (const scope of (form.get('scope') ?? '').split(' ')) form.append('scope_granted', scope);
  form.append('authuser', email);
  form.append('decision', 'allow');
  const { origin, pathname } = new URL(begun.url);
  const answer = await sandbox.fetch(
    new Request(origin + pathname, { method: 'POST', body: form, redirect: 'manual' }),
  );
  const back = new URL(answer.headers.get('location') ?? 'none:').searchParams;
  const finish = await accounts.connection.finish({
    state: back.get('state') ?? '',
    code: back.get('code') ?? '',
    browser,
  });
  if (finish.kind !== 'connected') throw new Error(finish.kind);
};
