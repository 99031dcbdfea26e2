// Addresses that somebody outside named are asked through lib/outside-fetch.ts and nothing else: this reads the code,
// so that a second way out cannot be built without a change here.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)).split(sep).join('/'));
const code = (file: string): string =>
  readFileSync(join(src, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');

/** The names that a file takes from a module, without those that are types. */
const taken = (file: string, module: RegExp): string[] =>
  [...code(file).matchAll(/import\s+(type\s+)?([^;]*?)\s+from\s+['"]([^'"]+)['"]/g)]
    .filter(([, type, , from = '']) => type === undefined && module.test(from))
    .flatMap(([, , clause = '']) => clause.replace(/[{}]/g, '').split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));

const door = 'lib/outside-fetch.ts';

describe('Requests to the outside', () => {
  test('leave by one module: no other one can open a connection or look up a name', () => {
    const harmless = [
      'createServer',
      'Server as NetServer',
      'constants',
      'isIP',
      'isIPv4',
      'BlockList',
      'SocketAddress',
    ];
    const ways = /^(node:)?(https?|http2|net|tls|dns|dgram)(\/promises)?$|^(undici|node-fetch|axios|got)$/;
    const strays = files
      .filter((file) => file !== door)
      .flatMap((file) => taken(file, ways).map((name) => `${file}: ${name}`))
      .filter((stray) => !harmless.includes(stray.split(': ')[1] ?? ''));
    expect(strays).toEqual([]);
    expect(taken(door, ways)).toContain('request as requestOverHttps');
  });

  test('never use the platform’s fetch, which goes to Google and to the operator’s addresses alone', () => {
    const using = files.filter((file) =>
      /(?<![.\w'"`-])(?<!typeof )fetch\((?!\w+: )|(\?\?|[=(,])\s*fetch\s*[;,)]/.test(code(file)),
    );
    expect(using.sort()).toEqual([
      // The reader's own browser, in the demo.
      'cli/demo/scripted-browser.ts',
      // Google's token endpoint, when the operator says --online.
      'cli/doctor/doctor.ts',
      'compose.ts',
    ]);
  });

  test.each(['createAuthorizationServer', 'createExternalIssuer', 'createIssuerSignIn'])(
    'go through the door where they begin with %s',
    (maker) => {
      const wired = ['compose.ts', 'compose-http.ts'].map(code).join('\n');
      const calls = [...wired.matchAll(new RegExp(`${maker}\\(\\{([\\s\\S]*?)\\n?\\s*\\}\\)`, 'g'))].map(
        ([, given]) => given,
      );
      expect(calls.length).toBe(1);
      expect(calls[0]).toMatch(/\bfetch: outside\(/);
    },
  );
});
