// Fixture resources and prompts.
import { completable, type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { pixelPng } from './fixture-content.ts';
import { asked, formOf } from './fixture-rounds.ts';

const plain = { mimeType: 'text/plain' };

export const registerResources = (server: McpServer): void => {
  server.registerResource('static text', 'test://static-text', { description: 'A text', ...plain }, ({ href }) => ({
    contents: [{ uri: href, ...plain, text: 'Words of a static resource.' }],
  }));
  server.registerResource(
    'static binary',
    'test://static-binary',
    { description: 'An image', mimeType: 'image/png' },
    ({ href }) => ({ contents: [{ uri: href, mimeType: 'image/png', blob: pixelPng }] }),
  );
  server.registerResource('watched', 'test://watched-resource', { description: 'A text', ...plain }, ({ href }) => ({
    contents: [{ uri: href, ...plain, text: 'Words that somebody watches.' }],
  }));
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'A text for every id', mimeType: 'application/json' },
    ({ href }, { id }) => ({
      contents: [{ uri: href, mimeType: 'application/json', text: JSON.stringify({ id, data: `Data of ${id}` }) }],
    }),
  );
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
};

const user = (content: { type: 'text'; text: string } | { type: 'image'; data: string; mimeType: string }) => ({
  role: 'user' as const,
  content,
});
const userSays = (words: string) => user({ type: 'text', text: words });

export const registerPrompts = (server: McpServer): void => {
  server.registerPrompt('test_simple_prompt', { description: 'Words alone' }, () => ({
    messages: [userSays('A simple prompt.')],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Words with two arguments',
      argsSchema: z.object({
        arg1: completable(z.string(), (begun) => ['testament', 'tested'].filter((word) => word.startsWith(begun))),
        arg2: z.string(),
      }),
    },
    ({ arg1, arg2 }) => ({ messages: [userSays(`arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource and words', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        {
          role: 'user',
          content: { type: 'resource', resource: { uri: resourceUri, ...plain, text: 'Words of a resource.' } },
        },
        userSays('Read the resource above.'),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'An image and words' }, () => ({
    messages: [user({ type: 'image', data: pixelPng, mimeType: 'image/png' }), userSays('Look at the image above.')],
  }));
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks for its context' }, ({ mcpReq }) => {
    const context = asked(mcpReq.inputResponses, 'user_context', 'context');
    if (context === undefined) return formOf({ user_context: ['Which context?', 'context'] });
    return { messages: [userSays(`In the context of ${context}.`)] };
  });
};
