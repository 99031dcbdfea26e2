// What the hosted product's own clients speak, answered by Postern's services (POSTERN_SCALEKIT_API=1). Loaded only then; nothing
// else knows of it. docs/scalekit-sdk.md lists every call.
import { Hono } from 'hono';
import type { CreateLimit } from '../../lib/rate-limit.ts';
import type { AddressOf } from '../client-address.ts';
import type { Http2Listener } from '../http2.ts';
import { limitRefusedCredentials } from '../limits/address-limits.ts';
import { type CallsOptions, createCalls } from './calls.ts';
import { createGrpcListener } from './grpc.ts';
import { restRoutes } from './rest.ts';
import { clientCredentialIn, tokenRoutes } from './token.ts';

export interface ScalekitOptions extends CallsOptions {
  readonly addressOf: AddressOf;
  readonly createLimit: CreateLimit;
}

export interface Scalekit {
  /** Come before all others: what is not theirs goes on. */
  readonly routes: Hono;
  readonly grpc: Http2Listener;
}

export const createScalekit = (options: ScalekitOptions): Scalekit => {
  const { createLimit, addressOf, serviceTokens } = options;
  const calls = createCalls(options);
  const routes = new Hono();
  const limit = { name: 'refused_client_credentials', credentialOf: clientCredentialIn };
  routes.route('/', tokenRoutes(serviceTokens, limitRefusedCredentials(createLimit, addressOf, limit)));
  routes.route('/', restRoutes(calls));
  return { routes, grpc: createGrpcListener(calls) };
};
