// Labels by their names: what a caller may write in label_ids, and what rows call them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToolWorld, mail, type ToolWorld, text } from './mails.ts';

let world: ToolWorld;
beforeEach(async () => {
  world = await createToolWorld();
});
afterEach(() => world.close());

let minute = 0;
const put = (subject: string, ...labelIds: string[]): string => {
  minute = (minute + 1) % 60;
  return world.mailbox.importMessage(mail(subject, [text('Hello.')], minute), { labelIds });
};
const subjectsWith = async (label_ids: unknown): Promise<unknown> => {
  const { structured } = await world.ask('gmail_fetch_mails', { label_ids });
  if (structured.problem) return (structured.problem as { message: string }).message;
  return (structured.messages as { subject: string }[]).map(({ subject }) => subject).sort();
};
const lookUps = (): number => world.sandbox.requests.filter(({ path }) => path.endsWith('/labels')).length;
const idOf = (name: string): string => world.mailbox.labels.idFor(name);

describe('A label in label_ids', () => {
  it.each([['INBOX'], ['inbox'], [['Inbox']], ['["inbox"]'], ['INBOX, unread'], [['inbox,UNREAD']]])(
    'of Gmail’s own is known in any case, without a look at the labels: %j',
    async (label_ids) => {
      put('here', 'INBOX', 'UNREAD');
      put('elsewhere', 'SENT');
      expect(await subjectsWith(label_ids)).toEqual(['here']);
      expect(lookUps()).toBe(0);
    },
  );

  it.each(['Receipts/2026', 'receipts/2026', 'receipts-2026', ' Receipts / 2026'])(
    'of the person’s goes by its name, in any case and as Gmail’s search writes it: %j',
    async (name) => {
      put('bill', 'INBOX', 'Receipts/2026');
      put('old bill', 'INBOX', 'Receipts/2025');
      expect(await subjectsWith([name])).toEqual(['bill']);
      expect(await subjectsWith(`INBOX,${name}`)).toEqual(['bill']);
      expect(lookUps()).toBe(1);
    },
  );

  it('of the person’s goes by its id as well', async () => {
    put('bill', 'INBOX', 'Receipts/2026');
    expect(await subjectsWith([idOf('Receipts/2026')])).toEqual(['bill']);
  });

  it('goes by what Gmail’s pages call it, unless the person has a label of that name', async () => {
    put('offer', 'CATEGORY_PROMOTIONS');
    put('mine', 'Updates');
    put('theirs', 'CATEGORY_UPDATES');
    expect(await subjectsWith('Promotions')).toEqual(['offer']);
    expect(await subjectsWith('updates')).toEqual(['mine']);
  });

  it('may have a comma in its name', async () => {
    put('letter', 'Smith, Jones');
    put('other', 'Smith', 'Jones');
    expect(await subjectsWith('Smith, Jones')).toEqual(['letter']);
    expect(await subjectsWith('Smith,Jones')).toEqual(['other']);
  });

  it('that was made after the labels were remembered is found all the same', async () => {
    put('old', 'Old');
    expect(await subjectsWith('old')).toEqual(['old']);
    put('new', 'New');
    expect(await subjectsWith('new')).toEqual(['new']);
    expect(lookUps()).toBe(2);
  });

  it('is an id before it is a name, and is named exactly where its name is written in several ways', async () => {
    put('one', 'Label_7');
    const other = idOf('Label_7');
    put('two', 'Plans');
    put('three', 'plans ');
    expect(other).not.toBe('Label_7');
    expect(await subjectsWith([other])).toEqual(['one']);
    expect(await subjectsWith(['Plans'])).toEqual(['two']);
    put('loose one', 'a/b');
    put('loose two', 'a-b');
    expect(await subjectsWith(['a b'])).toBe(
      `Entry 1 of label_ids may be any of "a/b" (${idOf('a/b')}), "a-b" (${idOf('a-b')}); name it exactly, or by its id.`,
    );
    expect(await subjectsWith(['a/b'])).toEqual(['loose one']);
  });

  it('is looked up once for all that are named, in a mailbox of two thousand', async () => {
    for (let index = 0; index < 2000; index++) world.mailbox.labels.idFor(`Label number ${index}`);
    put('found', 'Label number 1999');
    const many = Array.from({ length: 50 }, (_, index) => `${'a,'.repeat(90)}${index}`);
    expect(await subjectsWith(many)).toContain('Entry 1 of label_ids is no label');
    expect(await subjectsWith(['label number 1999'])).toEqual(['found']);
  });

  it.each(['__proto__', 'constructor', 'toString'])('that happens to be called %s is none', async (name) => {
    expect(await subjectsWith([name])).toContain('is no label of this mailbox');
  });

  it('that there is not is told with the nearest, and nothing is searched', async () => {
    put('bill', 'Receipts/2026');
    put('trip', 'Travel');
    const asked = async (label_ids: unknown) => {
      world.sandbox.clearRequests();
      const said = await subjectsWith(label_ids);
      expect(world.sandbox.requests.filter(({ path }) => path.endsWith('/messages'))).toEqual([]);
      return said;
    };
    expect(await asked(['INBOX', 'Recipts/2026'])).toBe(
      'Entry 2 of label_ids is no label of this mailbox; the nearest is "Receipts/2026".',
    );
    expect(await asked('receipts')).toContain('the nearest is "Receipts/2026"');
    expect(await asked('Imbox')).toContain('the nearest is "INBOX"');
    expect(await asked('Zzzzzzzzzzz')).toContain('its own are "Receipts/2026", "Travel"');
    expect(await asked('INBOX,Zzzzzzzzzzz')).toContain('is no label of this mailbox');
  });
});

describe('A row', () => {
  it('names the person’s own labels beside Gmail’s ids, in every format and in drafts, with one look for all', async () => {
    const id = put('bill', 'INBOX', 'Receipts/2026', 'Travel');
    put('trip', 'Travel');
    for (const format of ['minimal', 'metadata', 'readable', 'full']) {
      const { structured, blocks } = await world.ask('gmail_fetch_mails', { format });
      const rows = structured.messages as { labelIds: string[]; labels?: string[] }[];
      expect(rows.map(({ labels }) => labels)).toEqual([['Travel'], ['Receipts/2026', 'Travel']]);
      expect(rows[1]?.labelIds).toEqual(['INBOX', idOf('Receipts/2026'), idOf('Travel')]);
      expect(blocks[0]?.text).toMatch(/labels:\n? .*Receipts\/2026/);
    }
    for (const format of ['minimal', 'metadata', 'readable', 'full', 'raw']) {
      const { structured } = await world.ask('gmail_get_message_by_id', { message_id: id, format });
      expect(structured.labels).toEqual(['Receipts/2026', 'Travel']);
    }
    const draft = world.mailbox.createDraft(mail('later', [text('.')]));
    const { message } = world.mailbox.drafts().find((candidate) => candidate.id === draft) ?? {};
    world.mailbox.modifyLabels(message?.id ?? '', { add: [idOf('Travel')] });
    const { structured } = await world.ask('gmail_list_drafts');
    expect(structured.drafts).toMatchObject([{ message: { labels: ['Travel'] } }]);
    expect(lookUps()).toBe(1);
  });

  it('without labels of the person’s costs no look at the labels', async () => {
    put('plain', 'INBOX');
    const { structured } = await world.ask('gmail_fetch_mails');
    expect((structured.messages as object[])[0]).not.toHaveProperty('labels');
    expect(lookUps()).toBe(0);
  });

  it('comes with the ids alone where the labels cannot be had', async () => {
    put('bill', 'Receipts/2026');
    world.sandbox.fault({ path: /\/labels$/ }, { status: 403, body: { error: { errors: [{ reason: 'forbidden' }] } } });
    const { structured, isError } = await world.ask('gmail_fetch_mails');
    expect(isError).toBe(false);
    expect(structured.messages).toMatchObject([{ subject: 'bill', labelIds: [idOf('Receipts/2026')] }]);
  });

  it('never has the names of a mailbox that the account was connected to before, nor old ones for more than minutes', async () => {
    put('bill', 'Receipts/2026');
    await world.ask('gmail_fetch_mails');
    await world.clock.advance(5 * 60_000);
    await world.ask('gmail_fetch_mails');
    expect(lookUps()).toBe(2);
    const key = { realm: 'default', identifier: 'user_42' };
    await world.postern.accounts.remove(key);
    await world.connect('user_42');
    await world.ask('gmail_fetch_mails');
    expect(lookUps()).toBe(3);
  });
});
