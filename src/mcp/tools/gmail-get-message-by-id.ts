// gmail_get_message_by_id: one message, in pages where it is long.
import { z } from 'zod';
import { ok } from '../../model/result.ts';
import { defineTool } from '../define-tool.ts';
import { largestResultChars } from '../size-limit.ts';
import { labelNamesFor } from './label-names.ts';
import { messageFormats, notesOf, oneMessageOutput, snippetNote, viewOf } from './outputs.ts';
import { maxChars, messageId, offset, pageOf } from './parameters.ts';
import { readMessage, readSource } from './read-message.ts';

export const gmailGetMessageById = defineTool({
  name: 'gmail_get_message_by_id',
  title: 'Read a message',
  description: 'Read one message by its id: clean text and attachments. A longer body continues at nextOffset.',
  input: z.object({
    message_id: messageId,
    format: z
      .enum(messageFormats)
      .default('readable')
      .describe(
        'readable: ~~struck out~~, {++inserted++}; links: whole URL of each [link N: host]; full: all parts, headers; raw: RFC 822',
      ),
    max_chars: maxChars,
    offset,
  }),
  output: oneMessageOutput,
  maxResultChars: largestResultChars,
  requires: ['mail'],
  optional: [],
  run: async ({ message_id, format, max_chars, offset }, { google: { gmail }, jobs }) => {
    const page = pageOf(max_chars, offset);
    const read = await (format === 'raw'
      ? readSource(gmail, message_id, page, jobs)
      : gmail.message(message_id, viewOf(format), (fetched) => readMessage(fetched, { format, page }, jobs)));
    if (!read.ok) return read;
    const nameLabels = await labelNamesFor(gmail, [read.value]);
    return ok({ ...notesOf(snippetNote(format)), ...nameLabels(read.value) });
  },
});
