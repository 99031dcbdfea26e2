// The Gmail API v1 over HTTP, as far as reading goes: parameters, scopes, formats, error answers.
// Whether a token is good is decided by the `authorize` that it is given.
// Source: https://developers.google.com/workspace/gmail/api/reference/rest
import type { gmail_v1 } from '@googleapis/gmail';
import { type Context, Hono } from 'hono';
import { applyFields, GoogleError, googleErrorResponse, googleJson, notFound } from '../google-answers.ts';
import { viewHistory } from './history.ts';
import { viewLabel } from './labels.ts';
import type { Draft, Mailbox, StoredMessage } from './mailbox.ts';
import { listPage } from './message-list.ts';
import { base64url, partBytes, walkParts } from './message-part.ts';
import { type Format, formats, viewMessage } from './message-view.ts';

/** Finds the mailbox a request may read with one of the scopes; a Response is Google's refusal (401 or 403). */
export type Authorize = (request: Request, acceptedScopes: readonly string[]) => { mailbox: Mailbox } | Response;

const gmailScope = 'https://www.googleapis.com/auth/gmail.';
const fullAccess = 'https://mail.google.com/';
const metadataScope = `${gmailScope}metadata`;
const readingScopes = [fullAccess, `${gmailScope}modify`, `${gmailScope}readonly`];
const draftScopes = [...readingScopes, `${gmailScope}compose`];
const labelScopes = [...readingScopes, `${gmailScope}labels`, metadataScope];
const profileScopes = [...draftScopes, metadataScope];

/** What a handler works with: the mailbox, the query string, and whether the token may see headers only. */
interface Call {
  readonly mailbox: Mailbox;
  readonly query: URLSearchParams;
  readonly metadataOnly: boolean;
  parameter(name: string): string;
}

/** The routes at the root: `/gmail/v1/users/:userId/…`. */
export const gmailRoutes = (authorize: Authorize): Hono => {
  const app = new Hono();
  const get = (path: string, scopes: readonly string[], handler: (call: Call) => unknown): void => {
    app.get(`/gmail/v1/users/:userId/${path}`, (context) => answer(authorize, scopes, context, handler));
  };
  get('messages', [...readingScopes, metadataScope], listMessages);
  get('messages/:id', [...readingScopes, metadataScope], getMessage);
  get('messages/:messageId/attachments/:id', readingScopes, getAttachment);
  get('threads/:id', [...readingScopes, metadataScope], getThread);
  get('drafts', draftScopes, listDrafts);
  get('drafts/:id', draftScopes, getDraft);
  get('labels', labelScopes, ({ mailbox }) => ({ labels: mailbox.labels.list() }));
  get('labels/:id', labelScopes, ({ mailbox, parameter }) =>
    viewLabel(mailbox.labels, mailbox.newestFirst(), parameter('id')),
  );
  get('profile', profileScopes, getProfile);
  get('history', [...readingScopes, metadataScope], listHistory);
  return app;
};

/** Authorization, the right person, the handler, the fields mask; Google's errors as answers. */
const answer = (
  authorize: Authorize,
  scopes: readonly string[],
  context: Context,
  handler: (call: Call) => unknown,
): Response => {
  const request = context.req.raw;
  const reading = scopes.filter((scope) => scope !== metadataScope);
  let granted = authorize(request, reading);
  const metadataOnly = granted instanceof Response && granted.status === 403 && reading.length < scopes.length;
  if (metadataOnly) granted = authorize(request, scopes);
  if (granted instanceof Response) return granted;
  const { mailbox } = granted;
  const query = new URL(request.url).searchParams;
  const parameter = (name: string) => context.req.param(name) ?? '';
  try {
    const userId = parameter('userId').toLowerCase();
    if (userId !== 'me' && userId !== mailbox.owner.toLowerCase()) {
      throw new GoogleError('forbidden', `Delegation denied for ${mailbox.owner}`);
    }
    const body = handler({ mailbox, query, metadataOnly, parameter });
    return googleJson(applyFields(body, query.get('fields') ?? undefined));
  } catch (error) {
    if (error instanceof GoogleError) return googleErrorResponse(error);
    throw error;
  }
};

const listRequest = ({ query, metadataOnly }: Call) => {
  if (metadataOnly && query.get('q')) {
    throw new GoogleError('forbidden', "Metadata scope does not support 'q' parameter");
  }
  return {
    query: query.get('q') ?? '',
    labelIds: query.getAll('labelIds'),
    includeSpamTrash: booleanParameter(query, 'includeSpamTrash'),
    maxResults: countParameter(query, 'maxResults', 100, 500),
    pageToken: query.get('pageToken') || undefined,
  };
};

const ids = ({ id, threadId }: StoredMessage) => ({ id, threadId });

const listMessages = (call: Call): gmail_v1.Schema$ListMessagesResponse => {
  const { items, ...page } = listPage(
    call.mailbox,
    call.mailbox.newestFirst(),
    (message) => message,
    listRequest(call),
  );
  return { messages: items.length === 0 ? undefined : items.map(ids), ...page };
};

const listDrafts = (call: Call): gmail_v1.Schema$ListDraftsResponse => {
  const { items, ...page } = listPage(call.mailbox, call.mailbox.drafts(), (draft) => draft.message, listRequest(call));
  const drafts = items.map(({ id, message }) => ({ id, message: ids(message) }));
  return { drafts: drafts.length === 0 ? undefined : drafts, ...page };
};

const view = ({ mailbox, query, metadataOnly }: Call, message: StoredMessage): gmail_v1.Schema$Message => {
  const format = formatParameter(query);
  if (metadataOnly && (format === 'full' || format === 'raw')) {
    throw new GoogleError('forbidden', `Metadata scope doesn't allow format ${format.toUpperCase()}`);
  }
  return viewMessage(mailbox, message, format, query.getAll('metadataHeaders'));
};

/** Message and thread ids are up to 16 hexadecimal digits; anything else is refused before it is looked up. */
const hexId = (id: string): string => {
  if (!/^[0-9a-f]{1,16}$/i.test(id)) throw new GoogleError('invalidArgument', 'Invalid id value');
  return id.toLowerCase();
};

const storedMessage = (mailbox: Mailbox, id: string): StoredMessage => {
  const message = mailbox.message(hexId(id));
  if (message === undefined) throw notFound();
  return message;
};

const getMessage = (call: Call) => view(call, storedMessage(call.mailbox, call.parameter('id')));

const getThread = (call: Call): gmail_v1.Schema$Thread => {
  const id = hexId(call.parameter('id'));
  const messages = call.mailbox.thread(id);
  if (messages.length === 0) throw notFound();
  const historyId = String(Math.max(...messages.map((message) => message.historyId)));
  return { id, historyId, messages: messages.map((message) => view(call, message)) };
};

const getDraft = (call: Call): gmail_v1.Schema$Draft => {
  const id = call.parameter('id');
  if (!/^r-?\d+$/.test(id)) throw new GoogleError('invalidArgument', 'Invalid id value');
  const draft: Draft | undefined = call.mailbox.drafts().find((candidate) => candidate.id === id);
  if (draft === undefined) throw notFound();
  return { id, message: view(call, draft.message) };
};

const getAttachment = ({ mailbox, parameter }: Call): gmail_v1.Schema$MessagePartBody => {
  const message = storedMessage(mailbox, parameter('messageId'));
  const target = mailbox.attachmentIds.resolve(parameter('id'));
  const found = [...walkParts(message.parsed().root)].find(({ partId }) => partId === target?.partId);
  if (target?.messageId !== message.id || found === undefined) {
    throw new GoogleError('invalidArgument', 'Invalid attachment token');
  }
  const bytes = partBytes(message.raw, found.part);
  return { size: bytes.length, data: base64url(bytes) };
};

const getProfile = ({ mailbox }: Call): gmail_v1.Schema$Profile => ({
  emailAddress: mailbox.owner,
  messagesTotal: mailbox.size,
  threadsTotal: new Set(mailbox.newestFirst().map((message) => message.threadId)).size,
  historyId: mailbox.historyId,
});

const listHistory = ({ mailbox, query }: Call): gmail_v1.Schema$ListHistoryResponse =>
  viewHistory(mailbox.history, {
    startHistoryId: query.get('startHistoryId') ?? undefined,
    historyTypes: query.getAll('historyTypes'),
    labelId: query.get('labelId') ?? undefined,
    maxResults: countParameter(query, 'maxResults', 100, 500),
    pageToken: query.get('pageToken') || undefined,
  });

/** A count: `fallback` when absent or 0, never more than `maximum`. */
const countParameter = (query: URLSearchParams, name: string, fallback: number, maximum: number): number => {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^\d{1,10}$/.test(text)) throw unreadable(name, 'TYPE_UINT32', text);
  return Math.min(Number(text) || fallback, maximum);
};

/** `format`, in any case; `full` when absent. */
const formatParameter = (query: URLSearchParams): Format => {
  const text = query.get('format') ?? 'full';
  const format = formats.find((known) => known === text.toLowerCase());
  if (format === undefined) throw unreadable('format', 'type.googleapis.com/google.gmail.v1.Format', text);
  return format;
};

const booleanParameter = (query: URLSearchParams, name: string): boolean => {
  const text = query.get(name);
  if (text === null || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1' || text === '') return true;
  throw unreadable(name, 'TYPE_BOOL', text);
};

const unreadable = (name: string, type: string, text: string): GoogleError => {
  const protoName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new GoogleError('invalidArgument', `Invalid value at '${protoName}' (${type}), ${JSON.stringify(text)}`);
};
