// What a model may send as arguments, and what it is told when it may not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createInputParser } from '../../src/server/parse-input.ts';
import { catalogue } from '../../src/tools/index.ts';

const parserOf = (name: string) => {
  const tool = catalogue.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(name);
  return createInputParser(tool.name, tool.input);
};
const fetchMails = parserOf('gmail_fetch_mails');
const getMessage = parserOf('gmail_get_message_by_id');
const searchPeople = parserOf('gmail_search_people');

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

  it.each(['5.0', '5.5', '1e1', ' 5', '0x5', '05', '5 mails'])(
    'when the text %s is not cleanly a whole number',
    (text) => {
      expect(detailOf(fetchMails({ max_results: text }))).toContain('must be a whole number from 1 to 100');
    },
  );

  it('with every fault at once, its parameter, what was given and what is allowed', () => {
    const detail = detailOf(
      fetchMails({ max_results: 500, format: 'html', label_ids: 7, Q: 1, include_spam_trash: 'yes' }),
    );
    expect(detail).toBe(
      'The arguments of gmail_fetch_mails are not right: Q is not known, use query; ' +
        'max_results is 500, it must be a whole number from 1 to 100; ' +
        'label_ids is 7, it must be a list of at most 50, each a text of 1 to 200 characters; ' +
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
    expect(detailOf(fetchMails('INBOX'))).toContain('a text of 5 characters, not an object');
    expect(detailOf(fetchMails([1, 2]))).toContain('a list of 2, not an object');
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
