import type { gmail_v1 } from '@googleapis/gmail';
import { describe, expect, it } from 'vitest';
import type { Authorize } from '../../src/gmail/gmail-routes.ts';
import type { Mailbox } from '../../src/gmail/mailbox.ts';
import { type GoogleErrorBody, gmailWorld, now, owner, rfc822 } from './support.ts';

type List = gmail_v1.Schema$ListMessagesResponse;

const filled = (count: number) => {
  const world = gmailWorld();
  for (let n = 0; n < count; n++) {
    world.mailbox.importMessage(rfc822(`Subject: ${n}`, '', 'x'), { internalDate: now - (n % 7) * 1000 });
  }
  return world;
};

describe('Lists', () => {
  it('come newest first, in pages that together hold every message once', async () => {
    const { get, mailbox } = filled(25);
    const seen: string[] = [];
    for (let token: string | null | undefined = ''; token !== undefined; ) {
      const { body }: { body: List } = await get<List>(`messages?maxResults=4&pageToken=${token}`);
      seen.push(...(body.messages ?? []).map(({ id }) => id ?? ''));
      token = body.nextPageToken;
    }
    expect(seen).toEqual(mailbox.newestFirst().map(({ id }) => id));
    const dates = seen.map((id) => mailbox.message(id)?.internalDate ?? 0);
    expect(dates).toEqual(dates.toSorted((a, b) => b - a));
  });

  it('keep their pages when mail arrives between two of them', async () => {
    const { get, mailbox } = filled(6);
    const expected = mailbox.newestFirst().map(({ id }) => id);
    const first = (await get<List>('messages?maxResults=3')).body;
    mailbox.importMessage(rfc822('Subject: new', '', 'x'), { internalDate: now + 5000 });
    const second = (await get<List>(`messages?maxResults=3&pageToken=${first.nextPageToken}`)).body;
    expect([...(first.messages ?? []), ...(second.messages ?? [])].map(({ id }) => id)).toEqual(expected);
  });

  it('have no `messages` when nothing is found', async () => {
    expect((await filled(2).get('messages?q=absent')).body).toEqual({ resultSizeEstimate: 0 });
  });

  it('hold 100 messages unless asked, never more than 500, and estimate at most 201', async () => {
    const { get } = filled(600);
    const lengths = await Promise.all(
      ['messages', 'messages?maxResults=900', 'messages?maxResults=7'].map(
        async (path) => (await get<List>(path)).body,
      ),
    );
    expect(lengths.map(({ messages }) => messages?.length)).toEqual([100, 500, 7]);
    expect(lengths.map(({ resultSizeEstimate }) => resultSizeEstimate)).toEqual([201, 201, 201]);
  });

  it('are narrowed to messages that carry every label asked for', async () => {
    const { mailbox, get } = gmailWorld();
    const both = mailbox.importMessage(rfc822('Subject: a', '', ''), { labelIds: ['INBOX', 'UNREAD'] });
    mailbox.importMessage(rfc822('Subject: b', '', ''), { labelIds: ['INBOX'] });
    const { body } = await get<List>('messages?labelIds=INBOX&labelIds=UNREAD');
    expect(body.messages?.map(({ id }) => id)).toEqual([both]);
  });
});

describe('A message', () => {
  const setUp = () => {
    const world = gmailWorld();
    const id = world.mailbox.importMessage(
      rfc822(
        'Subject: s',
        'From: a@example.org',
        'To: b@example.org',
        'Date: Sun, 15 Jun 2025 10:00:00 +0200 (CEST)',
        '',
        'text',
      ),
    );
    return { ...world, id };
  };

  it('takes its date from its header, as text in milliseconds', async () => {
    const { full, id } = setUp();
    expect((await full(id)).internalDate).toBe(String(Date.UTC(2025, 5, 15, 8)));
    expect(id).toMatch(/^[0-9a-f]{16}$/);
  });

  it('has only ids, labels and snippet as minimal, and only the headers asked for as metadata', async () => {
    const { get, id } = setUp();
    const minimal = (await get<gmail_v1.Schema$Message>(`messages/${id}?format=minimal`)).body;
    expect(Object.keys(minimal).sort()).toEqual(
      ['historyId', 'id', 'internalDate', 'labelIds', 'sizeEstimate', 'snippet', 'threadId'].sort(),
    );
    const path = `messages/${id}?format=METADATA&metadataHeaders=subject&metadataHeaders=From`;
    expect((await get<gmail_v1.Schema$Message>(path)).body.payload).toEqual({
      mimeType: 'text/plain',
      headers: [
        { name: 'Subject', value: 's' },
        { name: 'From', value: 'a@example.org' },
      ],
    });
  });

  it.each([
    ['id,payload/headers', ['id', 'payload']],
    ['id,payload(mimeType,body/size)', ['id', 'payload']],
    ['snippet', ['snippet']],
    ['*', ['id', 'threadId', 'labelIds', 'snippet', 'sizeEstimate', 'historyId', 'internalDate', 'payload']],
  ])('is cut to the fields %s', async (fields, keys) => {
    const { get, id } = setUp();
    const { body } = await get<object>(`messages/${id}?fields=${encodeURIComponent(fields)}`);
    expect(Object.keys(body).sort()).toEqual(keys.sort());
  });

  it('applies a fields mask inside lists of objects', async () => {
    const { get, id } = setUp();
    expect((await get('messages?fields=messages/id,nextPageToken')).body).toEqual({ messages: [{ id }] });
    const path = `messages/${id}?fields=${encodeURIComponent('payload(headers/name,body(size))')}`;
    expect((await get(path)).body).toEqual({
      payload: {
        headers: [{ name: 'Subject' }, { name: 'From' }, { name: 'To' }, { name: 'Date' }],
        body: { size: 4 },
      },
    });
  });
});

describe('Errors are those of Google', () => {
  it.each([
    ['messages/..%2Fx', 400, 'invalidArgument', 'Invalid id value'],
    ['messages/nothex', 400, 'invalidArgument', 'Invalid id value'],
    ['messages/18c0ffee', 404, 'notFound', 'Requested entity was not found.'],
    ['threads/18c0ffee', 404, 'notFound', 'Requested entity was not found.'],
    ['drafts/r123', 404, 'notFound', 'Requested entity was not found.'],
    ['drafts/abc', 400, 'invalidArgument', 'Invalid id value'],
    ['messages?pageToken=abc', 400, 'invalidArgument', 'Invalid pageToken'],
    ['messages?labelIds=Nope', 400, 'invalidArgument', 'Invalid label: Nope'],
    ['messages?maxResults=many', 400, 'invalidArgument', `Invalid value at 'max_results' (TYPE_UINT32), "many"`],
    ['messages?fields=a(b', 400, 'invalidArgument', 'Invalid field selection a(b'],
    ['history', 400, 'invalidArgument', 'Invalid startHistoryId'],
    ['history?startHistoryId=1', 404, 'notFound', 'Requested entity was not found.'],
    ['labels/Label_77', 404, 'notFound', 'Requested entity was not found.'],
  ])('for %s: %i %s', async (path, code, reason, message) => {
    const { status, body } = await gmailWorld().get<GoogleErrorBody>(path);
    expect(status).toBe(code);
    expect(body.error.code).toBe(code);
    expect(body.error.message).toBe(message);
    expect(body.error.errors).toEqual([{ message, domain: 'global', reason }]);
    expect(body.error.status).toBe(code === 404 ? 'NOT_FOUND' : 'INVALID_ARGUMENT');
  });

  it('for an attachment id of another message or another mailbox', async () => {
    const { mailbox, full, get } = gmailWorld();
    const [one, other] = ['1', '2'].map(() => mailbox.importMessage(rfc822('Content-Type: image/png', '', 'x')));
    const attachmentId = (await full(one ?? '')).payload?.body?.attachmentId;
    const { status, body } = await get<GoogleErrorBody>(`messages/${other}/attachments/${attachmentId}`);
    expect([status, body.error.message]).toEqual([400, 'Invalid attachment token']);
    expect((await get(`messages/${one}/attachments/${attachmentId?.slice(0, -9)}AAAAAAAAA`)).status).toBe(400);
  });

  it('for the mailbox of somebody else', async () => {
    const { get } = gmailWorld();
    expect((await get('profile', owner)).status).toBe(200);
    const { status, body } = await get<GoogleErrorBody>('profile', 'other@example.com');
    expect([status, body.error.message]).toEqual([403, `Delegation denied for ${owner}`]);
  });
});

describe('Scopes', () => {
  const metadataScope = 'https://www.googleapis.com/auth/gmail.metadata';
  const withScope =
    (scope: string) =>
    (mailbox: Mailbox): Authorize =>
    (_request, accepted) =>
      accepted.includes(scope) ? { mailbox } : Response.json({ error: { code: 403 } }, { status: 403 });

  it('let a token for metadata see headers, but neither search nor bodies', async () => {
    const { mailbox, get } = gmailWorld(withScope(metadataScope));
    const id = mailbox.importMessage(rfc822('Subject: s', '', 'x'));
    const statuses = await Promise.all(
      [
        'messages',
        'profile',
        'labels',
        `messages/${id}?format=metadata`,
        'messages?q=x',
        `messages/${id}`,
        `messages/${id}?format=raw`,
        'drafts',
      ].map(async (path) => (await get(path)).status),
    );
    expect(statuses).toEqual([200, 200, 200, 200, 403, 403, 403, 403]);
    const { body } = await get<GoogleErrorBody>('messages?q=x');
    expect(body.error.message).toBe("Metadata scope does not support 'q' parameter");
  });

  it.each(['gmail.readonly', 'gmail.modify'])('let a token for %s read everything', async (scope) => {
    const { mailbox, get } = gmailWorld(withScope(`https://www.googleapis.com/auth/${scope}`));
    const id = mailbox.importMessage(rfc822('Subject: s', '', 'x'));
    for (const path of ['messages?q=x', `messages/${id}`, 'drafts', 'history?startHistoryId=999999']) {
      expect((await get(path)).status).toBe(200);
    }
  });

  it('hand the refusal of the authorization on as it is', async () => {
    const { get } = gmailWorld(() => () => Response.json({ error: 'as it is' }, { status: 401 }));
    expect(await get('messages')).toEqual({ status: 401, body: { error: 'as it is' } });
  });
});

describe('A mailbox changes', () => {
  it('and its history tells what, once, in order', async () => {
    const { mailbox, get } = gmailWorld();
    const start = mailbox.historyId;
    const id = mailbox.importMessage(rfc822('Subject: s', '', 'x'), { labelIds: ['INBOX', 'UNREAD'] });
    mailbox.modifyLabels(id, { add: ['STARRED'], remove: ['UNREAD', 'SENT'] });
    mailbox.deleteMessage(id);
    const { body } = await get<gmail_v1.Schema$ListHistoryResponse>(`history?startHistoryId=${start}`);
    const kinds = (body.history ?? []).map((record) => Object.keys(record).at(-1));
    expect(kinds).toEqual(['messagesAdded', 'labelsAdded', 'labelsRemoved', 'messagesDeleted']);
    expect(body.history?.[2]?.labelsRemoved?.[0]?.labelIds).toEqual(['UNREAD']);
    expect(body.historyId).toBe(mailbox.historyId);
    expect((await get(`history?startHistoryId=${mailbox.historyId}`)).body).toEqual({ historyId: mailbox.historyId });
    expect((await get(`messages/${id}`)).status).toBe(404);
  });

  it('and forgets history older than a week, but not for who is up to date', async () => {
    const { mailbox, clock, get } = gmailWorld();
    const start = mailbox.historyId;
    mailbox.importMessage(rfc822('Subject: s', '', 'x'));
    const current = mailbox.historyId;
    await clock.advance(8 * 86_400_000);
    expect((await get(`history?startHistoryId=${start}`)).status).toBe(404);
    expect((await get(`history?startHistoryId=${current}`)).status).toBe(200);
  });

  it('and a draft is listed with its id and its message', async () => {
    const { mailbox, get } = gmailWorld();
    const draftId = mailbox.createDraft(rfc822('Subject: draft', '', 'to be continued'));
    const { body } = await get<gmail_v1.Schema$ListDraftsResponse>('drafts');
    expect(body.drafts?.map(({ id }) => id)).toEqual([draftId]);
    expect(draftId).toMatch(/^r\d+$/);
    const draft = (await get<gmail_v1.Schema$Draft>(`drafts/${draftId}?format=metadata`)).body;
    expect(draft.message?.labelIds).toEqual(['DRAFT']);
    expect(draft.message?.id).toBe(body.drafts?.[0]?.message?.id);
  });

  it('and replies join the thread of what they answer, in whatever order they come', async () => {
    const { mailbox, get } = gmailWorld();
    const reply = mailbox.importMessage(
      rfc822(
        'Subject: Re: plan',
        'Message-ID: <2@x>',
        'In-Reply-To: <1@x>',
        'Date: Sun, 15 Jun 2025 10:00:00 +0000',
        '',
        '',
      ),
    );
    const first = mailbox.importMessage(
      rfc822('Subject: plan', 'Message-ID: <1@x>', 'Date: Sun, 15 Jun 2025 09:00:00 +0000', '', ''),
    );
    const bySubject = mailbox.importMessage(
      rfc822('Subject: AW: Plan', 'Message-ID: <3@x>', 'Date: Sun, 15 Jun 2025 11:00:00 +0000', '', ''),
    );
    const renamed = mailbox.importMessage(rfc822('Subject: other', 'In-Reply-To: <1@x>', '', ''));
    const threadId = mailbox.message(reply)?.threadId;
    const { body } = await get<gmail_v1.Schema$Thread>(`threads/${threadId}?format=minimal`);
    expect(body.messages?.map(({ id }) => id)).toEqual([first, reply, bySubject]);
    expect(mailbox.message(renamed)?.threadId).toBe(renamed);
  });

  it('and names of labels that nobody knew become labels of the person', async () => {
    const { mailbox, get } = gmailWorld();
    mailbox.importMessage(rfc822('Subject: s', '', ''), { labelIds: ['INBOX', 'Taxes'] });
    const { body } = await get<gmail_v1.Schema$ListLabelsResponse>('labels');
    const label = body.labels?.find(({ name }) => name === 'Taxes');
    expect(label?.type).toBe('user');
    expect((await get<gmail_v1.Schema$Label>(`labels/${label?.id}`)).body.messagesTotal).toBe(1);
    expect(body.labels?.find(({ id }) => id === 'Label_9')?.name).toBe('Family/Photos');
  });
});
