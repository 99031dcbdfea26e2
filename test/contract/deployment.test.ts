// The files of deploy/ are what the documentation says, can be read, and name only settings that there are.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { googleClientVariables, googleEndpointVariables, posternVariables } from '../../src/config/environment.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const files = readdirSync(new URL('deploy/', root)).sort();
const settings: readonly string[] = [...posternVariables, ...googleEndpointVariables, ...googleClientVariables];

/** What looks like a setting of Postern. */
const settingsIn = (text: string): string[] => [
  ...new Set(text.match(/\b(?:POSTERN|GOOGLE|GMAIL|PEOPLE)_[A-Z_]+[A-Z]\b/g) ?? []),
];

/** Every mapping in a document, with the names on the way to it. */
const mappings = (value: unknown, path: readonly string[] = []): { path: string; keys: Record<string, unknown> }[] => {
  if (Array.isArray(value)) return value.flatMap((item) => mappings(item, path));
  if (typeof value !== 'object' || value === null) return [];
  const keys = value as Record<string, unknown>;
  return [
    { path: path.join('.'), keys },
    ...Object.entries(keys).flatMap(([name, inner]) => mappings(inner, [...path, name])),
  ];
};

const documentsOf = (file: string): unknown[] => {
  const parsed = parseAllDocuments(read(`deploy/${file}`), { merge: true });
  if (!Array.isArray(parsed)) return [];
  expect(parsed.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  return parsed.map((document) => document.toJS());
};
const mappingsOf = (file: string) => documentsOf(file).flatMap((document) => mappings(document));
const at = (file: string, end: string) => mappingsOf(file).filter(({ path }) => path.endsWith(end));

describe('The files for deployment', () => {
  it.each(files)('%s: docs/scale.md names it, under the name it has', (file) => {
    expect(read('docs/scale.md')).toContain(`(../deploy/${file})`);
  });

  it('are all that docs/scale.md names', () => {
    const named = [...read('docs/scale.md').matchAll(/\(\.\.\/deploy\/([^)#]+)\)/g)].map(([, file]) => file);
    expect([...new Set(named)].sort()).toEqual(files);
  });

  it.each(files)('%s names only settings that Postern reads', (file) => {
    expect(settingsIn(read(`deploy/${file}`)).filter((name) => !settings.includes(name))).toEqual([]);
  });

  it.each(files.filter((file) => file.endsWith('.yaml')))('%s is YAML', (file) => {
    expect(documentsOf(file).length).toBeGreaterThan(0);
  });

  it('give every process of compose.yaml to the proxy, by the name it has', () => {
    const [{ services } = { services: {} }] = documentsOf('compose.yaml') as [
      { services: Record<string, { environment?: Record<string, string> }> },
    ];
    const processes = Object.keys(services).filter((name) => name.startsWith('postern-'));
    expect(processes).toHaveLength(3);
    expect(services.caddy?.environment?.UPSTREAMS).toBe(processes.map((name) => `${name}:8080`).join(' '));
  });

  it('probe addresses that there are', () => {
    const app = read('src/http/app.ts');
    const probed = [
      ...at('kubernetes.yaml', 'httpGet').map(({ keys }) => String(keys.path)),
      ...[...read('deploy/compose.yaml').matchAll(/127\.0\.0\.1:8080(\/\w+)/g)].map(([, path = '']) => path),
      ...[...read('deploy/Caddyfile').matchAll(/health_uri (\S+)/g)].map(([, path = '']) => path),
    ];
    expect(probed.length).toBeGreaterThanOrEqual(5);
    for (const path of probed) expect(app).toContain(`.get('${path}'`);
  });

  it('give a process longer to end than it takes', () => {
    const grace = Number(/graceMs = ([\d_]+)/.exec(read('src/cli/http.ts'))?.[1]?.replace('_', '')) / 1000;
    const preStop = Number(/command: \[sleep, "(\d+)"\]/.exec(read('deploy/kubernetes.yaml'))?.[1]);
    const [pod] = mappingsOf('kubernetes.yaml').filter(({ keys }) => 'terminationGracePeriodSeconds' in keys);
    expect(Number(pod?.keys.terminationGracePeriodSeconds)).toBeGreaterThan(grace + preStop + 5);
    expect(Number(/TimeoutStopSec=(\d+)/.exec(read('deploy/postern@.service'))?.[1])).toBeGreaterThan(grace + 5);
    expect(Number(/stop_grace_period: (\d+)s/.exec(read('deploy/compose.yaml'))?.[1])).toBeGreaterThan(grace + 5);
  });

  it('let the proxy close idle connections before Postern does', () => {
    const keepAliveMs = /keepAliveMs: ([\d_]+),\n/.exec(read('src/http/limits/connection-limits.ts'))?.[1];
    const postern = Number(keepAliveMs?.replace('_', '')) / 1000;
    expect(Number(/\bkeepalive (\d+)s/.exec(read('deploy/Caddyfile'))?.[1])).toBeLessThan(postern);
    expect(Number(/keepalive_timeout (\d+)s/.exec(read('deploy/nginx.conf'))?.[1])).toBeLessThan(postern);
  });

  it('hold no secret, only placeholders', () => {
    for (const { keys } of at('kubernetes.yaml', 'stringData'))
      for (const value of Object.values(keys)) expect(String(value)).toContain('REPLACE_ME');
    expect(read('deploy/settings.env.example')).toMatch(/^POSTGRES_PASSWORD=$/m);
  });
});
