// URL elicitation: a link shown through the client, where it can show one. "accept" means that the link was opened, not that
// the person is done, and clients call again at once: so at most one elicitation per call.

import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Link } from '../connect/accounts.ts';
import type { Elicitation } from './call-tool.ts';

const requestKey = 'connect';

/** Where the capabilities are depends on the protocol; an older one over stateless HTTP does not tell them at all. */
const capabilitiesOf = (server: McpServer, ctx: ServerContext): ClientCapabilities | undefined => {
  // The SDK types the envelope as an object without members.
  const envelope = ctx.mcpReq.envelope as { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities();
};

/** What this round of a call says about elicitation. */
export const elicitationOf = (server: McpServer, ctx: ServerContext): Elicitation => {
  const answer = inputResponse(ctx.mcpReq.inputResponses, requestKey);
  const state: unknown = ctx.mcpReq.requestState();
  return {
    possible: answer.kind === 'missing' && capabilitiesOf(server, ctx)?.elicitation?.url !== undefined,
    accepted: answer.kind === 'elicit' && answer.action === 'accept',
    ...(typeof state === 'string' ? { ticket: state } : {}),
  };
};

/** Ends this round: the client shows the link and calls again with the ticket. */
export const elicitLink = (message: string, link: Link): InputRequiredResult =>
  inputRequired({
    inputRequests: { [requestKey]: inputRequired.elicitUrl({ message, url: link.url }) },
    requestState: link.ticket,
  });
