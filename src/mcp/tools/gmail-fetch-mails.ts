// gmail_fetch_mails: search or list the mailbox; every row comes with its fields fetched.
import { z } from 'zod';
import { ok } from '../../model/result.ts';
import { defineTool } from '../define-tool.ts';
import { createVariantTrimmer, fitVariants, largestListChars } from '../size-limit.ts';
import { labelIdsOf, withLabelNames } from './label-names.ts';
import {
  clippedNote,
  failureOutput,
  failureRows,
  listedMessageOutput,
  notesOf,
  snippetNote,
  viewOf,
} from './outputs.ts';
import { listSize, pageOf, pageToken, searchText } from './parameters.ts';
import { readListedMessage } from './read-message.ts';

/** Characters of each body in a list of readable messages; the rest is read message by message. */
const listedBodyChars = 2000;
/** Characters of each body in a list of full messages: the default page of one message. */
const fullBodyChars = 20_000;

export const gmailFetchMails = defineTool({
  name: 'gmail_fetch_mails',
  title: 'Search mail',
  description: 'Search or list mails, newest first. Read one whole with gmail_get_message_by_id.',
  input: z.object({
    query: z.exactOptional(searchText).describe('Gmail search, e.g. is:unread from:ann newer_than:7d'),
    max_results: listSize,
    page_token: pageToken,
    label_ids: z.exactOptional(z.array(z.string().min(1).max(200)).max(50)).describe('All of them, by name or id'),
    include_spam_trash: z.boolean().default(false),
    format: z
      .enum(['minimal', 'metadata', 'readable', 'full'])
      .default('metadata')
      .describe(`readable: first ${listedBodyChars} characters of the text`),
  }),
  output: z.object({
    messages: z.array(listedMessageOutput),
    nextPageToken: z.exactOptional(z.string()),
    failures: z.array(failureOutput),
  }),
  maxResultChars: largestListChars,
  requires: ['mail'],
  optional: [],
  run: async (input, { google: { gmail }, jobs, progress }) => {
    const { format } = input;
    const labels = input.label_ids === undefined ? ok(undefined) : await labelIdsOf(gmail, input.label_ids);
    if (!labels.ok) return labels;
    const page = pageOf(format === 'full' ? fullBodyChars : listedBodyChars, 0);
    const trim = createVariantTrimmer();
    const found = await gmail.searchMessages(
      {
        maxResults: input.max_results,
        includeSpamTrash: input.include_spam_trash,
        ...(input.query === undefined ? {} : { query: input.query }),
        ...(labels.value === undefined ? {} : { labelIds: labels.value }),
        ...(input.page_token === undefined ? {} : { pageToken: input.page_token }),
      },
      viewOf(format),
      async (fetched) => {
        const read = await readListedMessage(fetched, { format, page }, jobs);
        return read.ok ? ok(trim(read.value)) : read;
      },
      progress,
    );
    if (!found.ok) return found;
    const { items, failures, nextPageToken } = found.value;
    const unread = failureRows(failures);
    const shown = fitVariants(await withLabelNames(gmail, items), unread);
    return ok({
      ...notesOf(shown.length > 0 ? snippetNote(format) : undefined, clippedNote(shown)),
      messages: shown,
      failures: unread,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
  },
});
