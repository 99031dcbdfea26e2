// Fixture tools that answer at once: every kind of content, an error, progress and log messages on the way.
import type { McpServer } from '@modelcontextprotocol/server';

/** One transparent pixel. */
export const pixelPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
/** A sound without a sample: a RIFF header and nothing after it. */
const silenceWav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const image = { type: 'image', data: pixelPng, mimeType: 'image/png' } as const;
const resource = (uri: string, mimeType: string, text: string) =>
  ({ type: 'resource', resource: { uri, mimeType, text } }) as const;
export const text = (words: string) => ({ content: [{ type: 'text', text: words } as const] });

export const registerContentTools = (server: McpServer): void => {
  server.registerTool('test_simple_text', { description: 'Answers with a text' }, () => text('A simple text.'));
  server.registerTool('test_image_content', { description: 'Answers with an image' }, () => ({ content: [image] }));
  server.registerTool('test_audio_content', { description: 'Answers with a sound' }, () => ({
    content: [{ type: 'audio', data: silenceWav, mimeType: 'audio/wav' }],
  }));
  server.registerTool('test_embedded_resource', { description: 'Answers with a resource' }, () => ({
    content: [resource('test://embedded-resource', 'text/plain', 'Words of an embedded resource.')],
  }));
  server.registerTool('test_multiple_content_types', { description: 'Answers with three kinds of content' }, () => ({
    content: [
      ...text('Three kinds of content.').content,
      image,
      resource('test://mixed-content-resource', 'application/json', '{"kind":"third"}'),
    ],
  }));
  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool fails on purpose.');
  });
};

export const registerRunningTools = (server: McpServer): void => {
  server.registerTool('test_tool_with_progress', { description: 'Reports progress' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [0, 50, 100])
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
    return text('Progress was reported to those who asked for it.');
  });
  for (const name of ['test_tool_with_logging', 'test_logging_tool'])
    server.registerTool(name, { description: 'Sends log messages' }, async ({ mcpReq }) => {
      for (const step of ['started', 'under way', 'done']) await mcpReq.log('info', step);
      return text('Three steps were logged.');
    });
};
