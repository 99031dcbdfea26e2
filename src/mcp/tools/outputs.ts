// What tools answer with: messages in the formats they can be asked for in, and what each needs from Gmail; people, with
// Google's own field names; notes, and what could not be fetched. Further fields of a message may come along: validation
// ignores them, and what is listed forbids none. Reads no mail: tools list their parameters without loading what does.

import type { people_v1 } from '@googleapis/people';
import { withoutInvisible } from '@postern/mail-text/invisible';
import { z } from 'zod';
import type { Failure, MessageView } from '../../google/ports.ts';
import { explainProblem } from '../../model/problem.ts';

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

/** `resourceName` and the fields that were asked for, as Google names them. */
interface ShownPerson {
  readonly resourceName: string;
  readonly [field: string]: unknown;
}

const withoutMetadata = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutMetadata);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name, inner]) => name !== 'metadata' && inner !== null));
};

/** https://developers.google.com/people/api/rest/v1/people#fieldmetadata: at most one value of a field is the primary. */
const isPrimary = (value: unknown): boolean =>
  (value as { metadata?: { primary?: unknown } | null } | null)?.metadata?.primary === true;

/** The values of a field, the primary one first and marked `primary`; a single value is that without saying so. */
const shownValues = (values: readonly unknown[]): unknown[] => {
  const primaryFirst = [...values.filter(isPrimary), ...values.filter((value) => !isPrimary(value))];
  return primaryFirst.map((value) => {
    const shown = withoutMetadata(value);
    return values.length > 1 && isPrimary(value) ? { ...Object(shown), primary: true } : shown;
  });
};

/** Drops `metadata` but for the primary flag, `etag` and empty fields; keeps everything else. */
export const personShape = (person: people_v1.Schema$Person): ShownPerson => {
  const { resourceName, etag: _etag, metadata: _metadata, ...fields } = person;
  const shown = Object.entries(fields).filter(([, value]) => Array.isArray(value) && value.length > 0);
  return {
    resourceName: resourceName ?? '',
    ...Object.fromEntries(shown.map(([name, values]) => [name, shownValues(values as unknown[])])),
  };
};

export const personOutput = z.object({
  resourceName: z.string(),
  /** The person did not fit into the result with all fields; ask for fewer people or fewer fields. */
  clipped: z.exactOptional(z.literal(true)),
});

/** Found by a search, and where. */
export const foundPersonOutput = personOutput.extend({ source: z.exactOptional(z.string()) });

export type PersonRow = z.infer<typeof foundPersonOutput> & ShownPerson;

const visible = (value: unknown): unknown => {
  if (typeof value === 'string') return withoutInvisible(value).text;
  if (Array.isArray(value)) return value.map(visible);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, visible(field)]));
};

/** A person's fields without what nobody can see: names of contacts may come from outside, as mail does. */
export const visiblePerson = ({ resourceName, ...fields }: ShownPerson): ShownPerson => ({
  resourceName,
  ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, visible(field)])),
});

/** What a list says of people that it had no room for. */
export const clippedPeopleNote = (people: readonly PersonRow[]): string | undefined =>
  people.some(({ clipped }) => clipped)
    ? 'people marked clipped had no room here; ask for fewer of them, or for fewer person_fields'
    : undefined;

/** Ever shorter forms of a person who does not fit; the last is a few bytes. */
export const clippedPeople = (person: PersonRow): PersonRow[] => {
  const { resourceName, source, names, emailAddresses } = person;
  const least = { resourceName, ...(source === undefined ? {} : { source }), clipped: true as const };
  const first = (field: unknown) => (Array.isArray(field) ? field.slice(0, 1) : undefined);
  return [{ ...least, names: first(names), emailAddresses: first(emailAddresses) }, least];
};

/** What an answer says beside its data; nothing where there is nothing to say. */
export const notesOf = (...said: readonly (string | undefined)[]): { readonly notes?: readonly string[] } => {
  const notes = said.filter((note) => note !== undefined);
  return notes.length === 0 ? {} : { notes };
};

/** What could not be fetched, in words. */
export const failureOutput = z.object({ id: z.string(), reason: z.string() });
export const failureRows = (failures: readonly Failure[]): z.infer<typeof failureOutput>[] =>
  failures.map(({ id, problem }) => ({ id, reason: explainProblem(problem).what }));
