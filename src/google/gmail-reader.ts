// Gmail v1, read only, for one caller: search, one message, one attachment, labels, drafts. What comes is held only while
// it is worked on. Knows nothing of how mail is presented.
import type { gmail_v1 } from '@googleapis/gmail';
import type { Body } from '@postern/mail-text/answer';
import type { AccountKey } from '../model/account-key.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import { attachmentPieces, bodyPieces, collected } from './attachment-bytes.ts';
import { BrokenAnswer } from './base64-value.ts';
import type { GoogleClients } from './clients.ts';
import { createGmailRequests, type Pieces, type SendFor } from './gmail-requests.ts';
import type { Holding } from './holdings.ts';
import { hydrate } from './hydrate.ts';
import { checkId, firstBadId } from './ids.ts';
import type { LabelCache } from './label-cache.ts';
import type { AttachmentOptions, Fetched, GmailReader, Hydrated, MessageView, PartSource } from './ports.ts';
import { type Hold, lengthOf, mostOfBody, mostOfMessage, readAnswer, readJson } from './read-answer.ts';
import { readSource } from './read-source.ts';

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
  /** Holds bytes for one piece of work. @param most bytes that it will ever need. */
  readonly openHolding: (most: number, signal: AbortSignal) => Holding;
  /** Ends every request of the call. */
  readonly signal: AbortSignal;
  readonly labelCache: LabelCache;
}

export const createGmailReader = (call: GmailCall): GmailReader => {
  const { key, freshToken, signal, labelCache } = call;
  const requests = createGmailRequests(call.clients, call.sendFor);

  /** One of Gmail's attachments, or one of the bodies that a message has in itself, as it arrives. */
  const partRequest = <T extends object>(
    messageId: string,
    from: PartSource,
    { size, progress }: AttachmentOptions,
    read: (pieces: Pieces) => Promise<T>,
  ): Promise<Result<T>> =>
    'body' in from
      ? requests.message(messageId, 'full', signal, (answer) => read(bodyPieces(answer, from.body)))
      : requests.attachment(messageId, from.attachmentId, signal, (answer) =>
          read(attachmentPieces(answer, { expected: size, progress })),
        );

  /** Holds bytes while something is fetched and used. */
  const holding = async <R>(most: number, ending: AbortSignal, use: (hold: Hold) => Promise<R>): Promise<R> => {
    const held = call.openHolding(most, ending);
    try {
      return await use(async (bytes) => {
        if (!(await held.upTo(bytes))) throw new BrokenAnswer();
      });
    } finally {
      held.release();
    }
  };

  /** The texts that Gmail left out of its answer, one after the other, together no more than a message may be. */
  const textsOf = (messageId: string, answerBytes: number, hold: Hold): Fetched['text'] => {
    let held = answerBytes;
    let before: Promise<unknown> = Promise.resolve();
    const fetchText = async (attachmentId: string, size: number): Promise<Result<Body>> => {
      const from = { attachmentId };
      const bad = badPart(messageId, from);
      if (bad) return failed(bad);
      const most = Math.min(mostOfBody, Math.max(0, mostOfMessage - held));
      const text = await partRequest(messageId, from, { size }, (pieces) =>
        collected(pieces, most, (bytes) => hold(held + bytes)),
      );
      if (text.ok) held += text.value.bytes.length;
      return text;
    };
    return (attachmentId, size) => {
      const text = before.then(() => fetchText(attachmentId, size));
      before = text.catch(() => undefined);
      return text;
    };
  };

  const usingMessage = <R>(
    id: string,
    view: MessageView,
    ending: AbortSignal,
    use: (fetched: Fetched) => Promise<Result<R>>,
  ): Promise<Result<R>> =>
    holding(mostOfMessage, ending, async (hold) => {
      const mostOfEach = view === 'structure' ? 0 : mostOfBody;
      const got = await requests.message(id, view, ending, (pieces) =>
        readAnswer<gmail_v1.Schema$Message>(pieces, hold, mostOfEach),
      );
      return got.ok ? use({ answer: got.value, text: textsOf(id, lengthOf(got.value), hold) }) : got;
    });

  return {
    searchMessages: async (query, view, use, progress) => {
      const labels = (query.labelIds ?? []).map((label) => ['label_ids', label] as const);
      const bad = firstBadId([['page_token', query.pageToken], ...labels]);
      if (bad) return failed(bad);
      const list = await requests.listMessages<gmail_v1.Schema$ListMessagesResponse>(query, signal, readJson);
      if (!list.ok) return list;
      const fetchOne = (id: string, ending: AbortSignal) => usingMessage(id, view, ending, use);
      const found = await hydrate(idsOf(list.value.messages), signal, fetchOne, progress);
      return withNextPage(found, list.value.nextPageToken);
    },

    message: async (id, view, use) => {
      const checked = checkId('message_id', id);
      return checked.ok ? usingMessage(id, view, signal, use) : checked;
    },

    source: async (id, page) => {
      const checked = checkId('message_id', id);
      return checked.ok ? requests.message(id, 'raw', signal, (pieces) => readSource(pieces, page)) : checked;
    },

    attachment: async (messageId, from, { most, ...options }, use) => {
      const bad = badPart(messageId, from);
      if (bad) return failed(bad);
      return holding(most, signal, async (hold) => {
        const body = await partRequest(messageId, from, options, (pieces) => collected(pieces, most, hold));
        return body.ok ? use(body.value) : body;
      });
    },

    attachmentTo: async (messageId, from, options, take) => {
      const bad = badPart(messageId, from);
      if (bad) return failed(bad);
      return partRequest(messageId, from, options, async (pieces) => {
        await take(pieces);
        return {};
      });
    },

    profile: () => requests.profile<gmail_v1.Schema$Profile>(signal, readJson),

    labels: async ({ fresh = false } = {}) => {
      const token = await freshToken();
      if (!token.ok) return token;
      const { grantVersion } = token.value;
      const known = fresh ? undefined : labelCache.get(key, grantVersion);
      if (known) return ok({ labels: known, cached: true });
      const listed = await requests.labels<gmail_v1.Schema$ListLabelsResponse>(signal, readJson);
      if (!listed.ok) return listed;
      const labels = (listed.value.labels ?? []).flatMap(({ id, name }) => (id && name ? [{ id, name }] : []));
      labelCache.set(key, grantVersion, labels);
      return ok({ labels, cached: false });
    },

    searchDrafts: async (query, view, use, progress) => {
      const bad = firstBadId([['page_token', query.pageToken]]);
      if (bad) return failed(bad);
      const list = await requests.listDrafts<gmail_v1.Schema$ListDraftsResponse>(query, signal, readJson);
      if (!list.ok) return list;
      const fetchOne = (id: string, ending: AbortSignal) =>
        holding(mostOfMessage, ending, async (hold) => {
          const got = await requests.draft(id, view, ending, (pieces) =>
            readAnswer<gmail_v1.Schema$Draft>(pieces, hold),
          );
          return got.ok ? use(got.value) : got;
        });
      const found = await hydrate(idsOf(list.value.drafts), signal, fetchOne, progress);
      return withNextPage(found, list.value.nextPageToken);
    },
  };
};
