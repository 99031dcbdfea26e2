import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gmailWorld, now, owner, rfc822 } from './support.ts';

const day = 86_400_000;

const searchable = () => {
  const world = gmailWorld();
  const { mailbox } = world;
  const add = (daysAgo: number, labelIds: string[], ...lines: string[]) =>
    mailbox.importMessage(rfc822(...lines), { internalDate: now - daysAgo * day, labelIds });
  add(
    1,
    ['INBOX', 'UNREAD', 'STARRED'],
    'Subject: A',
    'From: Ada <ada@example.org>',
    `To: ${owner}`,
    'Message-ID: <m1@x>',
    '',
    'Caf\xe9 cr\xe8me tomorrow',
  );
  add(
    3,
    ['INBOX', 'IMPORTANT', 'Label_9'],
    'Subject: B report',
    'From: Bob <bob@example.org>',
    `Cc: ${owner}`,
    '',
    'tomorrow never comes',
  );
  add(
    40,
    ['SENT'],
    'Subject: C',
    `From: ${owner}`,
    'To: ada@example.org',
    'Content-Type: multipart/mixed; boundary=a',
    '',
    '--a',
    '',
    'see file',
    '--a',
    'Content-Type: application/pdf; name="year report.pdf"',
    '',
    'x'.repeat(3000),
    '--a--',
  );
  add(400, ['SPAM'], 'Subject: D', 'From: spam@example.net', '', 'tomorrow');
  add(5, ['TRASH'], 'Subject: E', 'From: bin@example.net', '', 'gone');
  add(
    6,
    ['INBOX', 'CATEGORY_PROMOTIONS'],
    'Subject: F',
    'From: =?utf-8?B?55Sw5Lit?= <t@example.jp>',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>\xe7\xab\xa0\xe9\xad\x9a wine</p><style>secretstyle</style>',
  );
  return world;
};

describe('The search finds what Gmail finds', () => {
  it.each([
    ['', 'A B C F'],
    ['tomorrow', 'A B'],
    ['TOMORROW', 'A B'],
    ['tomo', ''],
    ['cafe', 'A'],
    ['CAFÉ crème', 'A'],
    ['"creme tomorrow"', 'A'],
    ['"tomorrow creme"', ''],
    ['from:ada', 'A'],
    ['from:ada@example.org', 'A'],
    ['from:example.org', 'A B'],
    ['from:田中', 'F'],
    ['魚', 'F'],
    ['secretstyle', ''],
    ['from:me', 'C'],
    ['to:me', 'A B'],
    ['cc:me', 'B'],
    ['to:ada', 'C'],
    ['subject:report', 'B'],
    ['report', 'B C'],
    ['from:(ada OR bob)', 'A B'],
    ['from:(ada bob)', ''],
    ['{from:ada from:bob}', 'A B'],
    ['from:{ada bob}', 'A B'],
    ['tomorrow -from:ada', 'B'],
    ['NOT tomorrow', 'C F'],
    ['-(tomorrow OR wine)', 'C'],
    ['wine OR creme tomorrow', 'A'],
    ['(wine OR creme) AND -tomorrow', 'F'],
    ['has:attachment', 'C'],
    ['-has:attachment', 'A B F'],
    ['filename:pdf', 'C'],
    ['filename:year', 'C'],
    ['filename:"year report.pdf"', 'C'],
    ['is:unread', 'A'],
    ['is:read', 'B C F'],
    ['is:starred', 'A'],
    ['is:important', 'B'],
    ['in:inbox', 'A B F'],
    ['in:sent', 'C'],
    ['in:spam', 'D'],
    ['in:trash', 'E'],
    ['in:anywhere tomorrow', 'A B D'],
    ['label:family-photos', 'B'],
    ['label:"Family/Photos"', 'B'],
    ['label:Label_9', ''],
    ['label:inbox is:unread', 'A'],
    ['category:promotions', 'F'],
    ['newer_than:2d', 'A'],
    ['older_than:1m', 'C'],
    ['older_than:1y in:anywhere', 'D'],
    ['after:2025/06/12', 'A B'],
    ['before:2025-06-12', 'C F'],
    [`after:${(now - 2 * day) / 1000}`, 'A'],
    ['larger:2K', 'C'],
    ['smaller:2K', 'A B F'],
    ['rfc822msgid:m1@x', 'A'],
    ['rfc822msgid:<m1@x>', 'A'],
    ['after:yesterday', ''],
    ['unknown:thing', ''],
  ])('%j finds %j', async (query, subjects) => {
    const found = await searchable().search(query);
    expect(
      found
        .map((subject) => subject.charAt(0))
        .sort()
        .join(' '),
    ).toBe(subjects);
  });

  it('shows spam and trash when the request asks for them', async () => {
    const { get } = searchable();
    const { body } = await get<{ messages: unknown[] }>('messages?q=tomorrow&includeSpamTrash=true');
    expect(body.messages).toHaveLength(3);
  });

  it('reads dates as midnight in the Pacific standard time zone, as the guide says', async () => {
    const { mailbox, search } = gmailWorld();
    const midnight = Date.UTC(2025, 5, 1, 8);
    mailbox.importMessage(rfc822('Subject: before', '', 'x'), { internalDate: midnight - 1 });
    mailbox.importMessage(rfc822('Subject: after', '', 'x'), { internalDate: midnight });
    expect(await search('after:2025/06/01')).toEqual(['after']);
    expect(await search('before:2025/06/01')).toEqual(['before']);
  });

  it('answers any query, however broken', async () => {
    const { get } = searchable();
    const piece = fc.constantFrom(
      '(',
      ')',
      '{',
      '}',
      '"',
      '-',
      'OR',
      'AND',
      'NOT',
      'from:',
      'a',
      ' ',
      ':',
      'in:',
      'after:',
      '|',
      '“',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        expect((await get(`messages?q=${encodeURIComponent(pieces.join(''))}`)).status).toBe(200);
      }),
      { numRuns: 300, seed: 7 },
    );
    expect((await get(`messages?q=${encodeURIComponent('('.repeat(3_000))}`)).status).toBe(200);
    expect((await get(`messages?q=${encodeURIComponent('from:'.repeat(3_000))}`)).status).toBe(200);
  });
});
