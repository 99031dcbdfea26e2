// /api/v1/webhooks: a product's own endpoints, of its key's realm only; whatever is another realm's is not there.
import { Hono } from 'hono';
import type { CountedEndpoint, Webhooks } from '../../webhooks/endpoints.ts';
import { errorResponse, problemResponse } from '../errors.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import { noInput, readInput } from './input.ts';
import type { ApiContext, ServiceVariables } from './service.ts';
import {
  deadLettersJson,
  newWebhookJson,
  redeliveredJson,
  redeliverInput,
  rotatedJson,
  testedJson,
  webhookInput,
  webhookJson,
  webhookListJson,
} from './webhook-schemas.ts';

export interface WebhookRoutesOptions {
  readonly webhooks: Webhooks;
  readonly keyLimits: KeyLimits;
}

/** Dead letters in one answer. */
const mostDeadLetters = 100;

const notFound = (c: ApiContext): Response =>
  errorResponse(c, {
    status: 404,
    error: 'not_found',
    message: 'There is no webhook endpoint with this id in the realm of this key.',
    who: 'the caller',
    next: 'See GET /api/v1/webhooks.',
  });

const disabled = (c: ApiContext): Response =>
  errorResponse(c, {
    status: 409,
    error: 'webhook_disabled',
    message: 'The endpoint is disabled, so nothing is sent to it.',
    who: 'the caller',
    next: 'Enable it with POST /api/v1/webhooks/{id}/test, which it has to take.',
  });

const deadLetterNotFound = (c: ApiContext): Response =>
  errorResponse(c, {
    status: 404,
    error: 'not_found',
    message: 'The endpoint has no dead letter of this event.',
    who: 'the caller',
    next: 'See GET /api/v1/webhooks/{id}/dead; what was delivered is not kept.',
  });

/** Routes of the list, and of one endpoint itself. */
const resourceRoutes = ({ webhooks }: WebhookRoutesOptions) => {
  const routes = new Hono<ServiceVariables>();

  routes.get('/', async (c) => c.json(webhookListJson(await webhooks.list(c.get('service').realm))));

  routes.post('/', async (c) => {
    const input = readInput(await c.req.text(), webhookInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const { url, events } = input.value;
    const added = await webhooks.add({ realm: c.get('service').realm, url, events, allowPrivate: false });
    switch (added.kind) {
      case 'added':
        return c.json(newWebhookJson({ ...added.endpoint, waiting: 0, dead: 0 }, added.secret), 201);
      case 'url_refused':
        return problemResponse(c, { kind: 'invalid_input', detail: `url ${added.because}.` });
      case 'too_many':
        return errorResponse(c, {
          status: 409,
          error: 'too_many_webhooks',
          message: `The realm has ${added.most} webhook endpoints, which is as many as it may have.`,
          who: 'the caller',
          next: 'Remove one with DELETE /api/v1/webhooks/{id}.',
        });
    }
  });

  return routes;
};

/** An endpoint of this key's realm, or the answer that there is none. */
const endpointOf = async (c: ApiContext, webhooks: Webhooks): Promise<CountedEndpoint | Response> => {
  const endpoint = await webhooks.find(c.req.param('id') ?? '');
  return endpoint?.realm === c.get('service').realm ? endpoint : notFound(c);
};

const endpointRoutes = ({ webhooks }: WebhookRoutesOptions) => {
  const routes = new Hono<ServiceVariables>();

  routes.get('/:id', async (c) => {
    const endpoint = await endpointOf(c, webhooks);
    return endpoint instanceof Response ? endpoint : c.json(webhookJson(endpoint));
  });

  routes.delete('/:id', async (c) => {
    const endpoint = await endpointOf(c, webhooks);
    if (endpoint instanceof Response) return endpoint;
    return (await webhooks.remove(endpoint.id)) ? c.body(null, 204) : notFound(c);
  });

  routes.post('/:id/rotate-secret', async (c) => {
    const input = readInput(await c.req.text(), noInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const endpoint = await endpointOf(c, webhooks);
    if (endpoint instanceof Response) return endpoint;
    const rotated = await webhooks.rotateSecret(endpoint.id);
    return rotated === undefined ? notFound(c) : c.json(rotatedJson(rotated));
  });

  routes.post('/:id/test', async (c) => {
    const input = readInput(await c.req.text(), noInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const endpoint = await endpointOf(c, webhooks);
    return endpoint instanceof Response ? endpoint : c.json(testedJson(await webhooks.test(endpoint)));
  });

  routes.get('/:id/dead', async (c) => {
    const endpoint = await endpointOf(c, webhooks);
    if (endpoint instanceof Response) return endpoint;
    return c.json(deadLettersJson(endpoint.dead, await webhooks.deadLetters(endpoint.id, mostDeadLetters)));
  });

  routes.post('/:id/redeliver', async (c) => {
    const input = readInput(await c.req.text(), redeliverInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const endpoint = await endpointOf(c, webhooks);
    if (endpoint instanceof Response) return endpoint;
    if (endpoint.disabledAt !== undefined) return disabled(c);
    const eventId = input.value.event_id ?? undefined;
    const redelivered = await webhooks.redeliver(endpoint.id, eventId);
    return eventId !== undefined && redelivered === 0 ? deadLetterNotFound(c) : c.json(redeliveredJson(redelivered));
  });

  return routes;
};

export const webhookRoutes = (options: WebhookRoutesOptions) =>
  new Hono<ServiceVariables>()
    .use(options.keyLimits.before('webhooks'))
    .route('/', resourceRoutes(options))
    .route('/', endpointRoutes(options));
