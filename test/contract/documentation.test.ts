// The documentation that is made from the code is the code's; what is written by hand names everything it must, and no file
// that there is not.
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { googleClientVariables, googleEndpointVariables, posternVariables } from '../../src/config/environment.ts';
import { catalogue } from '../../src/mcp/tools/index.ts';

const renewBy = 'Renew it: npx vitest run test/contract/documentation.test.ts -u';

const root = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');
const readme = await read('README.md');

interface Parameter {
  readonly type?: string | string[];
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Parameter[];
  readonly items?: Parameter;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

const typeOf = (parameter: Parameter): string => {
  if (parameter.enum) return parameter.enum.map((value) => `\`${value}\``).join(', ');
  if (parameter.anyOf) return parameter.anyOf.map(typeOf).join(' or ');
  if (parameter.type === 'array') return `list of ${typeOf(parameter.items ?? {})}`;
  const { minimum, maximum } = parameter;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return `${String(parameter.type ?? 'any')}${bounded ? `, ${minimum ?? 0}–${maximum}` : ''}`;
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

const reference = (): string => {
  const tools = catalogue.map(({ name, title, description, input, requires, optional }) => {
    const schema = z.toJSONSchema(input, { io: 'input' });
    const required = new Set(schema.required ?? []);
    const rows = Object.entries((schema.properties ?? {}) as Record<string, Parameter>).map(([parameter, of]) => {
      const fallback =
        of.default === undefined ? (required.has(parameter) ? '**required**' : '') : `\`${String(of.default)}\``;
      return `| \`${parameter}\` | ${cell(typeOf(of))} | ${fallback} | ${cell(of.description ?? '')} |`;
    });
    const scopes = [...requires, ...optional.map((capability) => `${capability} (optional)`)].join(', ');
    return `## ${name}\n\n*${title}.* ${description}\n\nNeeds: ${scopes}.\n\n| parameter | type | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# The tools\n\nMade from the schemas by \`test/contract/documentation.test.ts\`; do not edit.\n\n${tools.join('\n')}`;
};

const toolTable = (): string => {
  const rows = catalogue.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`);
  return `\n| tool | for |\n|---|---|\n${rows.join('\n')}\n`;
};

/** Between its two marks, whatever stands there now. */
const withToolTable = (text: string): string =>
  text.replace(
    /(<!-- tools: [^>]*-->\n)(?:.|\n)*?(<!-- \/tools -->)/,
    (_, begin, end) => `${begin}${toolTable()}\n${end}`,
  );

/** Documents for whoever works on Postern: what they name has to be there. */
const guides = ['AGENTS.md', 'docs/architecture.md', ...globSync('docs/how-to/*.md', { cwd: fileURLToPath(root) })];
const sources = globSync('{src,packages,test,scripts,bench,docs}/**/*.{ts,mjs,md}', {
  cwd: fileURLToPath(root),
}).filter((path) => !path.includes('node_modules'));
const baseNames = new Set(sources.map((path) => basename(path)));

/** Paths in code spans: `src/mcp/`, `docs/limits.md`; `mcp/present.ts` within src; a file's name alone. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/`([\w.-]+(?:\/[\w.-]*)*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => /^[\w-][\w./-]*(?:\/|\.(?:ts|mjs|md))$/.test(path) && !path.startsWith('node_modules'));

const exists = (path: string): boolean =>
  path.includes('/')
    ? [path, `src/${path}`].some((candidate) => existsSync(new URL(candidate, root)))
    : baseNames.has(path) || existsSync(new URL(path, root));

describe('The documentation', () => {
  it('of the tools is made from their schemas', async () => {
    await expect(reference(), `docs/tools.md is not current. ${renewBy}`).toMatchFileSnapshot('../../docs/tools.md');
  });

  it('of the README lists the tools of the catalogue', async () => {
    expect(withToolTable(readme)).toContain(toolTable());
    await expect(withToolTable(readme), `README.md is not current. ${renewBy}`).toMatchFileSnapshot('../../README.md');
  });

  it.each(guides)('in %s names only files that there are', async (guide) => {
    const paths = pathsIn(await read(guide));
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });

  it('names every setting', async () => {
    for (const variable of [...posternVariables, ...googleEndpointVariables, ...googleClientVariables])
      expect(readme).toContain(`\`${variable}\``);
  });

  it.each(['package.json', ...globSync('packages/*/package.json', { cwd: fileURLToPath(root) })])(
    'gives a reason for every dependency of %s',
    async (path) => {
      const { dependencies = {} } = JSON.parse(await read(path));
      // The first cell of a row may name several that come together.
      const [, dependencyTable = ''] = /## Dependencies, and why these\n((?:(?!\n## ).|\n)*)/.exec(readme) ?? [];
      const rows = dependencyTable.split('\n').filter((line) => line.startsWith('| `'));
      const given = new Set(
        rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name)),
      );
      expect(Object.keys(dependencies).filter((name) => !given.has(name))).toEqual([]);
    },
  );

  it('for agents fits on one screen of sixty lines', async () => {
    const agents = await read('AGENTS.md');
    expect(agents.split('\n').length).toBeLessThanOrEqual(61);
  });
});
