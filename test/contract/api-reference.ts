// docs/api.md from the OpenAPI document: by resource, a route at a time.
import type { openApiDocument } from './openapi-document.ts';

type Document = ReturnType<typeof openApiDocument>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly description?: string;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly additionalProperties?: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

interface Content {
  readonly 'application/json'?: { readonly schema?: Schema; readonly example?: unknown };
}

interface Response {
  /** A shared one has this instead of all else, until `resolved`. */
  readonly $ref?: string;
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, { readonly description?: string }>>;
}

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const nameOf = (ref: string): string => ref.split('/').at(-1) ?? ref;
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');

/** A schema's values in words. */
const typeText = (schema: Schema): string => {
  if (schema.$ref !== undefined) return `[${nameOf(schema.$ref)}](#${anchor(nameOf(schema.$ref))})`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' or ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  if (schema.format === 'date-time') return 'time';
  if (schema.type === 'integer' && schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER)
    return `integer, ${schema.minimum ?? 0}–${schema.maximum}`;
  return [schema.type ?? 'anything'].flat().join(' or ');
};

const fieldRows = (schema: Schema, prefix = ''): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const row = `| \`${prefix}${name}\` | ${cell(typeText(field))} | ${schema.required?.includes(name) ? 'yes' : ''} | ${cell(field.description ?? '')} |`;
    return [row, ...fieldRows(field, `${prefix}${name}.`)];
  });

const fieldTable = (schema: Schema, second: string): string =>
  [`| field | value | ${second} | meaning |`, '|---|---|---|---|', ...fieldRows(schema)].join('\n');

const block = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

const lineWidth = 110;
/** JSON in which whatever fits on a line stands on one. */
const jsonText = (value: unknown, indent = ''): string => {
  const line = JSON.stringify(value, undefined, 1).replaceAll(/\n */g, ' ');
  if (typeof value !== 'object' || value === null || indent.length + line.length <= lineWidth) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const lines = Object.entries(value).map(([name, of]) => {
    const label = Array.isArray(value) ? '' : `${JSON.stringify(name)}: `;
    return `${inner}${label}${jsonText(of, inner)}`;
  });
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
};
const jsonBlock = (value: unknown): string => block('json', jsonText(value));

const credentialTexts: Readonly<Record<string, string>> = {
  serviceKey: 'service key',
  sessionToken: 'session token of this person',
};
const credentialText = (operation: Operation): string => {
  const names = operation.security.flatMap((of) => Object.keys(of)).map((name) => credentialTexts[name] ?? name);
  return names.length === 0 ? 'Needs no credential.' : `Credential: ${names.join(', or ')}.`;
};

/** The request of the example, as it is typed. */
const curl = ({ method, path, operation }: Route): string => {
  const address = `$POSTERN_PUBLIC_URL${path.replace('{identifier}', 'user_42').replace('{tool}', 'gmail_fetch_mails')}`;
  const example = operation.requestBody?.content['application/json']?.example;
  return [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}"${address}"`,
    ...(operation.security.length === 0 ? [] : [`-H "Authorization: Bearer $KEY"`]),
    ...(example === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(example)}'`]),
  ].join(' \\\n  ');
};

const bodyText = ({ requestBody }: Operation, schemas: Readonly<Record<string, Schema>>): string[] => {
  if (requestBody === undefined) return [];
  const named = requestBody.content['application/json']?.schema ?? {};
  const schema = named.$ref === undefined ? named : (schemas[nameOf(named.$ref)] ?? {});
  if (Object.keys(schema.properties ?? {}).length > 0) return [`Body:\n\n${fieldTable(schema, 'required')}`];
  return [schema.additionalProperties === false ? 'Body: none, or `{}`.' : `Body: ${schema.description ?? ''}`];
};

const parameterText = ({ parameters = [] }: Operation): string[] => {
  const rows = parameters
    .filter(({ name }) => name !== 'Postern-Identifier' && name !== 'Idempotency-Key')
    .map(
      ({ name, in: where, required, description, schema = {} }) =>
        `| \`${name}\` | ${where} | ${cell(typeText(schema))} | ${required ? 'yes' : ''} | ${cell(description ?? schema.description ?? '')} |`,
    );
  return rows.length === 0
    ? []
    : [['| parameter | in | value | required | meaning |', '|---|---|---|---|---|', ...rows].join('\n')];
};

const isError = (status: string): boolean => Number(status) >= 400;

const answerText = ({ responses }: Operation): string[] =>
  Object.entries(responses)
    .filter(([status]) => !isError(status))
    .map(([status, { description, content, headers = {} }]) => {
      const schema = content?.['application/json']?.schema;
      const what = schema === undefined ? '' : ` ${typeText(schema)}.`;
      const headerTexts = Object.entries(headers).map(([name, header]) => ` \`${name}\`: ${header.description ?? ''}`);
      return `**${status}**: ${description}${what}${headerTexts.join('')}`;
    });

const exampleText = (route: Route): string => {
  const answered = Object.values(route.operation.responses).map((of) => of.content?.['application/json']?.example);
  const example = answered.find((value) => value !== undefined);
  return [block('sh', curl(route)), ...(example === undefined ? [] : [jsonBlock(example)])].join('\n\n');
};

/** Lines of a status that are not on the list of every route's. */
const ownErrors = ({ responses }: Operation, common: ReadonlySet<string>): string[] => {
  const rows = Object.entries(responses)
    .filter(([status]) => isError(status))
    .flatMap(([status, { description }]) => description.split('\n').map((line) => errorRow(status, line)))
    .filter((row) => !common.has(row));
  return rows.length === 0 ? [] : [errorTable(rows)];
};

const errorRow = (status: string, line: string): string => {
  const [, error = '', when = ''] = /^- `(\w+)`: (.*)$/.exec(line) ?? [];
  return `| ${status} | \`${error}\` | ${cell(when)} |`;
};
const errorTable = (rows: readonly string[]): string =>
  ['| status | `error` | when |', '|---|---|---|', ...rows].join('\n');

const routeText = (route: Route, common: ReadonlySet<string>, schemas: Readonly<Record<string, Schema>>): string => {
  const { method, path, operation } = route;
  return [
    `### ${operation.summary}`,
    `\`${method.toUpperCase()} ${path}\``,
    ...(operation.description === undefined ? [] : [operation.description]),
    credentialText(operation),
    ...parameterText(operation),
    ...bodyText(operation, schemas),
    ...answerText(operation),
    ...ownErrors(operation, common),
    exampleText(route),
  ].join('\n\n');
};

/** Error lines that most routes have. */
const commonRows = (routes: readonly Route[]): string[] => {
  const counts = new Map<string, number>();
  for (const { operation } of routes)
    for (const [status, { description }] of Object.entries(operation.responses))
      if (isError(status))
        for (const line of description.split('\n')) {
          const row = errorRow(status, line);
          counts.set(row, (counts.get(row) ?? 0) + 1);
        }
  return [...counts].filter(([, count]) => count >= routes.length - 2).map(([row]) => row);
};

/** With the shared answers in place of the references to them. */
const resolved = (operation: Operation, shared: Readonly<Record<string, Response>>): Operation => ({
  ...operation,
  responses: Object.fromEntries(
    Object.entries(operation.responses).map(([status, response]) => [
      status,
      response.$ref === undefined ? response : (shared[nameOf(response.$ref)] ?? response),
    ]),
  ),
});

const objectText = (name: string, schema: Schema): string =>
  [
    `### ${name}`,
    ...(schema.description === undefined ? [] : [schema.description]),
    ...(schema.properties === undefined ? [] : [fieldTable(schema, 'always')]),
  ].join('\n\n');

export const apiReference = (document: Document): string => {
  const responses = (document.components?.responses ?? {}) as Record<string, Response>;
  const routes = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(
      ([method, operation]): Route => ({ method, path, operation: resolved(operation, responses) }),
    ),
  );
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
  const common = commonRows(routes).toSorted();
  const list = routes.map(
    ({ method, path, operation }) =>
      `| [\`${method.toUpperCase()} ${path}\`](#${anchor(operation.summary)}) | ${cell(operation.summary)} |`,
  );
  const parts = (document.tags ?? []).map(({ name, description }) => {
    const own = routes.filter(({ operation }) => operation.tags.includes(name));
    return [`## ${name}`, description ?? '', ...own.map((route) => routeText(route, new Set(common), schemas))].join(
      '\n\n',
    );
  });
  const objects = Object.entries(schemas).map(([name, schema]) => objectText(name, schema));
  return `${[
    '# The API',
    'Made from [openapi.json](openapi.json) by `test/contract/api-documentation.test.ts`; do not edit. A server serves it at `GET /api/v1/openapi.json`.',
    document.info.description ?? '',
    ['| route | for |', '|---|---|', ...list].join('\n'),
    '## Credentials',
    ...Object.entries(document.components?.securitySchemes ?? {}).map(
      ([name, scheme]) =>
        `- **${credentialTexts[name] ?? name}**: ${'description' in scheme ? scheme.description : ''}`,
    ),
    'Sent as `Authorization: Bearer …`. `Postern-Identifier` may be sent too: it then has to name the person of the request.',
    '## Errors',
    'Every error has the body `{error, message, who, next}`: a name for programs, what happened, who can mend it, the one next step. `401` comes with `WWW-Authenticate`, `429` and `503` with `Retry-After` in seconds where it is known when another try makes sense. Any route may answer:',
    errorTable(common),
    ...parts,
    '## Objects',
    ...objects,
  ].join('\n\n')}\n`;
};
