// gmail_list_drafts: what was written and not sent.
import { z } from 'zod';
import { ok } from '../model/result.ts';
import { defineTool } from './define-tool.ts';
import { withLabelNames } from './label-names.ts';
import { clippableRowOutput } from './message-output.ts';
import { failureOutput, failureRows, listSize, notesOf, pageToken } from './parameters.ts';
import { fitRows, largestListChars } from './size-limit.ts';

type DraftRow = { id: string; message: z.infer<typeof clippableRowOutput> };

export const gmailListDrafts = defineTool({
  name: 'gmail_list_drafts',
  title: 'List drafts',
  description: 'List drafts: mails written but not sent. Read one with gmail_get_message_by_id and its message id.',
  input: z.object({ max_results: listSize, page_token: pageToken }),
  output: z.object({
    drafts: z.array(z.object({ id: z.string(), message: clippableRowOutput })),
    nextPageToken: z.exactOptional(z.string()),
    failures: z.array(failureOutput),
  }),
  maxResultChars: largestListChars,
  requires: ['mail'],
  optional: [],
  run: async ({ max_results, page_token }, { google: { gmail }, progress }) => {
    const { messageRow } = await import('../mail/message.ts');
    const { clippedForms, clippedNote, snippetNote } = await import('./message-formats.ts');
    const query = { maxResults: max_results, ...(page_token === undefined ? {} : { pageToken: page_token }) };
    const found = await gmail.searchDrafts(query, 'metadata', progress);
    if (!found.ok) return found;
    const { items, failures, nextPageToken } = found.value;
    const ids = items.map(({ id }) => id ?? '');
    const messages = await withLabelNames(
      gmail,
      items.map(({ message }) => message ?? {}),
    );
    const rows: DraftRow[] = messages.map((message, index) => ({ id: ids[index] ?? '', message: messageRow(message) }));
    const unread = failureRows(failures);
    const drafts = fitRows(
      rows,
      (_, index) =>
        clippedForms(messages[index] ?? {}, 'metadata').map((message) => ({ id: ids[index] ?? '', message })),
      unread,
    );
    const shown = drafts.map(({ message }) => message);
    return ok({
      ...notesOf(shown.length > 0 ? snippetNote('metadata') : undefined, clippedNote(shown)),
      drafts,
      failures: unread,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
  },
});
