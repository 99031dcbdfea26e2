// The server requirements of both protocol revisions, as the official conformance suite checks them over HTTP.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runSuite, serveFixtures, servePostern } from './suite.ts';

const baseline = fileURLToPath(new URL('expected-failures.yml', import.meta.url));
const writtenDown = readFileSync(baseline, 'utf8').match(/(?<=^ {2}- ).+$/gm) ?? [];

/** What the suite reports as failed and written down. */
const expectedIn = (output: string): string[] => (output.match(/(?<=^ {2}~ ).+$/gm) ?? []).toSorted();

const expectToPass = async (url: string, scenario: string, revision: string): Promise<void> => {
  const { code, output } = await runSuite('server', '--url', url, '--scenario', scenario, '--spec-version', revision);
  expect(code, output).toBe(0);
  expect(output).toMatch(/Passed: ([1-9]\d*)\/\1, 0 failed, 0 warnings/);
};

describe('The official conformance suite', () => {
  it.each([
    ['2025-11-25', writtenDown.toSorted(), 30],
    ['2026-07-28', [], 37],
  ])('finds what MCP %s requires of a server, but for what is written down', async (revision, failures, required) => {
    const url = await serveFixtures();
    const options = ['--requirements', revision, '--expected-failures', baseline];
    const { code, output } = await runSuite('server', '--url', url, ...options);
    expect(code, output).toBe(0);
    expect(expectedIn(output)).toEqual(failures);
    expect(output.match(/^=== Running scenario/gm)?.length).toBeGreaterThanOrEqual(required);
  });

  it.each(['http-header-validation', 'http-custom-header-server-validation', 'json-schema-2020-12'])(
    'finds %s of MCP 2026-07-28 as well, which it does not require yet',
    async (scenario) => expectToPass(await serveFixtures(), scenario, '2026-07-28'),
  );

  it.each([
    ['server-initialize', '2025-11-25'],
    ['tools-list', '2025-11-25'],
    ['tools-list', '2026-07-28'],
    ['http-header-validation', '2026-07-28'],
  ])('has nothing to say against %s of MCP %s with Postern’s own tools', async (scenario, revision) =>
    expectToPass(await servePostern(), scenario, revision),
  );
});
