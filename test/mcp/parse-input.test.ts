// What a model may send as arguments, and what it is told when it may not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createInputParser } from '../../src/mcp/parse-input.ts';
import { catalogue } from '../../src/mcp/tools/index.ts';

const parserOf = (name: string) => {
  const tool = catalogue.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(name);
  return createInputParser(tool.name, tool.input);
};
const fetchMails = parserOf('gmail_fetch_mails');
const getMessage = parserOf('gmail_get_message_by_id');
const searchPeople = parserOf('gmail_search_people');
const getAttachment = parserOf('gmail_get_attachment_by_id');

const detailOf = (answer: ReturnType<typeof fetchMails>): string => {
  if (answer.ok) throw new Error('accepted');
  return answer.problem.kind === 'invalid_input' ? answer.problem.detail : answer.problem.kind;
};

describe('Arguments are understood', () => {
  it('without any, by the defaults', () => {
    const defaults = { max_results: 10, include_spam_trash: false, format: 'metadata' };
    expect(fetchMails({})).toEqual({ ok: true, value: defaults });
    expect(fetchMails(undefined)).toEqual({ ok: true, value: defaults });
    expect(fetchMails(null)).toEqual({ ok: true, value: defaults });
  });

  it('when a number or a truth value comes as text', () => {
    expect(fetchMails({ max_results: '5', include_spam_trash: 'true' })).toMatchObject({
      value: { max_results: 5, include_spam_trash: true },
    });
    expect(searchPeople({ query: 'ann', other_contacts: 'false' })).toMatchObject({ value: { other_contacts: false } });
  });

  it.each([
    ['True', true],
    ['FALSE', false],
    [' true ', true],
    ['1', true],
    [0, false],
  ])('when a truth value comes as %j', (sent, meant) => {
    expect(fetchMails({ include_spam_trash: sent })).toMatchObject({ value: { include_spam_trash: meant } });
  });

  it.each(['2.0', ' 2', '2', 2])('when a whole number comes as %j', (sent) => {
    expect(fetchMails({ max_results: sent })).toMatchObject({ value: { max_results: 2 } });
  });

  it('when a word of a parameter comes in other letters, or with space around it', () => {
    expect(fetchMails({ format: ' Readable' })).toMatchObject({ value: { format: 'readable' } });
    expect(getMessage({ message_id: ' 18c0ffee\n' })).toMatchObject({ value: { message_id: '18c0ffee' } });
  });

  it('when an id comes as a whole number; of a fraction nobody can tell the digits', () => {
    expect(getAttachment({ message_id: 'm', attachment_id: 1 })).toMatchObject({ value: { attachment_id: '1' } });
    expect(getAttachment({ message_id: 'm', attachment_id: 0 })).toMatchObject({ value: { attachment_id: '0' } });
    expect(fetchMails({ query: 2026 })).toMatchObject({ value: { query: '2026' } });
    expect(detailOf(getAttachment({ message_id: 'm', attachment_id: 1.1 }))).toContain('must be a text');
    expect(detailOf(getMessage({ message_id: 2 ** 60 }))).toContain('must be a text');
  });

  it.each([
    ['["INBOX"]', ['INBOX']],
    ['[ "INBOX", "UNREAD" ]', ['INBOX', 'UNREAD']],
    ["['INBOX', 'UNREAD']", ['INBOX', 'UNREAD']],
    ['[2026]', ['2026']],
    [2026, ['2026']],
    [
      ['INBOX', 2026, null, ''],
      ['INBOX', '2026'],
    ],
    ['[not a list', ['[not a list']],
    ['Smith, Jones', ['Smith, Jones']],
  ])('when a list comes as %j', (sent, meant) => {
    expect(fetchMails({ label_ids: sent })).toMatchObject({ value: { label_ids: meant } });
  });

  it.each(['[]', [], [null], ''])('when a list that says nothing comes as %j: as if it were absent', (sent) => {
    expect(fetchMails({ label_ids: sent })).toEqual(fetchMails({}));
  });

  it.each([
    'names,emailAddresses',
    'names emailAddresses',
    '["names","emailAddresses"]',
    ['Names', 'email_addresses', 'names'],
  ])('when fields of a person come as %j', (sent) => {
    const answer = searchPeople({ query: 'ann', person_fields: sent });
    expect(answer).toMatchObject({ value: { person_fields: ['names', 'emailAddresses'] } });
    expect(answer).not.toHaveProperty('notes');
  });

  it('but for fields of a person that there are not, which are skipped and named', () => {
    const answer = searchPeople({ query: 'ann', person_fields: ['names', 'nickname', 'a b', 7] });
    expect(answer).toMatchObject({
      value: { person_fields: ['names'] },
      notes: [
        'nickname of person_fields is not known and was skipped; there is nicknames',
        'one entry of person_fields is not known and was skipped',
        'one entry of person_fields is not known and was skipped',
      ],
    });
    expect(detailOf(searchPeople({ query: 'ann', person_fields: 'nickname' }))).toContain('nicknames');
  });

  it('when a number is above the largest, which is used instead and said', () => {
    expect(fetchMails({ max_results: 500 })).toMatchObject({
      value: { max_results: 100 },
      notes: ['max_results is at most 100: that was used instead of 500'],
    });
    expect(fetchMails({ max_results: '500.0' })).toMatchObject({ value: { max_results: 100 } });
    expect(searchPeople({ query: 'ann', page_size: 1e300 })).toMatchObject({ value: { page_size: 30 } });
    expect(getMessage({ message_id: 'm', max_chars: 2_000_000 })).toMatchObject({ value: { max_chars: 1_000_000 } });
    expect(fetchMails({ max_results: 100 })).not.toHaveProperty('notes');
  });

  it('when null or an empty text stands for an absent optional parameter', () => {
    const answer = fetchMails({ query: '', page_token: null, label_ids: '', max_results: '', format: null });
    expect(answer).toEqual(fetchMails({}));
  });

  it('when one text stands for a list of one', () => {
    expect(fetchMails({ label_ids: 'INBOX' })).toMatchObject({ value: { label_ids: ['INBOX'] } });
  });

  it('when schema_version and tool_version come along', () => {
    expect(fetchMails({ schema_version: 3, tool_version: 'x' })).toEqual(fetchMails({}));
  });
});

describe('Arguments are refused', () => {
  it.each([
    ['maxResults', 'use max_results'],
    ['max_result', 'use max_results'],
    ['Query', 'use query'],
    ['q', 'use query'],
    ['labelIds', 'use label_ids'],
    ['pageToken', 'use page_token'],
    ['includeSpamTrash', 'use include_spam_trash'],
  ])('when a parameter is called %s, with the right name', (name, advice) => {
    expect(detailOf(fetchMails({ [name]: 1 }))).toContain(`${name} is not known, ${advice}`);
  });

  it('when a parameter is like no other, with all names', () => {
    const detail = detailOf(fetchMails({ colour: 'red' }));
    expect(detail).toContain('there are query, max_results, page_token, label_ids, include_spam_trash, format');
  });

  it('when the name of a person is among them: who a caller is never comes from an argument', () => {
    expect(detailOf(fetchMails({ identifier: 'user_7' }))).toContain('identifier is not known');
    expect(detailOf(fetchMails({ userId: 'someone@example.com' }))).toContain('userId is not known');
  });

  it.each(['5.5', '1e1', '0x5', '05', '5 mails', '0', '-1', 0, 5.5])(
    'when %j is not cleanly a whole number of at least one',
    (sent) => {
      expect(detailOf(fetchMails({ max_results: sent }))).toContain('must be a whole number from 1 to 100');
    },
  );

  it('with every fault at once, its parameter, what was given and what is allowed', () => {
    const detail = detailOf(
      fetchMails({ max_results: 0, format: 'html', label_ids: {}, Q: 1, include_spam_trash: 'yes' }),
    );
    expect(detail).toBe(
      'The arguments of gmail_fetch_mails are not right: Q is not known, use query; ' +
        'max_results is 0, it must be a whole number from 1 to 100; ' +
        'label_ids is an object, it must be a list of at most 50, each a text of 1 to 200 characters; ' +
        'include_spam_trash is a text of 3 characters, it must be true or false; ' +
        'format is a text of 4 characters, it must be one of minimal, metadata, readable, full.',
    );
  });

  it('when a required parameter is missing, empty or null', () => {
    for (const message_id of [undefined, null])
      expect(detailOf(getMessage({ message_id }))).toContain('message_id is missing, it must be a text');
    expect(detailOf(getMessage({ message_id: '' }))).toContain('message_id is empty');
  });

  it('when they are not an object', () => {
    expect(detailOf(fetchMails('INBOX'))).toContain('they must be one object, and are a text of 5 characters');
    expect(detailOf(fetchMails([1, 2]))).toContain('they must be one object, and are a list of 2 entries');
  });

  it('without ever repeating what was sent', () => {
    const secret = fc.string({ minLength: 6, maxLength: 40 }).filter((text) => !/^[\w .,-]*$/.test(text));
    fc.assert(
      fc.property(secret, fc.constantFrom('max_results', 'format', 'include_spam_trash', '__proto__'), (text, name) => {
        expect(detailOf(fetchMails(Object.fromEntries([[name, text]])))).not.toContain(text);
        expect(detailOf(fetchMails({ [text]: 1 }))).not.toContain(text);
      }),
    );
  });
});

describe('Whatever is sent', () => {
  it('gives arguments that fit the tool, or one clear text, and never an exception', () => {
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.integer(), fc.double());
    const args = fc.dictionary(fc.constantFrom('query', 'max_results', 'label_ids', 'format', '__proto__', 'x'), value);
    fc.assert(
      fc.property(fc.oneof(args, fc.jsonValue()), (sent) => {
        const answer = fetchMails(sent);
        if (answer.ok) expect(answer.value).toMatchObject({ max_results: expect.any(Number) });
        else expect(detailOf(answer)).toMatch(/^The arguments of gmail_fetch_mails are not right: .+\.$/s);
      }),
    );
  });

  it('reads every whole number the same as text and as a number', () => {
    const parse = createInputParser('a_tool', z.object({ count: z.int() }));
    fc.assert(
      fc.property(fc.integer(), (count) => {
        expect(parse({ count: `${count}` })).toEqual({ ok: true, value: { count } });
      }),
    );
  });
});
