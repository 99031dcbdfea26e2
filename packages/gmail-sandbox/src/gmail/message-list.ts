// Which messages a list request means: query, labels, spam and trash, and the page of them.
import { GoogleError } from '../google-answers.ts';
import type { Mailbox, StoredMessage } from './mailbox.ts';
import { matchesQuery, type SearchableMessage, wordLine } from './query-match.ts';
import { asksForSpamOrTrash, parseQuery } from './query-parser.ts';

export interface ListRequest {
  readonly query: string;
  readonly labelIds: readonly string[];
  readonly includeSpamTrash: boolean;
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
  readonly resultSizeEstimate: number;
}

/** Gmail stops counting here. */
const estimateLimit = 201;

/**
 * The page that a request asks for.
 * @param candidates messages, or things with a message such as drafts, newest first
 * @throws GoogleError (400) for an unknown label or a page token nobody issued
 */
export const listPage = <T>(
  mailbox: Mailbox,
  candidates: readonly T[],
  messageOf: (candidate: T) => StoredMessage,
  request: ListRequest,
): Page<T> => {
  const isWanted = requestFilter(mailbox, request);
  const wanted = candidates.filter((candidate) => isWanted(messageOf(candidate)));
  const isAfter = request.pageToken === undefined ? () => true : afterPageToken(request.pageToken);
  const start = wanted.findIndex((candidate) => isAfter(messageOf(candidate)));
  const items = start === -1 ? [] : wanted.slice(start, start + request.maxResults);
  const last = items.at(-1);
  const resultSizeEstimate = Math.min(wanted.length, estimateLimit);
  if (last === undefined || start + items.length >= wanted.length) return { items, resultSizeEstimate };
  return { items, nextPageToken: pageTokenAt(messageOf(last)), resultSizeEstimate };
};

const requestFilter = (mailbox: Mailbox, request: ListRequest): ((message: StoredMessage) => boolean) => {
  const { labelIds } = request;
  const unknown = labelIds.find((id) => !mailbox.labels.has(id));
  if (unknown !== undefined) throw new GoogleError('invalidArgument', `Invalid label: ${unknown}`);
  const query = parseQuery(request.query);
  const everywhere =
    request.includeSpamTrash || labelIds.includes('SPAM') || labelIds.includes('TRASH') || asksForSpamOrTrash(query);
  const context = { owner: mailbox.owner, now: mailbox.clock.now() };
  const matchesEverything = query.kind === 'and' && query.of.length === 0;
  return (message) =>
    (everywhere || !(message.labelIds.has('SPAM') || message.labelIds.has('TRASH'))) &&
    labelIds.every((id) => message.labelIds.has(id)) &&
    (matchesEverything || matchesQuery(query, searchable(mailbox, message), context));
};

/** Twenty digits, like Gmail's: the place of the page's last message in the order, so that new mail shifts nothing. */
const pageTokenAt = ({ internalDate, sequence }: StoredMessage): string =>
  String(internalDate).padStart(13, '0') + String(sequence).padStart(7, '0');

const afterPageToken = (token: string): ((message: StoredMessage) => boolean) => {
  if (!/^\d{20}$/.test(token)) throw new GoogleError('invalidArgument', 'Invalid pageToken');
  const date = Number(token.slice(0, 13));
  const sequence = Number(token.slice(13));
  return (message) => message.internalDate < date || (message.internalDate === date && message.sequence < sequence);
};

const searchTexts = new WeakMap<StoredMessage, Pick<SearchableMessage, 'words' | 'filenames' | 'header'>>();
const searchedHeaders = ['subject', 'from', 'to', 'cc', 'bcc'];

/** The message as queries see it; what depends only on its bytes is computed once. */
const searchable = (mailbox: Mailbox, message: StoredMessage): SearchableMessage => {
  let texts = searchTexts.get(message);
  if (texts === undefined) {
    const { header, bodyText, filenames } = message.parsed();
    const fields = [...searchedHeaders.map(header), bodyText(), ...filenames];
    texts = { words: fields.map(wordLine).join('|'), filenames, header };
    searchTexts.set(message, texts);
  }
  return {
    ...texts,
    labelIds: message.labelIds,
    userLabels: [...message.labelIds].map(mailbox.labels.userLabelName).filter((name) => name !== undefined),
    internalDate: message.internalDate,
    sizeInBytes: message.raw.length,
  };
};
