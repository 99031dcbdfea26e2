// The server that the official conformance suite expects to find: tools, resources and prompts with the names it calls.
// Stands behind Postern's transport in place of the catalogue; knows nothing of Gmail.
import { createRequestStateCodec, McpServer } from '@modelcontextprotocol/server';
import { registerContentTools, registerRunningTools } from './fixture-content.ts';
import { registerPrompts, registerResources } from './fixture-reading.ts';
import { registerAskingTools } from './fixture-rounds.ts';
import { registerSchemaTools } from './fixture-schemas.ts';

/** A flow of several rounds is sealed with this, whichever process serves a round. */
const roundState = createRequestStateCodec<{ round: number }>({ key: 'thirty-two bytes for a test, or more' });

/** One server for one request, as the transport wants it. */
export const conformanceServer = (): McpServer => {
  const server = new McpServer(
    { name: 'conformance-fixtures', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: false },
        resources: { listChanged: false, subscribe: true },
        prompts: { listChanged: false },
        logging: {},
        completions: {},
      },
      requestState: { verify: roundState.verify },
    },
  );
  registerContentTools(server);
  registerRunningTools(server);
  registerAskingTools(server, roundState);
  registerSchemaTools(server);
  registerResources(server);
  registerPrompts(server);
  return server;
};
