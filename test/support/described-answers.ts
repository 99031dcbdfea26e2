// Holds every answer of /api/v1 that a test gets against its description: status, body and the name of an error. So a route
// cannot answer what docs/openapi.json does not say, wherever a test makes it do so.
import type { Hono } from 'hono';
import { errorAnswer } from '../../src/http/api/answers.ts';
import { commonErrors } from '../../src/http/api/descriptions/common-errors.ts';
import type { RouteDescription } from '../../src/http/api/descriptions/description.ts';
import { descriptions } from '../../src/http/api/descriptions/index.ts';
import { isServiceToken } from '../../src/identity/service-tokens.ts';

/** The description of a request's route; undefined where there is no such route. */
const routeOf = (method: string, path: string): RouteDescription | undefined =>
  descriptions
    .filter((of) => of.method.toUpperCase() === method)
    // One without a name in it goes before one with a name in the same place.
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)
    .find((of) => new RegExp(`^/api/v1${of.path.replaceAll(/\{\w+\}/g, '[^/]*')}$`).test(path));

/** What is not as described; undefined where all is. */
const faultOf = (route: RouteDescription, status: number, text: string): string | undefined => {
  const answer = route.answers.find((of) => of.status === status);
  if (answer === undefined && status < 400) return `the status ${status} is not described`;
  if (answer !== undefined && answer.schema === undefined)
    return text === '' ? undefined : 'a body is sent where none is described';
  const body: unknown = JSON.parse(text);
  const parsed = (answer?.schema ?? errorAnswer).safeParse(body);
  if (!parsed.success) return parsed.error.message;
  if (answer !== undefined) return undefined;
  const { error } = errorAnswer.parse(body);
  const known = [...(route.errors ?? []), ...commonErrors(route)];
  return known.some((of) => of.status === status && of.error === error)
    ? undefined
    : `the error ${status} ${error} is not described`;
};

/** Makes an app throw where it answers something else on /api/v1 than is described; `seen` is told of each answer. */
export const holdToDescription = (
  app: Hono,
  seen: (route: RouteDescription, status: number) => void = () => {},
): void => {
  const answerOf = app.fetch;
  app.fetch = async (request, ...rest) => {
    const response = await answerOf(request, ...rest);
    const { pathname } = new URL(request.url);
    // The hosted product's API has an address in common with ours, told apart by the credential.
    const [, token = ''] = /^Bearer (.*)$/.exec(request.headers.get('authorization') ?? '') ?? [];
    const route = isServiceToken(token) ? undefined : routeOf(request.method, pathname);
    if (route === undefined) return response;
    const fault = faultOf(route, response.status, await response.clone().text());
    if (fault !== undefined) throw new Error(`${request.method} /api/v1${route.path}: ${fault}`);
    seen(route, response.status);
    return response;
  };
};
