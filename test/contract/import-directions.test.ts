// The rules of the source layout: which folder or package may import which, which dependencies belong to one folder, and how
// large a file gets.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The packages of this repository, by the names under which others import them. */
const packages: Readonly<Record<string, string>> = {
  '@postern/mail-text': 'packages/mail-text/src/',
  '@postern/gmail-sandbox': 'packages/gmail-sandbox/src/',
  '@postern/client': 'packages/client/src/',
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = ['src/', ...Object.values(packages)].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
);

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Comments may mention imports; they are none. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

const statement = /^\s*(?:import|export)\s+(type\s+)?((?:[^'";]|\n)*?\bfrom\s+)?['"]([^'"]+)['"]/gm;
const dynamic = /(typeof\s+|:\s*|=\s*)?\bimport\(\s*['"]([^'"]+)['"]\s*\)(\.)?/g;

/** `import { type A, type B } from` brings only types along, as `import type` does. */
const onlyTypes = (clause: string): boolean => {
  const names = /\{([^}]*)\}/.exec(clause)?.[1];
  const rest = clause
    .replace(/\{[^}]*\}/, '')
    .replace(/\bfrom\s+$/, '')
    .replace(/[\s,]/g, '');
  return (
    names !== undefined &&
    rest === '' &&
    names.split(',').every((name) => name.trim() === '' || /^\s*type\s/.test(name))
  );
};

/** @returns every import of a text, in any of the forms TypeScript has. */
const importsOf = (from: string, text: string): Import[] => {
  const source = code(text);
  const found: Import[] = [];
  for (const [, type, clause = '', to = ''] of source.matchAll(statement)) {
    found.push({ from, to, typeOnly: type !== undefined || onlyTypes(clause) });
  }
  for (const match of source.matchAll(dynamic)) {
    const awaited = /await\s*$/.test(source.slice(0, match.index));
    const typePosition =
      match[1]?.startsWith('typeof') === true ||
      (!awaited && match[3] === '.' && !/^\.then/.test(source.slice((match.index ?? 0) + match[0].length - 1)));
    found.push({ from, to: match[2] ?? '', typeOnly: typePosition });
  }
  return found;
};

const imports = files.flatMap((file) => importsOf(file, read(file)));

/** The package of a file, or its folder in src, or its name when it lies in src itself. */
const partOf = (file: string): string => {
  const inPackage = Object.entries(packages).find(([, folder]) => file.startsWith(folder));
  if (inPackage !== undefined) return inPackage[0];
  const [, part = ''] = file.split('/');
  return part.replace(/\.ts$/, '');
};

const everything = ['*'];
const allowed: Readonly<Record<string, readonly string[]>> = {
  main: everything,
  cli: everything,
  compose: everything,
  'compose-http': everything,
  http: ['identity', 'mcp', 'connect', 'authorization-server', 'webhooks', 'model', 'lib'],
  stdio: ['mcp', 'model', 'lib'],
  identity: ['oauth', 'storage', 'model', 'lib'],
  mcp: ['connect', 'google', 'model', 'lib', '@postern/mail-text'],
  google: ['model', 'lib', '@postern/mail-text'],
  'authorization-server': ['oauth', 'connect', 'storage', 'model', 'lib'],
  connect: ['grants', 'oauth', 'storage', 'model', 'lib'],
  grants: ['oauth', 'storage', 'model', 'lib'],
  oauth: ['model', 'lib'],
  webhooks: ['storage', 'model', 'lib'],
  storage: ['model', 'lib'],
  config: ['model', 'lib'],
  model: ['lib'],
  lib: [],
  '@postern/mail-text': [],
  '@postern/gmail-sandbox': [],
  '@postern/client': [],
};

/** The file that a relative import names. */
const target = (item: Import): string =>
  relative(root, join(root, dirname(item.from), item.to))
    .split(sep)
    .join('/');
const isOurs = (item: Import): boolean => item.to.startsWith('.') && item.to.endsWith('.ts');
/** The part of this repository that an import leads to; undefined for a dependency. */
const importedPart = (item: Import): string | undefined =>
  isOurs(item) ? partOf(target(item)) : Object.keys(packages).find((name) => `${item.to}/`.startsWith(`${name}/`));
const show = (item: Import): string => `${item.from} imports ${item.to}`;

/** Which packages only one folder may load. Types alone are free where the table says so. */
const owners: readonly {
  readonly package: RegExp;
  readonly owner: readonly string[];
  readonly typesFree: readonly string[];
}[] = [
  { package: /^google-auth-library$/, owner: ['oauth'], typesFree: ['@postern/gmail-sandbox'] },
  { package: /^gaxios$/, owner: [], typesFree: [] },
  { package: /^@googleapis\//, owner: ['google'], typesFree: ['@postern/gmail-sandbox', '@postern/mail-text', 'mcp'] },
  { package: /^(better-sqlite3|pg|kysely)(\/|$)/, owner: ['storage'], typesFree: [] },
  { package: /^(oidc-provider|light-my-request)$/, owner: ['authorization-server'], typesFree: [] },
  { package: /^openid-client$/, owner: ['oauth'], typesFree: [] },
  { package: /^@modelcontextprotocol\/client(\/|$)/, owner: ['cli'], typesFree: [] },
  { package: /^piscina$/, owner: ['mcp'], typesFree: [] },
  { package: /^ipaddr\.js$/, owner: ['lib'], typesFree: [] },
  { package: /^standardwebhooks$/, owner: ['webhooks'], typesFree: [] },
  { package: /^commander$/, owner: ['cli'], typesFree: [] },
  { package: /^@(connectrpc|bufbuild)\//, owner: ['http'], typesFree: [] },
];

describe('the import reader itself', () => {
  const cases: readonly [string, string, boolean][] = [
    ["import { a } from './x.ts';", './x.ts', false],
    ["import type { A } from './x.ts';", './x.ts', true],
    ["import { type A, type B } from './x.ts';", './x.ts', true],
    ["import { type A, b } from './x.ts';", './x.ts', false],
    ["import {\n  a,\n  b,\n} from './x.ts';", './x.ts', false],
    ["import './x.ts';", './x.ts', false],
    ["export { a } from './x.ts';", './x.ts', false],
    ["export type { A } from './x.ts';", './x.ts', true],
    ["export * from './x.ts';", './x.ts', false],
    ["const x = await import('./x.ts');", './x.ts', false],
    ["type X = typeof import('./x.ts');", './x.ts', true],
    ["type X = import('./x.ts').A;", './x.ts', true],
  ];
  test.each(cases)('reads %j', (text, to, typeOnly) => {
    expect(importsOf('a.ts', text)).toEqual([{ from: 'a.ts', to, typeOnly }]);
  });
  test('does not read a comment as an import', () => {
    expect(importsOf('a.ts', "// import { a } from './x.ts';\n/* import './y.ts'; */")).toEqual([]);
  });
});

describe('the source layout', () => {
  test('has a place in the table for every file', () => {
    expect(files.map(partOf).filter((part) => allowed[part] === undefined)).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });

  test('imports go downward only', () => {
    const upward = imports.filter((item) => {
      const [from, to] = [partOf(item.from), importedPart(item)];
      const may = allowed[from] ?? [];
      return to !== undefined && from !== to && may !== everything && !may.includes(to);
    });
    expect(upward.map(show)).toEqual([]);
  });

  test('has no row in the table for a folder that does not exist', () => {
    expect(Object.keys(allowed).filter((part) => !files.some((file) => partOf(file) === part))).toEqual([]);
  });

  test('a package is imported by its name, never by a path into it', () => {
    const paths = imports.filter((item) => isOurs(item) && partOf(item.from) !== partOf(target(item)));
    expect(paths.filter((item) => target(item).startsWith('packages/')).map(show)).toEqual([]);
  });

  test('no file of ours is imported by anything but its relative path with .ts', () => {
    const odd = imports.filter(({ to }) => to.startsWith('.') && !to.endsWith('.ts') && !to.endsWith('/package.json'));
    expect(odd.map(show)).toEqual([]);
  });

  test('a package that one folder owns is loaded by that folder alone', () => {
    const strays = imports.filter((item) => {
      const rule = owners.find(({ package: name }) => name.test(item.to));
      const part = partOf(item.from);
      return rule !== undefined && !rule.owner.includes(part) && !(item.typeOnly && rule.typesFree.includes(part));
    });
    expect(strays.map(show)).toEqual([]);
  });

  test('each database is known to a folder of its own in storage, and to nobody else', () => {
    const homes = [
      { driver: 'better-sqlite3', folder: 'src/storage/sqlite/' },
      { driver: 'pg', folder: 'src/storage/postgres/' },
    ];
    const strays = homes.flatMap(({ driver, folder }) =>
      imports.filter(
        (item) =>
          !item.from.startsWith(folder) && (item.to === driver || (isOurs(item) && target(item).startsWith(folder))),
      ),
    );
    expect(strays.map(show)).toEqual([
      'src/cli/backup.ts imports ../storage/sqlite/backup.ts',
      'src/storage/engines.ts imports ./sqlite/database.ts',
      'src/storage/engines.ts imports ./sqlite/snapshot.ts',
      'src/storage/engines.ts imports ./postgres/database.ts',
      'src/storage/engines.ts imports ./postgres/snapshot.ts',
    ]);
  });

  test('the model imports nothing but zod', () => {
    const strays = imports.filter((item) => partOf(item.from) === 'model' && !isOurs(item) && item.to !== 'zod');
    expect(strays.map(show)).toEqual([]);
  });

  test('no files import one another in cycles, types included', () => {
    const next = new Map(files.map((file) => [file, [] as string[]]));
    for (const item of imports.filter(isOurs)) {
      next.get(item.from)?.push(target(item));
    }
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test('no file is longer than 350 lines, but for code made from .proto files', () => {
    const written = files.filter((file) => !file.endsWith('_pb.ts'));
    expect(written.filter((file) => read(file).trimEnd().split('\n').length > 350)).toEqual([]);
  });

  test('every file begins with a comment that says what it is for', () => {
    expect(files.filter((file) => !/^(#!.*\n)?\/\//.test(read(file)))).toEqual([]);
  });

  test('nothing is typed any, and no type error is silenced', () => {
    const typed = /:\s*any\b|\bas any\b|<any>/;
    const silenced = /@ts-(ignore|expect-error|nocheck)|biome-ignore/;
    expect(files.filter((file) => typed.test(code(read(file))) || silenced.test(read(file)))).toEqual([]);
  });
});
