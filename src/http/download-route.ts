// /downloads/:token: an attachment's bytes, once. A broken-off GET does not use the URL up, nor does HEAD.
// Whatever is wrong with a URL, the answer is the same.
import { type Context, Hono } from 'hono';
import type { Accounts, ClaimedDownload } from '../connect/accounts.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Result } from '../model/result.ts';
import { createPipe, type Pipe } from './download-pipe.ts';
import { busyResponse, errorResponse, problemResponse } from './errors.ts';

type DownloadRecord = ClaimedDownload['record'];

/**
 * Fetches the attachment a download was minted for.
 * @param take gets the bytes in pieces; called anew, from the beginning, for every try.
 */
export type FetchAttachment = (
  key: AccountKey,
  record: DownloadRecord,
  signal: AbortSignal,
  take: (pieces: AsyncIterable<Uint8Array>) => Promise<void>,
) => Promise<Result<object>>;

/** RFC 6266 with an ASCII fallback; RFC 8187 for the name itself. */
export const contentDisposition = (fileName: string): string => {
  const ascii = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(fileName.toWellFormed()).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
};

const safeType = (mimeType: string): string =>
  /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i.test(mimeType)
    ? mimeType
    : 'application/octet-stream';

const headersFor = (record: DownloadRecord, length: number | undefined): Record<string, string> => ({
  'Content-Type': safeType(record.mimeType),
  ...(length === undefined ? {} : { 'Content-Length': String(length) }),
  'Content-Disposition': contentDisposition(record.fileName),
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
});

/** Each piece only when the last was taken: so the end is reached only by a reader who took it all. */
const downloadBody = (pipe: Pipe, arrived: Promise<boolean>, download: ClaimedDownload): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      pull: async (controller) => {
        const piece = await pipe.next();
        if (piece !== undefined) return controller.enqueue(piece);
        if ((await arrived) && !pipe.signal.aborted) {
          await download.complete();
          return controller.close();
        }
        await download.release();
        controller.error(new Error('the attachment did not arrive whole'));
      },
      cancel: async () => {
        pipe.close();
        await download.release();
      },
    },
    { highWaterMark: 0 },
  );

const gone = (c: Context): Response =>
  errorResponse(c, {
    status: 404,
    error: 'not_found',
    message: 'This download does not exist, or no longer.',
    who: 'the caller',
    next: 'Ask for the attachment again: gmail_get_attachment_by_id gives a new URL.',
  });

export const downloadRoute = (options: {
  readonly downloads: Accounts['downloads'];
  readonly fetchAttachment: FetchAttachment;
}): Hono => {
  const { downloads, fetchAttachment } = options;
  return new Hono().get('/downloads/:token', async (c) => {
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    const token = c.req.param('token');
    if (c.req.method === 'HEAD') {
      const record = await downloads.peek(token);
      if (record === undefined) return gone(c);
      return 'kind' in record ? busyResponse(c, record) : c.body(null, 200, headersFor(record, record.size));
    }
    const download = await downloads.claim(token);
    if (download === undefined) return gone(c);
    if ('kind' in download) return busyResponse(c, download);
    const { record } = download;
    const pipe = createPipe(c.req.raw.signal);
    const fetched = fetchAttachment(record.key, record, pipe.signal, pipe.take).finally(pipe.end);
    let first: 'full' | Result<object>;
    try {
      first = await Promise.race([pipe.full, fetched]);
    } catch (error) {
      await download.release();
      throw error;
    }
    if (pipe.signal.aborted || (first !== 'full' && !first.ok)) await download.release();
    if (first !== 'full' && !first.ok) return isGone(first) ? gone(c) : problemResponse(c, first.problem);
    if (pipe.signal.aborted) return c.body(null, 503);
    // Gmail gives texts in UTF-8, whose length nobody knows beforehand; of everything else the message says it.
    const announced = record.mimeType.startsWith('text/') ? undefined : record.size;
    const length = first === 'full' ? announced : pipe.taken();
    const arrived = fetched.then(
      ({ ok }) => ok && (length === undefined || length === pipe.taken()),
      () => false,
    );
    return c.body(downloadBody(pipe, arrived, download), 200, headersFor(record, length));
  });
};

/** The account or the attachment is gone, which nobody who holds only a URL is told apart. */
const isGone = (failure: Result<unknown> & { ok: false }): boolean =>
  failure.problem.kind === 'authorization_required' || failure.problem.kind === 'not_found';
