// The requests to Gmail v1, each with just the fields that are shown; answers are read as they arrive.
import type { gmail_v1 } from '@googleapis/gmail';
import type { Problem } from '../model/problem.ts';
import type { Result } from '../model/result.ts';
import type { ListMessagesQuery, MessageView } from './ports.ts';
import type { GoogleClients, GoogleRequest, Sending, SendRequest } from './request.ts';

const rowHeaders = ['From', 'To', 'Cc', 'Subject', 'Date'];
const basicFields = 'id,threadId,labelIds,snippet';

type Wanted = MessageView | 'raw';

/** The fields mask of a message by view (https://developers.google.com/workspace/gmail/api/guides/performance#partial). */
const messageFields: Record<Wanted, string> = {
  minimal: basicFields,
  metadata: `${basicFields},internalDate,payload/headers`,
  full: `${basicFields},internalDate,payload`,
  structure: `${basicFields},internalDate,payload`,
  raw: `${basicFields},internalDate,raw`,
};

const formatOf = (view: Wanted): string => (view === 'structure' ? 'full' : view);

/** What a 400 means for a list: Google refuses a page token, else a label; it refuses no query. */
const refusedList = (query: { pageToken?: string; labelIds?: readonly string[] }): { invalidArgument?: Problem } => {
  if (query.pageToken !== undefined) return { invalidArgument: { kind: 'page_token_invalid' } };
  if (!query.labelIds?.length) return {};
  const detail = 'label_ids names a label that this mailbox does not have any more.';
  return { invalidArgument: { kind: 'invalid_input', detail } };
};

const about = (what: 'message' | 'draft' | 'attachment') =>
  ({ what, invalidArgument: { kind: 'not_found', what } }) as const;

/** An answer as it arrives. */
export type Pieces = AsyncIterable<Uint8Array>;
/** Reads an answer to its end. */
type Read<T> = (answer: Pieces) => Promise<T>;

interface SendOptions {
  readonly signal: AbortSignal;
  readonly responseType: 'stream';
}

type GmailRequest<T> = Omit<GoogleRequest<T>, 'api' | 'capability' | 'send'> & {
  readonly send: (users: gmail_v1.Resource$Users, options: SendOptions) => Promise<{ readonly data: Pieces }>;
  readonly read: Read<T>;
};

/** `send` for a signal of its own: hydration gives up its requests together. */
export type SendFor = (signal: AbortSignal) => SendRequest;

export interface GmailRequests {
  listMessages<T extends object>(query: ListMessagesQuery, signal: AbortSignal, read: Read<T>): Promise<Result<T>>;
  message<T extends object>(id: string, view: Wanted, signal: AbortSignal, read: Read<T>): Promise<Result<T>>;
  attachment<T extends object>(
    messageId: string,
    attachmentId: string,
    signal: AbortSignal,
    read: Read<T>,
  ): Promise<Result<T>>;
  profile<T extends object>(signal: AbortSignal, read: Read<T>): Promise<Result<T>>;
  labels<T extends object>(signal: AbortSignal, read: Read<T>): Promise<Result<T>>;
  listDrafts<T extends object>(
    query: { readonly maxResults: number; readonly pageToken?: string },
    signal: AbortSignal,
    read: Read<T>,
  ): Promise<Result<T>>;
  draft<T extends object>(id: string, view: MessageView, signal: AbortSignal, read: Read<T>): Promise<Result<T>>;
}

export const createGmailRequests = (clients: GoogleClients, sendFor: SendFor): GmailRequests => {
  const request = <T extends object>(signal: AbortSignal, { send, read, ...rest }: GmailRequest<T>) =>
    sendFor(signal)<T>({
      ...rest,
      api: 'Gmail API',
      capability: 'mail',
      send: async ({ bearer, signal: sending, arriving }: Sending) => {
        const { users } = await clients.gmail(bearer);
        const { data } = await send(users, { signal: sending, responseType: 'stream' });
        return { data: await read(arriving(data)) };
      },
    });
  const me = { userId: 'me' };

  return {
    listMessages: (query, signal, read) =>
      request(signal, {
        method: 'users.messages.list',
        ...refusedList(query),
        send: (users, options) =>
          users.messages.list(
            {
              ...me,
              maxResults: query.maxResults,
              includeSpamTrash: query.includeSpamTrash,
              fields: 'messages/id,nextPageToken',
              q: query.query,
              labelIds: query.labelIds && [...query.labelIds],
              pageToken: query.pageToken,
            },
            options,
          ),
        read,
      }),
    message: (id, view, signal, read) =>
      request(signal, {
        method: 'users.messages.get',
        ...about('message'),
        send: (users, options) => {
          const headers = view === 'metadata' ? { metadataHeaders: rowHeaders } : {};
          return users.messages.get(
            { ...me, id, format: formatOf(view), fields: messageFields[view], ...headers },
            options,
          );
        },
        read,
      }),
    attachment: (messageId, id, signal, read) =>
      request(signal, {
        method: 'users.messages.attachments.get',
        ...about('attachment'),
        send: (users, options) =>
          users.messages.attachments.get({ ...me, messageId, id, fields: 'size,data' }, options),
        read,
      }),
    profile: (signal, read) =>
      request(signal, {
        method: 'users.getProfile',
        send: (users, options) => users.getProfile({ ...me, fields: 'historyId' }, options),
        read,
      }),
    labels: (signal, read) =>
      request(signal, {
        method: 'users.labels.list',
        send: (users, options) => users.labels.list({ ...me, fields: 'labels(id,name)' }, options),
        read,
      }),
    listDrafts: ({ maxResults, pageToken }, signal, read) =>
      request(signal, {
        method: 'users.drafts.list',
        ...refusedList({ pageToken }),
        send: (users, options) =>
          users.drafts.list({ ...me, maxResults, pageToken, fields: 'drafts/id,nextPageToken' }, options),
        read,
      }),
    draft: (id, view, signal, read) =>
      request(signal, {
        method: 'users.drafts.get',
        ...about('draft'),
        send: (users, options) => {
          const fields = `id,message(${messageFields[view]})`;
          return users.drafts.get({ ...me, id, format: formatOf(view), fields }, options);
        },
        read,
      }),
  };
};
