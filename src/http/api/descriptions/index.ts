// Every route of /api/v1, described.
import { documentAnswer } from '../answers.ts';
import { accountDescriptions } from './accounts.ts';
import { authRequestDescriptions } from './auth-requests.ts';
import { clientDescriptions } from './clients.ts';
import type { RouteDescription } from './description.ts';
import { toolDescriptions } from './tools.ts';
import { webhookDescriptions } from './webhooks.ts';

const documentDescription: RouteDescription = {
  method: 'get',
  path: '/openapi.json',
  operationId: 'getOpenApiDocument',
  group: 'This description',
  summary: 'Read this description',
  details: 'Needs no credential: it is the same for everybody and holds nothing of this server.',
  credentials: [],
  answers: [{ status: 200, meaning: 'The OpenAPI document.', schema: documentAnswer }],
};

export const descriptions: readonly RouteDescription[] = [
  ...accountDescriptions,
  ...clientDescriptions,
  ...toolDescriptions,
  ...authRequestDescriptions,
  ...webhookDescriptions,
  documentDescription,
];
