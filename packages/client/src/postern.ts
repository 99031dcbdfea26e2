// The client: one object for one Postern and one key.
import { createAccounts } from './accounts.ts';
import { answerAs, type CallOptions, createSend, type PosternOptions, pathPart } from './http.ts';
import type { ToolCalls } from './tool-source.ts';
import { createExecuteTool, createTools } from './tools.ts';
import type { AuthRequest, ConfirmedAccount } from './types.ts';
import { createConnections, createWebhookEndpoints } from './webhook-endpoints.ts';

/**
 * Postern, for a product's backend. Holds the key where printing and JSON do not find it. Methods throw the errors of
 * errors.ts, and may be called as often and as much at once as you like.
 */
export class Postern implements ToolCalls {
  /** The accounts of your people. */
  readonly accounts;
  /** The tools, also as agent frameworks take them. */
  readonly tools;
  /** Calls one tool for one person. */
  readonly executeTool: ToolCalls['executeTool'];
  /** Connections that wait until you say who made them; for keys made with --verify-url. */
  readonly authRequests;
  /** Where events are sent; `webhooks.verify` of this package checks what arrives there. */
  readonly webhooks;
  /** The OAuth clients that your people are connected through. */
  readonly connections;

  constructor(options: PosternOptions) {
    const send = createSend(options);
    this.accounts = createAccounts(send);
    this.executeTool = createExecuteTool(send);
    this.tools = createTools(send, this);
    this.webhooks = { endpoints: createWebhookEndpoints(send) };
    this.connections = createConnections(send);
    const pathOf = (id: string): string => `/auth-requests/${pathPart('authRequestId', id)}`;
    this.authRequests = {
      /** How it stands, and while it waits, whose mailbox it is. */
      get: (authRequestId: string, call?: CallOptions): Promise<AuthRequest> =>
        answerAs(send({ method: 'GET', path: pathOf(authRequestId) }, call)),
      /**
       * Says who made it: the person of the session in which the browser came back. Throws ConflictError where the link
       * was somebody else's (nothing is connected then), or the time is over.
       */
      confirm: (authRequestId: string, identifier: string, call?: CallOptions): Promise<ConfirmedAccount> =>
        answerAs(send({ method: 'POST', path: `${pathOf(authRequestId)}/confirm`, body: { identifier } }, call)),
    };
  }
}
