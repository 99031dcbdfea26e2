// A mailbox and a small client for it, without OAuth: every request is let through.
import type { gmail_v1 } from '@googleapis/gmail';
import { type Authorize, gmailRoutes } from '../../src/gmail/gmail-routes.ts';
import { createMailbox, type Mailbox } from '../../src/gmail/mailbox.ts';
import { handClock } from '../../src/hand-clock.ts';

export const owner = 'kim@example.com';
export const now = Date.UTC(2025, 5, 15, 12);

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** A mailbox behind its routes. */
export const gmailWorld = (authorize?: (mailbox: Mailbox) => Authorize) => {
  const clock = handClock(now);
  const mailbox = createMailbox({ owner, clock, labels: { Label_9: 'Family/Photos' } });
  const app = gmailRoutes(authorize?.(mailbox) ?? (() => ({ mailbox })));
  const get = async <T>(path: string, user = 'me'): Promise<Answer<T>> => {
    const response = await app.request(`/gmail/v1/users/${user}/${path}`);
    return { status: response.status, body: (await response.json()) as T };
  };
  /** The subjects that a query finds, newest first. */
  const search = async (query: string): Promise<string[]> => {
    const { body } = await get<gmail_v1.Schema$ListMessagesResponse>(`messages?q=${encodeURIComponent(query)}`);
    return (body.messages ?? []).map(
      ({ id }) =>
        mailbox
          .message(id ?? '')
          ?.parsed()
          .header('Subject') ?? '',
    );
  };
  const full = async (id: string) => (await get<gmail_v1.Schema$Message>(`messages/${id}`)).body;
  return { clock, mailbox, get, search, full };
};

/** A message from header lines and a body, with LF or CRLF as given. */
export const rfc822 = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

/** Every part of a payload, in order. */
export const allParts = (part: gmail_v1.Schema$MessagePart | undefined): gmail_v1.Schema$MessagePart[] =>
  part === undefined ? [] : [part, ...(part.parts ?? []).flatMap(allParts)];

export const decoded = (part: gmail_v1.Schema$MessagePart | undefined): string =>
  Buffer.from(part?.body?.data ?? '', 'base64url').toString();

/** An error answer in Google's shape. */
export interface GoogleErrorBody {
  readonly error: { code: number; message: string; status: string; errors: { reason: string; domain: string }[] };
}
