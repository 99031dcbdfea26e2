// What a message looks like in an answer: the formats it can be asked for in, what each needs from Gmail, and the fields.
// Further fields may come along: validation ignores them, and what is listed forbids none. Reads no mail: tools list their
// parameters without loading what does.

import { z } from 'zod';
import type { MessageView } from '../../google/ports.ts';

export const messageFormats = ['minimal', 'metadata', 'readable', 'links', 'full', 'raw'] as const;
type MessageFormat = (typeof messageFormats)[number];

/** What has to be fetched for a format; a source is fetched in a way of its own. */
export const viewOf = (format: Exclude<MessageFormat, 'raw'>): MessageView =>
  format === 'readable' || format === 'links' ? 'full' : format;

/** What an answer says of its snippets where no body was read. */
export const snippetNote = (format: MessageFormat): string | undefined =>
  format === 'readable' || format === 'links' || format === 'full'
    ? undefined
    : "snippet is Gmail's extract and may hold words hidden from people; format readable has none of those";

/** What a list says of messages that it had no room for. */
export const clippedNote = (rows: readonly { readonly clipped?: true }[]): string | undefined =>
  rows.some(({ clipped }) => clipped)
    ? 'rows marked clipped had no room here; read each with gmail_get_message_by_id'
    : undefined;

const text = z.string();
const optionalText = z.exactOptional(text);
const optionalTexts = z.exactOptional(z.array(text));
const optionalCount = z.exactOptional(z.int().min(0));

const messageRowOutput = z.object({
  id: text,
  threadId: optionalText,
  labelIds: optionalTexts,
  /** Names of the person's own labels. */
  labels: optionalTexts,
  snippet: optionalText,
  from: optionalText,
  to: optionalTexts,
  cc: optionalTexts,
  subject: optionalText,
  /** ISO 8601. */
  date: optionalText,
});

const attachment = z.object({
  attachmentId: text,
  fileName: text,
  mimeType: text,
  size: z.int().min(0),
  inline: z.boolean(),
});

const body = z.object({
  text,
  totalChars: z.int().min(0),
  nextOffset: optionalCount,
  /** Where quoted history begins in the whole text. */
  quotedFrom: optionalCount,
});

/** Of format links. */
const link = z.object({
  number: z.int().min(1),
  ...{ text: optionalText, url: optionalText, host: text, leadsTo: optionalText, textNames: optionalText },
});

/** RFC 5546's words; those of every event. */
const invitation = z.object({
  ...{ method: optionalText, summary: optionalText, start: optionalText, end: optionalText, location: optionalText },
  ...{ organizer: optionalText, attendees: optionalTexts, status: optionalText },
});

/** RFC 3464's words. */
const deliveryReport = z.object({ recipient: text, action: text, status: optionalText, reason: optionalText });

const security = z.object({ signed: optionalText, encrypted: optionalText });

/** What no reader would see: left out of readable text, kept in full. */
const removed = z.object({ hiddenElements: z.int().min(0), invisibleCharacters: z.int().min(0) });

export const clippableRowOutput = messageRowOutput.extend({
  /** The message did not fit into the result as asked; fetch it by its id. */
  clipped: z.exactOptional(z.literal(true)),
});

export const listedMessageOutput = clippableRowOutput.extend({
  body: z.exactOptional(body),
  attachments: z.exactOptional(z.array(attachment)),
  security: z.exactOptional(security),
  invitations: z.exactOptional(z.array(invitation)),
  deliveryReports: z.exactOptional(z.array(deliveryReport)),
  removed: z.exactOptional(removed),
  payload: z.exactOptional(z.object({ partId: text, mimeType: text, filename: text })),
});

export const oneMessageOutput = listedMessageOutput.extend({
  links: z.exactOptional(z.array(link)),
  /** base64url. */
  raw: optionalText,
  totalChars: optionalCount,
  nextOffset: optionalCount,
});

export type MessageOutput = z.infer<typeof oneMessageOutput>;
