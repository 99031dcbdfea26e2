// gmail_get_message_by_id: one message, in pages where it is long.
import { z } from 'zod';
import { ok } from '../model/result.ts';
import { defineTool } from './define-tool.ts';
import { withLabelNames } from './label-names.ts';
import { oneMessageOutput } from './message-output.ts';
import { messageFormats, viewOf } from './message-views.ts';
import { maxChars, messageId, notesOf, offset, pageOf } from './parameters.ts';
import { fitPage, largestResultChars } from './size-limit.ts';

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
  run: async ({ message_id, format, max_chars, offset }, { google: { gmail } }) => {
    const { clippedForms, completed, formatted, snippetNote } = await import('./message-formats.ts');
    const found = await gmail.message(message_id, viewOf(format));
    if (!found.ok) return found;
    const [named = found.value] = await withLabelNames(gmail, [found.value]);
    const whole = await completed(gmail, named, format);
    if (!whole.ok) return whole;
    const message = whole.value;
    const row = fitPage(
      max_chars,
      (maxChars) => formatted(message, format, pageOf(maxChars, offset)),
      () => clippedForms(message, format).at(1) ?? { id: message_id },
    );
    return ok({ ...notesOf(snippetNote(format)), ...row });
  },
});
