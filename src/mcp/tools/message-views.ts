// The formats a message can be asked for in, and what each needs from Gmail. Reads no mail: tools list their parameters
// without loading what does.
import type { MessageView } from '../../google/ports.ts';

export const messageFormats = ['minimal', 'metadata', 'readable', 'links', 'full', 'raw'] as const;
export type MessageFormat = (typeof messageFormats)[number];

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
