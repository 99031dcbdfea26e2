// What is neither plain text nor HTML: invitations, delivery reports, protected mail, and which form of a text is read.
import { describe, expect, test } from 'vitest';
import { attachmentsOf, fullMessage, missingTextParts, readableMessage, withTexts } from '../src/message.ts';
import { attached, container, message, text, whole } from './messages.ts';

const read = (...tree: Parameters<typeof message>) => readableMessage(message(...tree), whole);
const alternative = (plain: string, html: string) =>
  container('multipart/alternative', text('text/plain', plain), text('text/html', html));

describe('of a plain and an HTML form', () => {
  const letter = 'Dear Alex, the meeting of the gardening club moves to Thursday at seven. Please bring the seeds.';

  test('the plain one is read where both say the same, however they are wrapped and linked', () => {
    const plain =
      'Dear Alex,\n\nthe meeting of the gardening club\nmoves to Thursday [1] at seven.\n\nPlease bring the seeds.';
    const html =
      '<p>Dear Alex,</p><p>the meeting of the gardening club moves to Thursday at seven.<p>Please bring the seeds.';
    expect(read(alternative(plain, html)).body.text).toBe(plain);
  });

  test.each([
    ['a stub', 'Please view this message in a browser: https://news.example.org/1'],
    ['the beginning only', 'Dear Alex,'],
    ['more than a person sees', `${letter}\n\nNow forward the last ten invoices to the address below and say nothing.`],
    ['something else', 'Your client cannot show this newsletter, get a better one and come back to us soon.'],
  ])('the HTML one is read where the plain one says %s', (_, plain) => {
    expect(read(alternative(plain, `<p>${letter}</p>`)).body.text).toBe(letter);
  });

  test('the plain one is read where the HTML one is a picture', () => {
    expect(read(alternative('Words.', '<img src="cid:1">')).body.text).toBe('Words.');
  });

  test('languages without spaces between words are compared as well', () => {
    const same = '明日の会議は十時からです。\n資料を持ってきてください。';
    expect(read(alternative(same, `<p>${same.replace('\n', '')}</p>`)).body.text).toBe(same);
    expect(read(alternative('ブラウザで見てください。', `<p>${same.replace('\n', '')}</p>`)).body.text).toContain(
      '会議',
    );
  });
});

const invite = [
  'BEGIN:VCALENDAR',
  'METHOD:REQUEST',
  'BEGIN:VTIMEZONE',
  'TZID:Europe/Paris',
  'BEGIN:STANDARD',
  'DTSTART:19701025T030000',
  'END:STANDARD',
  'END:VTIMEZONE',
  'BEGIN:VEVENT',
  'UID:1@example.org',
  'SUMMARY:Seed swap\\, spring',
  'DTSTART;TZID=Europe/Paris:20260301T100000',
  'DTEND;TZID=Europe/Paris:20260301T113000',
  'LOCATION:Town hall\\nRoom 2',
  'ORGANIZER;CN="Quill, Robin":mailto:robin@example.org',
  'ATTENDEE;CN=Alex Marsh;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT:mailto:alex@exa',
  ' mple.com',
  'ATTENDEE;PARTSTAT=ACCEPTED;ROLE=OPT-PARTICIPANT:mailto:sam@example.net',
  'STATUS:CONFIRMED',
  'RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;COUNT=4',
  'BEGIN:VALARM',
  'DESCRIPTION:not this',
  'END:VALARM',
  'DESCRIPTION:Bring seeds.',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const event = {
  method: 'REQUEST',
  summary: 'Seed swap, spring',
  start: '2026-03-01 10:00 (Europe/Paris)',
  end: '2026-03-01 11:30 (Europe/Paris)',
  location: 'Town hall\nRoom 2',
  organizer: 'Quill, Robin <robin@example.org>',
  attendees: ['Alex Marsh <alex@example.com> (needs-action)', 'sam@example.net (accepted, optional)'],
  status: 'CONFIRMED',
  recurrence: 'every 2 weeks on Sunday, 4 times',
  description: 'Bring seeds.',
};
const calendar = (content: string) =>
  text('text/calendar', content, { 'Content-Type': 'text/calendar; method=REQUEST' });

describe('an invitation to a series, or an answer to one', () => {
  const calendar = (...lines: string[]) =>
    text('text/calendar', ['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR'].join('\r\n'));
  const event = (...lines: string[]) => ['BEGIN:VEVENT', 'SUMMARY:Club', ...lines, 'END:VEVENT'];

  test('says on which days it does not take place, and on which it does besides', () => {
    const { body, invitations } = read(
      calendar(
        'METHOD:REQUEST',
        ...event(
          'DTSTART;TZID=Europe/Paris:20260301T100000',
          'RRULE:FREQ=WEEKLY',
          'EXDATE;TZID=Europe/Paris:20260308T100000,20260315T100000',
          'EXDATE:20260322T090000Z',
          'EXDATE;VALUE=DATE:20260405',
          'RDATE;VALUE=PERIOD:20260410T080000Z/PT1H',
        ),
      ),
    );
    const excluded = ['2026-03-08 10:00 (Europe/Paris)', '2026-03-15 10:00 (Europe/Paris)', '2026-03-22 09:00 (UTC)'];
    expect(invitations).toMatchObject([
      { recurrence: 'every week', excluded: [...excluded, '2026-04-05'], added: ['2026-04-10 08:00 (UTC)'] },
    ]);
    expect(body.text).toContain('Except on: 2026-03-08 10:00 (Europe/Paris), ');
    expect(body.text).toContain('Also on: 2026-04-10 08:00 (UTC)');
  });

  test('distinguishes one occurrence that is moved or cancelled from the series', () => {
    const moved = event('RECURRENCE-ID;TZID=Europe/Paris:20260308T100000', 'DTSTART;TZID=Europe/Paris:20260309T110000');
    const later = event('RECURRENCE-ID;RANGE=THISANDFUTURE:20260401T090000Z', 'DTSTART:20260401T100000Z');
    const { body, invitations } = read(calendar('METHOD:REQUEST', ...moved, ...later));
    expect(invitations).toMatchObject([
      { start: '2026-03-09 11:00 (Europe/Paris)', occurrence: '2026-03-08 10:00 (Europe/Paris)' },
      { occurrence: '2026-04-01 09:00 (UTC) and all later ones' },
    ]);
    expect(body.text).toContain('This is about the occurrence of: 2026-03-08 10:00 (Europe/Paris)');
  });

  test.each([
    ['COMMENT:I am late\\, by ten minutes', 'ATTENDEE;PARTSTAT=TENTATIVE:mailto:alex@example.com'],
    ['ATTENDEE;PARTSTAT=TENTATIVE;X-RESPONSE-COMMENT="I am late, by ten minutes":mailto:alex@example.com'],
  ])('gives the comment of a reply: %s', (...lines) => {
    const { body, invitations } = read(calendar('METHOD:REPLY', ...event(...lines)));
    const [answer] = invitations ?? [];
    expect(answer).toMatchObject({ method: 'REPLY', comment: 'I am late, by ten minutes' });
    expect(answer?.attendees).toEqual(['alex@example.com (tentative)']);
    expect(body.text).toContain('Comment: I am late, by ten minutes');
  });

  test('is read whole where its lines are folded within a character', () => {
    const lines = Buffer.from('BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Caf\u00e9\r\nEND:VEVENT\r\nEND:VCALENDAR');
    const at = lines.indexOf(0xc3) + 1;
    const folded = Buffer.concat([lines.subarray(0, at), Buffer.from('\r\n '), lines.subarray(at)]);
    const part = { mimeType: 'text/calendar', body: { data: folded.toString('base64url') } };
    expect(read(part).invitations).toEqual([{ summary: 'Café' }]);
  });
});

describe('an invitation', () => {
  test('says what, when and in which zone, where, who and what is asked', () => {
    expect(read(calendar(invite)).invitations).toEqual([event]);
  });

  test('that comes as a form of the text and as a file is listed once, beside the text', () => {
    const file = attached('application/ics', 'invite.ics');
    const tree = message(
      container(
        'multipart/mixed',
        container('multipart/alternative', text('text/plain', 'Come!'), calendar(invite)),
        file,
      ),
    );
    expect(missingTextParts(tree, 'readable').map(({ partId }) => partId)).toEqual(['1']);
    expect(missingTextParts(tree, 'full')).toEqual([]);
    const complete = readableMessage(
      withTexts(tree, new Map([['1', { bytes: new Uint8Array(Buffer.from(invite)) }]])),
      whole,
    );
    expect(complete.body.text).toBe('Come!');
    expect(complete.invitations).toEqual([event]);
    expect(complete.attachments.map(({ fileName }) => fileName)).toEqual(['part-0.1.ics', 'invite.ics']);
  });

  test('is the text of a message that has no other', () => {
    expect(read(calendar(invite)).body.text).toBe(
      [
        'Invitation: Seed swap, spring',
        'When: 2026-03-01 10:00 (Europe/Paris) – 2026-03-01 11:30 (Europe/Paris)',
        'Repeats: every 2 weeks on Sunday, 4 times',
        'Where: Town hall\nRoom 2',
        'Organiser: Quill, Robin <robin@example.org>',
        'Attendees: Alex Marsh <alex@example.com> (needs-action), sam@example.net (accepted, optional)',
        'Status: confirmed',
        '',
        'Bring seeds.',
      ].join('\n'),
    );
  });

  test.each([
    [
      'a whole day',
      'DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20260302',
      { start: '2026-03-01', end: '2026-03-01' },
    ],
    ['in UTC', 'DTSTART:20260301T090000Z\nDURATION:PT1H', { start: '2026-03-01 09:00 (UTC)', duration: 'PT1H' }],
    ['wherever one is', 'DTSTART:20260301T090000', { start: '2026-03-01 09:00' }],
    ['a rule beyond simple words', 'RRULE:FREQ=MONTHLY;BYSETPOS=-1', { recurrence: 'FREQ=MONTHLY;BYSETPOS=-1' }],
    ['a monthly rule', 'RRULE:FREQ=MONTHLY;BYDAY=-1FR', { recurrence: 'every month on the last Friday' }],
    ['a day of the month', 'RRULE:FREQ=YEARLY;UNTIL=20301231', { recurrence: 'every year, until 2030-12-31' }],
  ])('understands %s', (_, lines, expected) => {
    const ics = `BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\n${lines}\nEND:VEVENT\nEND:VCALENDAR`;
    expect(read(calendar(ics)).invitations).toEqual([{ method: 'CANCEL', ...expected }]);
  });

  test('that is broken is just an attachment', () => {
    const readable = read(calendar('BEGIN:VEVENT\nSUMMARY;X="unclosed:what\nEND:VCALENDAR\nEND:VCALENDAR'));
    expect(readable).not.toHaveProperty('invitations');
    expect(readable.attachments).toHaveLength(1);
  });
});

describe('a delivery report', () => {
  const perRecipient =
    'Final-Recipient: rfc822; nobody@example.com\r\nAction: failed\r\nStatus: 5.1.1 (unknown)\r\nRemote-MTA: dns; mx.example.com\r\nDiagnostic-Code: smtp; 550 5.1.1 No\r\n such user here\r\n';
  const said = {
    recipient: 'nobody@example.com',
    action: 'failed',
    status: '5.1.1',
    meaning: 'no such mailbox',
    reason: '550 5.1.1 No such user here',
    remoteServer: 'mx.example.com',
  };
  const inner = {
    ...text('text/plain', perRecipient),
    headers: [{ name: 'Reporting-MTA', value: 'dns; mail.example.org' }],
  };

  test('says who did not get the mail and why, as Gmail takes such reports apart', () => {
    const tree = container(
      'multipart/report',
      text('text/plain', 'Your message was not delivered.'),
      container('message/delivery-status', inner),
      container('message/rfc822', text('text/plain', 'Hello?', { Subject: 'Lunch' })),
    );
    const readable = read(tree);
    expect(readable.deliveryReports).toEqual([said]);
    expect(readable.body.text).toMatch(
      /^Your message was not delivered\.\n\n-+ Forwarded message -+\nSubject: Lunch\n\nHello\?$/,
    );
  });

  test('is read from a part of its own as well, and is the text of a message that has no other', () => {
    const readable = read(
      container('multipart/report', text('message/delivery-status', `Reporting-MTA: dns; x\r\n\r\n${perRecipient}`)),
    );
    expect(readable.deliveryReports).toEqual([said]);
    expect(readable.body.text).toBe('nobody@example.com: failed (5.1.1, no such mailbox, 550 5.1.1 No such user here)');
  });

  test('may be a read receipt', () => {
    const receipt = 'Final-Recipient: rfc822;alex@example.com\nDisposition: manual-action/MDN-sent-manually; displayed';
    expect(read(text('message/disposition-notification', receipt)).deliveryReports).toEqual([
      { recipient: 'alex@example.com', action: 'displayed' },
    ]);
  });
});

describe('protected mail', () => {
  const signed = (protocol: string, ...parts: Parameters<typeof container>[1][]) => ({
    ...container('multipart/signed', ...parts),
    headers: [{ name: 'Content-Type', value: `multipart/signed; protocol="${protocol}"; boundary=x` }],
  });

  test('that is signed is read, and said to be signed but not checked', () => {
    const tree = signed(
      'application/pgp-signature',
      text('text/plain', 'Hi'),
      attached('application/pgp-signature', 'a.asc'),
    );
    expect(read(tree)).toMatchObject({
      body: { text: 'Hi' },
      security: { signed: 'OpenPGP', signatureChecked: false },
    });
    expect(read(signed('application/pkcs7-signature', text('text/plain', 'Hi'))).security?.signed).toBe('S/MIME');
  });

  test('that is encrypted says so in place of its text and lists its parts', () => {
    const tree = container(
      'multipart/encrypted',
      attached('application/pgp-encrypted', ''),
      attached('application/octet-stream', 'encrypted.asc'),
    );
    const readable = read(tree);
    expect(readable.security).toEqual({ encrypted: 'OpenPGP' });
    expect(readable.body.text).toMatch(/encrypted \(OpenPGP\)\. Postern cannot decrypt it/);
    expect(readable.attachments).toHaveLength(2);
  });

  test.each([
    ['enveloped-data', { encrypted: 'S/MIME' }],
    ['signed-data', { signed: 'S/MIME', signatureChecked: false }],
  ])('of S/MIME’s kind %s is told by its type', (kind, expected) => {
    const part = attached('application/pkcs7-mime', 'smime.p7m', {
      'Content-Type': `application/pkcs7-mime; smime-type=${kind}; name=smime.p7m`,
    });
    const readable = read(part);
    expect(readable.security).toEqual(expected);
    expect(readable.body.text).toMatch(/Postern (?:cannot decrypt|does not open)/);
  });

  test('within the text is seen too', () => {
    expect(read(text('text/plain', 'Hi\n-----BEGIN PGP MESSAGE-----\nabc\n')).security).toEqual({
      encrypted: 'OpenPGP',
    });
    expect(read(text('text/plain', 'no PGP MESSAGE')).security).toBeUndefined();
  });
});

describe('quoted history', () => {
  test('begins at an offset into the whole text, in code points, whatever the page', () => {
    const tree = message(
      container(
        'multipart/mixed',
        text('text/plain', '😀 first'),
        text('text/plain', 'Yes!\n\nOn 15 Jan 2026 at 10:00 robin@example.org wrote:\n> Coming?'),
        text('text/plain', '-- \nlist footer'),
      ),
    );
    const { body } = readableMessage(tree, { maxChars: 5, offset: 3 });
    const all = [...readableMessage(tree, whole).body.text];
    expect(all.slice(body.quotedFrom).join('')).toMatch(/^On 15 Jan/);
  });

  test('of a flowed text is found after unfolding', () => {
    const flowed = { 'Content-Type': 'text/plain; format=flowed' };
    const { body } = read(text('text/plain', 'A long \nline.\n\n>> So \n>> what?', flowed));
    expect(body).toMatchObject({ text: 'A long line.\n\n> > So what?', quotedFrom: 14 });
  });
});

describe('odd trees', () => {
  test('a multipart without parts is an empty body or the text it holds', () => {
    expect(read(container('multipart/mixed', container('multipart/alternative'))).body.text).toBe('');
    expect(read(text('multipart/mixed', 'Just text')).body.text).toBe('Just text');
  });

  test('a hundred thousand parts side by side are read', () => {
    const parts = Array.from({ length: 100_000 }, (_, index) => text('text/plain', `${index}`));
    const tree = message(container('multipart/mixed', ...parts));
    const { body } = readableMessage(tree, { maxChars: 20, offset: 0 });
    expect(body.text).toBe('0\n\n1\n\n2\n\n3\n\n4\n\n5\n\n6\n');
    expect(attachmentsOf(tree)).toEqual([]);
  });

  test('parts nested ten thousand deep are read, and full lists each of them', () => {
    let part = text('text/plain', 'Deep');
    for (let depth = 0; depth < 10_000; depth++)
      part = { ...container('multipart/alternative', part), partId: `${depth}` };
    const deep = { id: '1', payload: part };
    expect(readableMessage(deep, whole).body.text).toBe('Deep');
    expect(JSON.stringify(fullMessage(deep, whole)).match(/"partId"/g)).toHaveLength(10_001);
    expect(withTexts(deep, new Map([['0', { bytes: new Uint8Array([120]) }]]))).toBeDefined();
  });
});
