// gmail_list_drafts: what was written and not sent.
import { z } from 'zod';
import { ok } from '../../model/result.ts';
import { defineTool } from '../define-tool.ts';
import { fitVariants, largestListChars, type Variants } from '../size-limit.ts';
import { withLabelNames } from './label-names.ts';
import {
  clippableRowOutput,
  clippedNote,
  failureOutput,
  failureRows,
  type MessageOutput,
  notesOf,
  snippetNote,
} from './outputs.ts';
import { listSize, pageToken } from './parameters.ts';
import { readListedDraft } from './read-message.ts';

/** The variants of a draft are those of its message; what is around them costs next to nothing. */
const ofDraft = (id: string, variants: Variants<MessageOutput>) =>
  variants.map(({ row: message, ...measured }) => ({ row: { id, message }, ...measured }));

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
  run: async ({ max_results, page_token }, { google: { gmail }, jobs, progress }) => {
    const query = { maxResults: max_results, ...(page_token === undefined ? {} : { pageToken: page_token }) };
    const found = await gmail.searchDrafts(query, 'metadata', (answer) => readListedDraft(answer, jobs), progress);
    if (!found.ok) return found;
    const { items, failures, nextPageToken } = found.value;
    const unread = failureRows(failures);
    const messages = await withLabelNames(
      gmail,
      items.map(({ variants }) => variants),
    );
    const drafts = fitVariants(
      messages.map((variants, index) => ofDraft(items[index]?.id ?? '', variants)),
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
