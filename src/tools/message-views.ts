// The formats a message can be asked for in, and what each needs from Gmail. Reads no mail: tools list their parameters
// without loading what does.
import type { MessageView } from '../google/ports.ts';

export const messageFormats = ['minimal', 'metadata', 'readable', 'links', 'full', 'raw'] as const;
export type MessageFormat = (typeof messageFormats)[number];

/** What has to be fetched for a format. */
export const viewOf = (format: MessageFormat): MessageView =>
  format === 'readable' || format === 'links' ? 'full' : format;
