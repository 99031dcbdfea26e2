// The hosted product's own client and a real Chromium: a product written for it sends a person through Postern and reads their mail.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ScalekitClient } from '@scalekit-sdk/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '../../src/identity/credentials.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { chromiumPath, launchChromium } from '../support/chromium.ts';
import { type ListeningWorld, listenWorld } from '../support/listening-world.ts';
import { command } from './built.ts';

const alex = 'alex@example.com';
const found = chromiumPath !== undefined;
if (!found)
  process.stderr.write('No Chromium was found: the test of the hosted product’s client in a browser did not run.\n');

describe.runIf(found)('With the hosted product’s client and a real browser', () => {
  let world: ListeningWorld;
  let chromium: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    world = await listenWorld({ [alex]: 'Alex' }, { env: { POSTERN_SCALEKIT_API: '1' } });
    chromium = await launchChromium();
  });
  afterAll(async () => {
    await chromium?.close();
    await world?.close();
  });

  it('a person approves, and the product reads their mail', async () => {
    const { apiKeys } = world.postern.storage;
    const wanted = { kind: 'service' as const, realm: 'default', unverifiedLinks: true };
    const { key, record } = await createApiKey(apiKeys, randomBytes, systemClock, wanted);
    const { actions } = new ScalekitClient(world.origin, record.id, key);
    const who = { connectionName: 'gmail', identifier: 'user_gmail_456' };
    expect((await actions.getOrCreateConnectedAccount(who)).connectedAccount?.status).toBe(3);
    const { link } = await actions.getAuthorizationLink(who);

    const page = await chromium.newPage();
    await page.goto(link);
    await page.locator('main form button').first().click();
    await page.locator('#chooser, #consent').waitFor();
    const chooser = page.locator('#chooser button', { hasText: alex });
    if (await chooser.isVisible()) await chooser.click();
    await page.locator('#consent button[value=allow]').click();
    await page.waitForURL((url) => url.origin === world.origin);
    await page.locator('h1').waitFor();
    await page.close();

    expect((await actions.getOrCreateConnectedAccount(who)).connectedAccount?.status).toBe(1);
    const { data, executionId } = await actions.executeTool({
      toolName: 'gmail_fetch_mails',
      identifier: who.identifier,
      toolInput: { max_results: 5 },
    });
    expect(data?.messages).toEqual([]);
    expect(executionId).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('The built command', () => {
  /** Every file that is loaded with this one, not those that are loaded on demand. */
  const loadedWith = (file: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
      /(?:\bfrom|\bimport)\s*["'](\.{1,2}\/[\w./-]+\.mjs)["']/g,
    ))
      loadedWith(join(dirname(file), path), seen);
    return seen;
  };
  const onDemand = (file: string, name: string): string | undefined => {
    const [, path] =
      new RegExp(`import\\(\\s*["'](\\.[^"']*/${name}-[^"']+)["']\\s*\\)`).exec(readFileSync(file, 'utf8')) ?? [];
    return path === undefined ? undefined : join(dirname(file), path);
  };
  const findOnDemand = (files: Iterable<string>, name: string): string =>
    [...files].map((file) => onDemand(file, name)).find((file) => file !== undefined) ?? '';

  it('loads nothing of gRPC with http, until it is turned on', () => {
    const speaksGrpc = (file: string) => readFileSync(file, 'utf8').includes('grpc-status');
    const program = findOnDemand([command], 'program');
    const http = loadedWith(findOnDemand(loadedWith(program), 'http'));
    expect(http.size).toBeGreaterThan(3);
    expect([...http].filter(speaksGrpc)).toEqual([]);
    expect([...loadedWith(findOnDemand(http, 'scalekit'))].filter(speaksGrpc)).not.toEqual([]);
  });
});
