// The calls in the hosted product's REST API, as JSON with the names of the .proto files. Some addresses are Postern's own too: the
// access token tells whose API is meant, and without one of ours the request goes on.
import { create, type DescMessage, fromJson, type JsonObject, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isServiceToken } from '../../identity/service-tokens.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { errorResponse, problemResponse } from '../errors.ts';
import { type Call, notImplemented } from './calls.ts';
import { type Answer, answered, type Failure, httpStatusOf, invalid } from './failure.ts';

const maxBodyBytes = 1024 * 1024;

const failureResponse = (c: Context, { code, error, message, who, next, retryAfterSeconds }: Failure): Response => {
  if (retryAfterSeconds !== undefined) c.header('Retry-After', String(retryAfterSeconds));
  return errorResponse(c, { status: httpStatusOf(code), error, message, who, next });
};

const tooLarge = (c: Context): Response =>
  problemResponse(c, {
    kind: 'too_large',
    what: 'The body',
    limitBytes: maxBodyBytes,
    instead: 'Send only the fields of this request.',
  });

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldOf = (desc: DescMessage, name: string) =>
  desc.fields.find((field) => field.name === name || field.jsonName === name);

/** A parameter as the field's type has it in JSON; a message's fields are written `filter.query`. */
const parameterValue = (desc: DescMessage, [name = '', ...inner]: readonly string[], texts: string[]): JsonValue => {
  const field = fieldOf(desc, name);
  const [text = ''] = texts;
  if (field?.message !== undefined && inner.length > 0)
    return { [inner.join('.')]: parameterValue(field.message, inner, texts) };
  if (field?.fieldKind === 'list') return texts;
  return field?.fieldKind === 'message' && (text === 'true' || text === 'false') ? text === 'true' : text;
};

const parametersOf = (desc: DescMessage, query: URLSearchParams): JsonObject => {
  const json: JsonObject = {};
  for (const name of new Set(query.keys())) {
    const [outer = '', ...inner] = name.split('.');
    const value = parameterValue(desc, [outer, ...inner], query.getAll(name));
    const present = json[outer];
    json[outer] = isObject(present) && isObject(value) ? { ...present, ...value } : value;
  }
  return json;
};

/** Which field is wrong, by the name under which it came. */
const faultIn = (desc: DescMessage, json: JsonObject): string | undefined => {
  const known = desc.fields.map(({ name }) => name);
  for (const [name, value] of Object.entries(json)) {
    if (fieldOf(desc, name) === undefined) {
      const near = nearestName(name, known);
      const instead = near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean "${near}"?`;
      return `Unknown field "${name.slice(0, 64)}". ${instead}`;
    }
    try {
      fromJson(desc, { [name]: value });
    } catch {
      return `${name} is not valid.`;
    }
  }
  return undefined;
};

const readMessage = (desc: DescMessage, json: unknown): Answer<ReturnType<typeof create>> => {
  if (!isObject(json)) return invalid('The body must be a JSON object.');
  const fault = faultIn(desc, json);
  return fault === undefined ? answered(fromJson(desc, json)) : invalid(fault);
};

const readRequest = async (c: Context, { method, rest }: Call): Promise<Answer<ReturnType<typeof create>>> => {
  const id = c.req.param('id')?.replace(/:disconnect$/, '');
  const ofPath = id === undefined ? {} : { id };
  if (rest.verb === 'get') {
    const query = parametersOf(method.input, new URL(c.req.url).searchParams);
    return readMessage(method.input, { ...query, ...ofPath });
  }
  const text = await c.req.text();
  try {
    const json: unknown = text.trim() === '' ? {} : JSON.parse(text);
    return readMessage(method.input, isObject(json) ? { ...json, ...ofPath } : json);
  } catch {
    return invalid('The body is not valid JSON.');
  }
};

export const restRoutes = (calls: readonly Call[]): Hono => {
  const routes = new Hono();
  const limit = bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge });
  for (const call of calls) {
    const { method, rest, answer } = call;
    routes.on(rest.verb.toUpperCase(), rest.path, async (c, next) => {
      const authorization = c.req.header('authorization') ?? null;
      if (!isServiceToken(authorization?.replace(/^bearer +/i, '') ?? '')) return next();
      c.header('Cache-Control', 'no-store');
      const answerTo = async (): Promise<Response> => {
        const request = await readRequest(c, call);
        const answered = request.ok
          ? await answer(request.value, { authorization, signal: c.req.raw.signal })
          : request;
        if (!answered.ok) return failureResponse(c, answered.failure);
        const message = create(method.output, answered.value);
        const json = toJson(method.output, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
        return c.json(json as object);
      };
      let response: Response | undefined;
      const refused = await limit(c, async () => {
        response = await answerTo();
      });
      return refused ?? response;
    });
  }
  // Requests through to Google with the person's token: every tool has its own bounds, and this would have none.
  routes.all('/proxy/*', (c) => failureResponse(c, notImplemented('requests through to Google')));
  return routes;
};
