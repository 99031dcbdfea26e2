// The OpenAPI document of /api/v1, made from the descriptions of its routes and their zod schemas.

import { z } from 'zod';
import {
  type CreateDocumentOptions,
  createDocument,
  createSchema,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import packageJson from '../../package.json' with { type: 'json' };
import { errorAnswer } from '../../src/http/api/answers.ts';
import { commonErrors, takesIdempotencyKeys } from '../../src/http/api/descriptions/common-errors.ts';
import {
  type CredentialKind,
  type DescribedAnswer,
  type DescribedError,
  groups,
  type RouteDescription,
} from '../../src/http/api/descriptions/description.ts';
import { descriptions } from '../../src/http/api/descriptions/index.ts';
import { type EventDescription, eventDescriptions } from '../../src/http/api/descriptions/webhook-events.ts';
import { identifierSchema } from '../../src/model/account-key.ts';

type Headers = NonNullable<ZodOpenApiResponseObject['headers']>;

const securityNames: Readonly<Record<CredentialKind, string>> = {
  service_key: 'serviceKey',
  session_token: 'sessionToken',
};

const securitySchemes = {
  serviceKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      "A service key of the product's backend, from `postern api-keys create --service`. It reaches every account of its realm and no other.",
  },
  sessionToken: {
    type: 'http',
    scheme: 'bearer',
    description: "A session token (`pst_session_…`), which is one person's: every other account is refused with 403.",
  },
} as const;

/** Only those that a route takes. */
const usedSchemes = () => {
  const used = descriptions.flatMap(({ credentials }) => credentials.map((kind) => securityNames[kind]));
  return Object.fromEntries(Object.entries(securitySchemes).filter(([name]) => used.includes(name)));
};

const text = (description: string) => ({ description, schema: { type: 'string' } }) as const;
const retryAfter = {
  'Retry-After': {
    description: 'Seconds until another try makes sense, where that is known.',
    schema: { type: 'integer', minimum: 1 },
  },
} as const;

/** What an error's status alone says in headers. */
const errorHeaders = (status: number): Headers | undefined => {
  if (status === 401) return { 'WWW-Authenticate': text('The challenge of RFC 6750.') };
  return status === 429 || status === 503 ? retryAfter : undefined;
};

/** One answer for all errors of one status; `error` is one of theirs. */
const errorResponse = (status: number, errors: readonly DescribedError[]): ZodOpenApiResponseObject => {
  const names = [...new Set(errors.map(({ error }) => error))];
  const headers = errorHeaders(status);
  return {
    description: errors.map(({ error, when }) => `- \`${error}\`: ${when}`).join('\n'),
    ...(headers && { headers }),
    content: {
      'application/json': {
        schema: errorAnswer.and(z.object({ error: z.enum(names) })),
      },
    },
  };
};

const answerResponse = ({ meaning, schema, example, headers }: DescribedAnswer): ZodOpenApiResponseObject => ({
  description: meaning,
  ...(headers && {
    headers: Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, text(description)])),
  }),
  ...(schema && { content: { 'application/json': { schema, ...(example !== undefined && { example }) } } }),
});

const byStatus = (errors: readonly DescribedError[]): ReadonlyMap<number, readonly DescribedError[]> =>
  new Map(
    [...new Set(errors.map(({ status }) => status))]
      .sort((a, b) => a - b)
      .map((status) => [status, errors.filter((error) => error.status === status)]),
  );

/** The errors of a route that has none of its own, which most routes share. */
const shared = byStatus(commonErrors({ method: 'get', credentials: ['service_key'], path: '' }));
const isShared = (status: number, errors: readonly DescribedError[]): boolean =>
  JSON.stringify(shared.get(status)) === JSON.stringify(errors);
const sharedResponses = Object.fromEntries(
  [...shared].map(([status, errors]) => [`Error${status}`, errorResponse(status, errors)]),
);

const responsesOf = (description: RouteDescription): ZodOpenApiOperationObject['responses'] => {
  const errors = byStatus([...(description.errors ?? []), ...commonErrors(description)]);
  return Object.fromEntries([
    ...description.answers.map((answer) => [String(answer.status), answerResponse(answer)] as const),
    ...[...errors].map(([status, of]) => {
      const response = isShared(status, of)
        ? { $ref: `#/components/responses/Error${status}` }
        : errorResponse(status, of);
      return [String(status), response] as const;
    }),
  ]);
};

const identifierParameter = identifierSchema.meta({
  id: undefined,
  description: "The product's own name for the person, percent-encoded once.",
  example: 'user_42',
});

const pathParameters = ({ path, pathParameters = {} }: RouteDescription) => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const schemaOf = (name: string) =>
    name === 'identifier' ? identifierParameter : z.string().describe(pathParameters[name] ?? '');
  return names.length === 0 ? {} : { path: z.object(Object.fromEntries(names.map((name) => [name, schemaOf(name)]))) };
};

const posternIdentifier = z.object({
  'Postern-Identifier': z
    .string()
    .optional()
    .describe('May repeat the person of the request, percent-encoded; any other is refused with 403.'),
});

const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .describe(
      'Names this request, such as a UUID: sent again within 24 hours with the same key and body it is done once, and answered the same with `Idempotent-Replayed: true`. The latest 100,000 of an API key are remembered.',
    ),
});

const headersOf = (description: RouteDescription) =>
  takesIdempotencyKeys(description) ? posternIdentifier.extend(idempotencyKey.shape) : posternIdentifier;

const operationOf = (description: RouteDescription): ZodOpenApiOperationObject => {
  const { credentials, body, bodyExample, query, details } = description;
  const bodyRequired = body !== undefined && !body.safeParse({}).success;
  return {
    operationId: description.operationId,
    tags: [description.group],
    summary: description.summary,
    ...(details !== undefined && { description: details }),
    security: credentials.map((kind) => ({ [securityNames[kind]]: [] })),
    requestParams: {
      ...pathParameters(description),
      ...(query && { query }),
      ...(credentials.length > 0 && { header: headersOf(description) }),
    },
    ...(body && {
      requestBody: {
        required: bodyRequired,
        content: { 'application/json': { schema: body, ...(bodyExample && { example: bodyExample }) } },
      },
    }),
    responses: responsesOf(description),
  };
};

const deliveryHeaders = z.object({
  'webhook-id': z.string().describe("The event's id, the same at every attempt."),
  'webhook-timestamp': z.string().describe('When this attempt was made: seconds since the epoch.'),
  'webhook-signature': z
    .string()
    .describe('One or, while a secret is being replaced, two signatures as Standard Webhooks says: `v1,…`.'),
});

/** `account.created` → `onAccountCreated`. */
const handlerName = (type: string): string =>
  `on${type.replaceAll(/(?:^|[._])(\w)/g, (_, letter: string) => letter.toUpperCase())}`;

/** By reference: what is sent has a schema of answers, as it may get further fields too. */
const eventOperation = ({ type, when, schema }: EventDescription): ZodOpenApiOperationObject => ({
  operationId: handlerName(type),
  tags: ['Webhooks'],
  summary: when,
  security: [],
  requestParams: { header: deliveryHeaders },
  requestBody: {
    required: true,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema.meta()?.id}` } } },
  },
  responses: {
    '2XX': { description: 'It is taken, if this comes within ten seconds. Every other answer has it sent again.' },
    '410': { description: 'The endpoint is gone: it is disabled.' },
  },
});

/** Formats say it already, and their patterns are for machines; and an answer may get more fields in a later version. */
const plainer: CreateDocumentOptions['override'] = ({ jsonSchema, io }) => {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
};

const about = `Read-only Gmail for the people of a product, by the name that the product has for each of them.

Bodies and answers are JSON in UTF-8, names are snake_case, times ISO 8601 in UTC. A body holds known fields only: an unknown one is refused with 400, and the message names the one that was probably meant. Answers may get further fields in later versions: ignore those you do not know. Bodies have at most 64 KB.`;

/** With what they are made of, which answers have in common. */
const eventSchemas = () =>
  Object.assign(
    {},
    ...eventDescriptions.map(
      ({ schema }) => createSchema(schema, { io: 'output', opts: { override: plainer } }).components,
    ),
  );

/** @returns the document as an object; equal descriptions give equal documents. */
export const openApiDocument = () => {
  const document = documentOfRoutes();
  return {
    ...document,
    components: { ...document.components, schemas: { ...document.components?.schemas, ...eventSchemas() } },
  };
};

/** Events stand in it by reference alone. */
const documentOfRoutes = () =>
  createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Postern API',
        version: packageJson.version,
        description: about,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'The server that this document came from (`POSTERN_PUBLIC_URL`).' }],
      tags: Object.entries(groups).map(([name, description]) => ({ name, description })),
      security: [],
      paths: Object.fromEntries(
        [...new Set(descriptions.map(({ path }) => path))].map((path) => [
          `/api/v1${path}`,
          Object.fromEntries(
            descriptions.filter((route) => route.path === path).map((route) => [route.method, operationOf(route)]),
          ),
        ]),
      ),
      webhooks: Object.fromEntries(eventDescriptions.map((event) => [event.type, { post: eventOperation(event) }])),
      components: { securitySchemes: usedSchemes(), responses: sharedResponses },
    },
    { override: plainer },
  );
