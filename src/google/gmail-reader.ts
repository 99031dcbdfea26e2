// Gmail v1, read only, for one caller: search, one message, one attachment, labels, drafts. Asks for just the fields that are
// shown. Knows nothing of how mail is presented.
import type { gmail_v1 } from '@googleapis/gmail';
import type { AccountKey } from '../model/account-key.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import { attachmentBytes } from './attachment-bytes.ts';
import type { GoogleClients } from './clients.ts';
import { hydrate } from './hydrate.ts';
import { checkId, firstBadId } from './ids.ts';
import type { LabelCache } from './label-cache.ts';
import type { GmailReader, Hydrated, ListMessagesQuery, MessageView } from './ports.ts';
import type { GoogleRequest, Sending, SendRequest } from './request.ts';

type Message = gmail_v1.Schema$Message;
type Draft = gmail_v1.Schema$Draft;

const rowHeaders = ['From', 'To', 'Cc', 'Subject', 'Date'];
const basicFields = 'id,threadId,labelIds,snippet';

/** The fields mask of a message by view (https://developers.google.com/workspace/gmail/api/guides/performance#partial). */
const messageFields: Record<MessageView, string> = {
  minimal: basicFields,
  metadata: `${basicFields},internalDate,payload/headers`,
  full: `${basicFields},internalDate,payload`,
  raw: `${basicFields},internalDate,raw`,
};

/** What a 400 means for a list: Google refuses a page token, else a label; it refuses no query. */
const refusedList = (query: { pageToken?: string; labelIds?: readonly string[] }): { invalidArgument?: Problem } => {
  if (query.pageToken !== undefined) return { invalidArgument: { kind: 'page_token_invalid' } };
  if (!query.labelIds?.length) return {};
  const detail = 'label_ids names a label that this mailbox does not have any more.';
  return { invalidArgument: { kind: 'invalid_input', detail } };
};

const idsOf = (entries: readonly { id?: string | null }[] | undefined): string[] =>
  (entries ?? []).flatMap(({ id }) => (id ? [id] : []));

type Users = gmail_v1.Resource$Users;
type GmailRequest<T> = Omit<GoogleRequest<T>, 'api' | 'capability' | 'send'> & {
  readonly send: (users: Users, options: { readonly signal: AbortSignal }) => Promise<{ readonly data: T }>;
};

/** `send` for a signal of its own: hydration gives up its requests together. */
export type SendFor = (signal: AbortSignal) => SendRequest;

const createRequests = (clients: GoogleClients, sendFor: SendFor) => {
  const gmailRequest = <T extends object>(signal: AbortSignal, { send, ...request }: GmailRequest<T>) =>
    sendFor(signal)<T>({
      ...request,
      api: 'Gmail API',
      capability: 'mail',
      send: async ({ bearer, signal: sending }: Sending) => {
        const { users } = await clients.gmail(bearer);
        return send(users, { signal: sending });
      },
    });
  const getMessage = (id: string, view: MessageView, signal: AbortSignal): Promise<Result<Message>> =>
    gmailRequest<Message>(signal, {
      method: 'users.messages.get',
      what: 'message',
      invalidArgument: { kind: 'not_found', what: 'message' },
      send: (users, options) => {
        const headers = view === 'metadata' ? { metadataHeaders: rowHeaders } : {};
        return users.messages.get({ userId: 'me', id, format: view, fields: messageFields[view], ...headers }, options);
      },
    });
  const getDraft = (id: string, view: MessageView, signal: AbortSignal): Promise<Result<Draft>> =>
    gmailRequest<Draft>(signal, {
      method: 'users.drafts.get',
      what: 'draft',
      invalidArgument: { kind: 'not_found', what: 'draft' },
      send: (users, options) =>
        users.drafts.get({ userId: 'me', id, format: view, fields: `id,message(${messageFields[view]})` }, options),
    });
  return { gmailRequest, getMessage, getDraft };
};

const withNextPage = <T>(result: Result<Hydrated<T>>, nextPageToken: string | null | undefined): Result<Hydrated<T>> =>
  result.ok && nextPageToken ? ok({ ...result.value, nextPageToken }) : result;

interface GmailCall {
  readonly key: AccountKey;
  readonly freshToken: FreshToken;
  readonly clients: GoogleClients;
  readonly sendFor: SendFor;
  /** Ends every request of the call. */
  readonly signal: AbortSignal;
  readonly labelCache: LabelCache;
}

export const createGmailReader = (call: GmailCall): GmailReader => {
  const { key, freshToken, clients, sendFor, signal, labelCache } = call;
  const { gmailRequest, getMessage, getDraft } = createRequests(clients, sendFor);

  const listMessages = (query: ListMessagesQuery) =>
    gmailRequest<gmail_v1.Schema$ListMessagesResponse>(signal, {
      method: 'users.messages.list',
      ...refusedList(query),
      send: (users, options) =>
        users.messages.list(
          {
            userId: 'me',
            maxResults: query.maxResults,
            includeSpamTrash: query.includeSpamTrash,
            fields: 'messages/id,nextPageToken',
            ...(query.query === undefined ? {} : { q: query.query }),
            ...(query.labelIds?.length ? { labelIds: [...query.labelIds] } : {}),
            ...(query.pageToken === undefined ? {} : { pageToken: query.pageToken }),
          },
          options,
        ),
    });

  return {
    searchMessages: async (query, view, progress) => {
      const labels = (query.labelIds ?? []).map((label) => ['label_ids', label] as const);
      const bad = firstBadId([['page_token', query.pageToken], ...labels]);
      if (bad) return failed(bad);
      const list = await listMessages(query);
      if (!list.ok) return list;
      const found = await hydrate(
        idsOf(list.value.messages),
        signal,
        (id, ends) => getMessage(id, view, ends),
        progress,
      );
      return withNextPage(found, list.value.nextPageToken);
    },

    message: async (id, view) => {
      const checked = checkId('message_id', id);
      return checked.ok ? getMessage(checked.value, view, signal) : checked;
    },

    attachment: async (messageId, attachmentId, { size, progress } = {}) => {
      const bad = firstBadId([
        ['message_id', messageId],
        ['attachment_id', attachmentId],
      ]);
      if (bad) return failed(bad);
      const found = await gmailRequest<{ readonly bytes: Uint8Array }>(signal, {
        method: 'users.messages.attachments.get',
        what: 'attachment',
        invalidArgument: { kind: 'not_found', what: 'attachment' },
        send: async (users, options) => {
          const { data } = await users.messages.attachments.get(
            { userId: 'me', messageId, id: attachmentId, fields: 'size,data' },
            { ...options, responseType: 'stream' },
          );
          return { data: { bytes: await attachmentBytes(data, progress, size) } };
        },
      });
      return found.ok ? ok(found.value.bytes) : found;
    },

    labels: async ({ fresh = false } = {}) => {
      const token = await freshToken();
      if (!token.ok) return token;
      const { grantVersion } = token.value;
      const known = fresh ? undefined : labelCache.get(key, grantVersion);
      if (known) return ok({ labels: known, cached: true });
      const listed = await gmailRequest<gmail_v1.Schema$ListLabelsResponse>(signal, {
        method: 'users.labels.list',
        send: (users, options) => users.labels.list({ userId: 'me', fields: 'labels(id,name)' }, options),
      });
      if (!listed.ok) return listed;
      const labels = (listed.value.labels ?? []).flatMap(({ id, name }) => (id && name ? [{ id, name }] : []));
      labelCache.set(key, grantVersion, labels);
      return ok({ labels, cached: false });
    },

    searchDrafts: async ({ maxResults, pageToken }, view, progress) => {
      const bad = firstBadId([['page_token', pageToken]]);
      if (bad) return failed(bad);
      const list = await gmailRequest<gmail_v1.Schema$ListDraftsResponse>(signal, {
        method: 'users.drafts.list',
        ...refusedList(pageToken === undefined ? {} : { pageToken }),
        send: (users, options) =>
          users.drafts.list(
            {
              userId: 'me',
              maxResults,
              fields: 'drafts/id,nextPageToken',
              ...(pageToken === undefined ? {} : { pageToken }),
            },
            options,
          ),
      });
      if (!list.ok) return list;
      const found = await hydrate(idsOf(list.value.drafts), signal, (id, ends) => getDraft(id, view, ends), progress);
      return withNextPage(found, list.value.nextPageToken);
    },
  };
};
