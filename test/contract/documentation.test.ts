// The documentation that is made from the code is the code's; what is written by hand names everything it must.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { googleClientVariables, googleEndpointVariables, posternVariables } from '../../src/config/environment.ts';
import { catalogue } from '../../src/mcp/tools/index.ts';

const regenerate = 'docs/tools.md is not current. Renew it: npx vitest run test/contract/documentation.test.ts -u';

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

describe('The documentation', () => {
  it('of the tools is made from their schemas', async () => {
    await expect(reference(), regenerate).toMatchFileSnapshot('../../docs/tools.md');
  });

  it('names every setting', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    for (const variable of [...posternVariables, ...googleEndpointVariables, ...googleClientVariables])
      expect(readme).toContain(`\`${variable}\``);
  });

  it('gives a reason for every dependency', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const { dependencies } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    for (const name of Object.keys(dependencies)) expect(readme).toContain(`\`${name}\``);
  });

  it('for agents fits on one screen of sixty lines', async () => {
    const agents = await readFile(new URL('../../AGENTS.md', import.meta.url), 'utf8');
    expect(agents.split('\n').length).toBeLessThanOrEqual(61);
  });
});
