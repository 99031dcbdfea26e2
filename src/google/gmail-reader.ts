// Gmail v1, read only, for one caller: search, one message, one attachment, labels, drafts. What comes is in memory only
// while it is worked on.
import type { gmail_v1 } from '@googleapis/gmail';
import type { Body } from '@postern/mail-text/answer';
import type { AccountKey } from '../model/account-key.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { LabelCache } from './account-caches.ts';
import { NoMemoryYet } from './answer-scanner.ts';
import { attachmentPieces, bodyPieces, collected } from './attachment-bytes.ts';
import { createGmailRequests, type GmailRequests, type Pieces, type SendFor } from './gmail-requests.ts';
import { checkId, firstBadId } from './ids.ts';
import type {
  AttachmentOptions,
  Fetched,
  GmailReader,
  Hydrated,
  MessageView,
  PartSource,
  ReportProgress,
} from './ports.ts';
import type { MemoryReservation } from './read-answer.ts';
import { lengthOf, mostOfBody, mostOfMessage, type Reserve, readAnswer, readJson, readSource } from './read-answer.ts';
import type { GoogleClients } from './request.ts';

const busy: Problem = { kind: 'busy' };

/** Items of one list that are fetched or read at the same time. */
const itemsAtOnce = 12;

/** Problems of the whole call, not of one item: the answer is a link, or nobody waits for it any more. */
const endsTheCall = (problem: Problem): boolean =>
  problem.kind === 'authorization_required' || problem.kind === 'cancelled';

/**
 * A list of ids → the items themselves, and what failed beside what came, in the list's order. Some are fetched at once
 * (request.ts bounds how many are in flight); once one is refused because too much waits, the others are not begun.
 * @param fetchOne gets a signal that is aborted as soon as the whole call is lost.
 * @param progress is called after every item, whether it came or failed.
 */
const hydrate = async <T>(
  ids: readonly string[],
  signal: AbortSignal,
  fetchOne: (id: string, signal: AbortSignal) => Promise<Result<T>>,
  progress: ReportProgress = () => undefined,
): Promise<Result<Hydrated<T>>> => {
  const lost = new AbortController();
  const either = AbortSignal.any([signal, lost.signal]);
  let ending: Problem | undefined;
  let isBusy = false;
  let done = 0;
  const results: { readonly id: string; readonly result: Result<T> }[] = [];
  const waiting = ids.entries();
  const fetchOneByOne = async (): Promise<void> => {
    for (const [index, id] of waiting) {
      const result = isBusy ? failed(busy) : await fetchOne(id, either);
      if (!result.ok && endsTheCall(result.problem)) {
        ending ??= result.problem;
        lost.abort();
      }
      isBusy ||= !result.ok && result.problem.kind === 'busy';
      done += 1;
      if (ending === undefined) progress(done, ids.length);
      results[index] = { id, result };
    }
  };
  await Promise.all(Array.from({ length: itemsAtOnce }, fetchOneByOne));
  if (ending) return failed(ending);
  if (isBusy && results.every(({ result }) => !result.ok && result.problem.kind === 'busy')) return failed(busy);
  return ok({
    items: results.flatMap(({ result }) => (result.ok ? [result.value] : [])),
    failures: results.flatMap(({ id, result }) => (result.ok ? [] : [{ id, problem: result.problem }])),
  });
};

const idsOf = (entries: readonly { id?: string | null }[] | undefined): string[] =>
  (entries ?? []).flatMap(({ id }) => (id ? [id] : []));

const withNextPage = <T>(result: Result<Hydrated<T>>, nextPageToken: string | null | undefined): Result<Hydrated<T>> =>
  result.ok && nextPageToken ? ok({ ...result.value, nextPageToken }) : result;

const badPart = (messageId: string, from: PartSource): Problem | undefined =>
  firstBadId([
    ['message_id', messageId],
    ['attachment_id', 'body' in from ? undefined : from.attachmentId],
  ]);

interface GmailCall {
  readonly key: AccountKey;
  readonly freshToken: FreshToken;
  readonly clients: GoogleClients;
  readonly sendFor: SendFor;
  /** For what has begun, and waits on whatever the call's patience. */
  readonly sendFurther: SendFor;
  /** Memory for one piece of work. @param most bytes that it will ever need. */
  readonly reserveMemory: (most: number, signal: AbortSignal) => MemoryReservation;
  /** Ends every request of the call. */
  readonly signal: AbortSignal;
  readonly labelCache: LabelCache;
}

/** A call with its requests to Gmail. */
interface Reading extends GmailCall {
  readonly requests: GmailRequests;
  readonly further: GmailRequests;
}

/** One of Gmail's attachments, or one of the bodies that a message has in itself, as it arrives. */
const partRequest = <T extends object>(
  by: GmailRequests,
  { messageId, from, signal }: { readonly messageId: string; readonly from: PartSource; readonly signal: AbortSignal },
  { size, progress }: AttachmentOptions,
  read: (pieces: Pieces) => Promise<T>,
): Promise<Result<T>> =>
  'body' in from
    ? by.message(messageId, 'full', signal, (answer) => read(bodyPieces(answer, from.body)))
    : by.attachment(messageId, from.attachmentId, signal, (answer) =>
        read(attachmentPieces(answer, { expected: size, progress })),
      );

/**
 * Asks for something within the memory of its work. Where there is none, the connection is given up and it is asked for
 * again once there is.
 * @param isFirst nothing else is in that memory.
 */
const fetchInto = async <T>(
  { requests, further }: Reading,
  memory: MemoryReservation,
  isFirst: boolean,
  ask: (by: GmailRequests, reserve: Reserve) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const queued = isFirst ? await memory.queueUp() : 'held';
  if (queued !== 'held') return failed({ kind: queued });
  for (let by = isFirst ? requests : further; ; by = further) {
    let lacking: number | undefined;
    const got = await ask(by, (bytes) => {
      if (memory.grows(bytes)) return;
      lacking = bytes;
      throw new NoMemoryYet();
    });
    if (lacking === undefined) return got;
    if (isFirst) memory.giveBack();
    const grown = await memory.growTo(lacking);
    if (grown !== 'held') return failed({ kind: grown });
  }
};

/** Fetches and uses something within the memory budget, which is free again afterwards. */
const withMemory = async <R>(
  { reserveMemory }: Reading,
  most: number,
  ending: AbortSignal,
  use: (memory: MemoryReservation) => Promise<R>,
): Promise<R> => {
  const memory = reserveMemory(most, ending);
  try {
    return await use(memory);
  } finally {
    memory.release();
  }
};

/** The texts that Gmail left out of its answer, one after the other, together no more than a message may be. */
const textsOf = (
  reading: Reading,
  messageId: string,
  answerBytes: number,
  memory: MemoryReservation,
): Fetched['text'] => {
  const { signal } = reading;
  let total = answerBytes;
  let before: Promise<unknown> = Promise.resolve();
  const fetchText = async (attachmentId: string, size: number): Promise<Result<Body>> => {
    const from = { attachmentId };
    const bad = badPart(messageId, from);
    if (bad) return failed(bad);
    const most = Math.min(mostOfBody, Math.max(0, mostOfMessage - total));
    const text = await fetchInto(reading, memory, false, (by, reserve) =>
      partRequest(by, { messageId, from, signal }, { size }, (pieces) =>
        collected(pieces, most, (bytes) => reserve(total + bytes)),
      ),
    );
    if (text.ok) total += text.value.bytes.length;
    return text;
  };
  return (attachmentId, size) => {
    const text = before.then(() => fetchText(attachmentId, size));
    before = text.catch(() => undefined);
    return text;
  };
};

const usingMessage = <R>(
  reading: Reading,
  id: string,
  view: MessageView,
  ending: AbortSignal,
  use: (fetched: Fetched) => Promise<Result<R>>,
): Promise<Result<R>> =>
  withMemory(reading, mostOfMessage, ending, async (memory) => {
    const mostOfEach = view === 'structure' ? 0 : mostOfBody;
    const got = await fetchInto(reading, memory, true, (by, reserve) =>
      by.message(id, view, ending, (pieces) => readAnswer<gmail_v1.Schema$Message>(pieces, reserve, mostOfEach)),
    );
    return got.ok ? use({ answer: got.value, text: textsOf(reading, id, lengthOf(got.value), memory) }) : got;
  });

type Method<Name extends keyof GmailReader> = (reading: Reading) => GmailReader[Name];

const searchMessages: Method<'searchMessages'> = (reading) => async (query, view, use, progress) => {
  const { requests, signal } = reading;
  const labels = (query.labelIds ?? []).map((label) => ['label_ids', label] as const);
  const bad = firstBadId([['page_token', query.pageToken], ...labels]);
  if (bad) return failed(bad);
  const list = await requests.listMessages<gmail_v1.Schema$ListMessagesResponse>(query, signal, readJson);
  if (!list.ok) return list;
  const fetchOne = (id: string, ending: AbortSignal) => usingMessage(reading, id, view, ending, use);
  const found = await hydrate(idsOf(list.value.messages), signal, fetchOne, progress);
  return withNextPage(found, list.value.nextPageToken);
};

const searchDrafts: Method<'searchDrafts'> = (reading) => async (query, view, use, progress) => {
  const { requests, signal } = reading;
  const bad = firstBadId([['page_token', query.pageToken]]);
  if (bad) return failed(bad);
  const list = await requests.listDrafts<gmail_v1.Schema$ListDraftsResponse>(query, signal, readJson);
  if (!list.ok) return list;
  const fetchOne = (id: string, ending: AbortSignal) =>
    withMemory(reading, mostOfMessage, ending, async (memory) => {
      const got = await fetchInto(reading, memory, true, (by, reserve) =>
        by.draft(id, view, ending, (pieces) => readAnswer<gmail_v1.Schema$Draft>(pieces, reserve)),
      );
      return got.ok ? use(got.value) : got;
    });
  const found = await hydrate(idsOf(list.value.drafts), signal, fetchOne, progress);
  return withNextPage(found, list.value.nextPageToken);
};

const listLabels: Method<'labels'> =
  ({ key, freshToken, labelCache, further, signal }) =>
  async ({ fresh = false } = {}) => {
    const token = await freshToken();
    if (!token.ok) return token;
    const { grantVersion } = token.value;
    const known = fresh ? undefined : labelCache.get(key, grantVersion);
    if (known) return ok({ labels: known, cached: true });
    const listed = await further.labels<gmail_v1.Schema$ListLabelsResponse>(signal, readJson);
    if (!listed.ok) return listed;
    const labels = (listed.value.labels ?? []).flatMap(({ id, name }) => (id && name ? [{ id, name }] : []));
    labelCache.set(key, grantVersion, labels);
    return ok({ labels, cached: false });
  };

export const createGmailReader = (call: GmailCall): GmailReader => {
  const requests = createGmailRequests(call.clients, call.sendFor);
  const further = createGmailRequests(call.clients, call.sendFurther);
  const reading: Reading = { ...call, requests, further };
  const { signal } = call;
  return {
    searchMessages: searchMessages(reading),
    message: async (id, view, use) => {
      const checked = checkId('message_id', id);
      return checked.ok ? usingMessage(reading, id, view, signal, use) : checked;
    },
    source: async (id, page) => {
      const checked = checkId('message_id', id);
      return checked.ok ? requests.message(id, 'raw', signal, (pieces) => readSource(pieces, page)) : checked;
    },
    attachment: async (messageId, from, { most, ...options }, use) => {
      const bad = badPart(messageId, from);
      if (bad) return failed(bad);
      return withMemory(reading, most, signal, async (memory) => {
        const body = await fetchInto(reading, memory, true, (by, reserve) =>
          partRequest(by, { messageId, from, signal }, options, (pieces) => collected(pieces, most, reserve)),
        );
        return body.ok ? use(body.value) : body;
      });
    },
    attachmentTo: async (messageId, from, options, take) => {
      const bad = badPart(messageId, from);
      if (bad) return failed(bad);
      return partRequest(requests, { messageId, from, signal }, options, async (pieces) => {
        await take(pieces);
        return {};
      });
    },
    profile: () => requests.profile<gmail_v1.Schema$Profile>(signal, readJson),
    labels: listLabels(reading),
    searchDrafts: searchDrafts(reading),
  };
};
