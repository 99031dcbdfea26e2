// /downloads/:token: an attachment's bytes, once. A broken-off GET does not use the URL up, nor does HEAD.
// Whatever is wrong with a URL, the answer is the same. Knows nothing of Gmail.
import { type Context, Hono } from 'hono';
import type { Accounts, ClaimedDownload } from '../accounts/index.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Result } from '../model/result.ts';
import { busyResponse, errorResponse, problemResponse } from './http-errors.ts';

export type DownloadRecord = ClaimedDownload['record'];

/** The decoded bytes of the attachment a download was minted for. */
export type FetchAttachment = (
  key: AccountKey,
  record: DownloadRecord,
  signal: AbortSignal,
) => Promise<Result<Uint8Array>>;

const chunkBytes = 64 * 1024;

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

const headersFor = (record: DownloadRecord, length: number): Record<string, string> => ({
  'Content-Type': safeType(record.mimeType),
  'Content-Length': String(length),
  'Content-Disposition': contentDisposition(record.fileName),
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
});

/** Bytes in pieces, each only when the last was taken: so the end is reached only by a reader who took it all. */
const handOver = (bytes: Uint8Array, download: ClaimedDownload, signal: AbortSignal): ReadableStream<Uint8Array> => {
  let offset = 0;
  return new ReadableStream(
    {
      pull: async (controller) => {
        if (offset < bytes.length) {
          controller.enqueue(bytes.slice(offset, offset + chunkBytes));
          offset += chunkBytes;
          return;
        }
        await (signal.aborted ? download.release() : download.complete());
        controller.close();
      },
      cancel: () => download.release(),
    },
    { highWaterMark: 0 },
  );
};

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
    const { signal } = c.req.raw;
    let bytes: Result<Uint8Array>;
    try {
      bytes = await fetchAttachment(record.key, record, signal);
    } catch (error) {
      await download.release();
      throw error;
    }
    if (!bytes.ok || signal.aborted) await download.release();
    if (!bytes.ok) return isOver(bytes) ? gone(c) : problemResponse(c, bytes.problem);
    if (signal.aborted) return c.body(null, 503);
    return c.body(handOver(bytes.value, download, signal), 200, headersFor(record, bytes.value.length));
  });
};

/** The account or the attachment is gone, which nobody who holds only a URL is told apart. */
const isOver = (failure: Result<unknown> & { ok: false }): boolean =>
  failure.problem.kind === 'authorization_required' || failure.problem.kind === 'not_found';
