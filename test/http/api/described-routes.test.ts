// Every route of /api/v1, called as its example in docs/api.md is written, gives each of the answers that are described. That
// each of them is as described is looked at for every answer of every test (described-answers.ts).
import { expect, it } from 'vitest';
import type { RouteDescription } from '../../../src/http/api/descriptions/description.ts';
import { descriptions } from '../../../src/http/api/descriptions/index.ts';
import { aBrowser, aWorld, refreshOf } from '../support.ts';

const origin = 'https://postern.example.com';
const described = (operationId: string): RouteDescription => {
  const route = descriptions.find((of) => of.operationId === operationId);
  if (route === undefined) throw new Error(`${operationId} is not described`);
  return route;
};

it('answers the example of every route with every answer that is described', async () => {
  const world = await aWorld();
  world.sandbox.addAccount({ email: 'kim@example.com' });
  const key = await world.key({ verifyUrl: 'https://product.example.com/verify' });
  const call = async (operationId: string, names: Readonly<Record<string, string>> = {}, body?: object) => {
    const { method, path, bodyExample } = described(operationId);
    const values: Readonly<Record<string, string>> = { identifier: 'user_42', ...names };
    const response = await world.app.request(
      `${origin}/api/v1${path.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? '')}`,
      {
        method: method.toUpperCase(),
        headers: { authorization: `Bearer ${key}` },
        ...(bodyExample && { body: JSON.stringify(body ?? bodyExample) }),
      },
    );
    const text = await response.text();
    return text === '' ? {} : JSON.parse(text);
  };

  await call('getOpenApiDocument');
  // Nothing else proves who this is, so the product is asked.
  await call('ensureAccount', {}, { identifier: 'user_42' });
  const unproven = await aBrowser(world).connect((await call('makeLink')).url, 'kim@example.com');
  const auth_request_id = new URL(refreshOf(unproven.text)).searchParams.get('auth_request_id') ?? '';
  await call('getAuthRequest', { auth_request_id });
  await call('confirmAuthRequest', { auth_request_id });
  await call('deleteAccount');

  await call('ensureAccount');
  await call('ensureAccount');
  await aBrowser(world).connect((await call('makeLink')).url, 'kim@example.com');
  expect((await call('getAccount')).status).toBe('ACTIVE');
  await call('checkAccount');
  await call('listConnections');
  await call('listTools');
  await call('callTool', { tool: 'gmail_fetch_mails' });
  await call('makeSessionToken');
  await call('listAccounts');
  const { clients } = await call('listClients');
  await call('endClient', { client: clients[0].client });
  await call('endSessionTokens');
  await call('disconnectAccount');
  await call('changeAccount');

  const { id } = await call('addWebhook');
  await call('listWebhooks');
  await call('getWebhook', { id });
  await call('rotateWebhookSecret', { id });
  await call('testWebhook', { id });
  await call('listDeadLetters', { id });
  await call('redeliverDeadLetters', { id });
  await call('removeWebhook', { id });

  const answers = descriptions.flatMap((of) => of.answers.map(({ status }) => `${of.method} ${of.path} ${status}`));
  expect(answers.filter((answer) => !world.answered.has(answer))).toEqual([]);
});
