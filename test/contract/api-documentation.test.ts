// The API's description is the API: every route has one, made from the schemas that the routes read with, and it is valid.
import { readFile } from 'node:fs/promises';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { descriptions } from '../../src/http/api/descriptions/index.ts';
import { aWorld } from '../http/support.ts';
import { apiReference } from './api-reference.ts';
import { openApiDocument } from './openapi-document.ts';

const renewBy = 'Renew it: npx vitest run test/contract/api-documentation.test.ts -u';
const document = openApiDocument();
const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
/** As it stands there before this run renews it. */
const committed = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
const json = `${JSON.stringify(document, null, 2)}\n`;

/** Middleware is registered for every method. */
const registered = (routes: readonly { readonly method: string; readonly path: string }[]): string[] =>
  routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/v1/'))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);

describe('The description of the API', () => {
  it('has every route of /api/v1 exactly once, and no other', async () => {
    const { app } = await aWorld();
    const described = descriptions.map(({ method, path }) => `${method.toUpperCase()} /api/v1${path}`);
    expect(described.toSorted()).toEqual([...new Set(registered(app.routes))].toSorted());
  });

  it('is committed as it is made from the schemas', async () => {
    await expect(json, `docs/openapi.json is not current. ${renewBy}`).toMatchFileSnapshot('../../docs/openapi.json');
  });

  it('is committed as a reference for people', async () => {
    await expect(apiReference(document), `docs/api.md is not current. ${renewBy}`).toMatchFileSnapshot(
      '../../docs/api.md',
    );
  });

  it("is in the README's table, route by route, but for the description itself", () => {
    const listed = [...readme.matchAll(/^\| `([A-Z]+ \/api\/v1\/[^`]+)` \|/gm)].map(([, route]) => route);
    const described = descriptions.map(({ method, path }) => `${method.toUpperCase()} /api/v1${path}`);
    expect(listed.toSorted()).toEqual(described.filter((route) => route !== 'GET /api/v1/openapi.json').toSorted());
  });

  it('is served to everybody, without a credential', async () => {
    const { app } = await aWorld();
    const answer = await app.request('https://postern.example.com/api/v1/openapi.json');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await answer.json()).toEqual(JSON.parse(committed));
  });

  it('passes the linter, examples included', async () => {
    const config = await createConfig({
      extends: ['recommended-strict'],
      rules: {
        'no-invalid-media-type-examples': 'error',
        'no-invalid-parameter-examples': 'error',
        'no-invalid-schema-examples': 'error',
        'no-unused-components': 'error',
      },
    });
    const problems = await lintFromString({ source: json, absoluteRef: 'openapi.json', config });
    expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual(
      [],
    );
  });

  it('finds a fault: an example that its schema does not have', async () => {
    const config = await createConfig({ rules: { 'no-invalid-media-type-examples': 'error' } });
    const wrong = json.replaceAll('"status": "PENDING"', '"status": "ASLEEP"');
    const problems = await lintFromString({ source: wrong, absoluteRef: 'openapi.json', config });
    expect(problems.length).toBeGreaterThan(0);
  });
});
