// Texts of every kind in every database: what is read again counts, and names are in the order of their bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ada, aTicket, aWorld, minute, start } from './support.ts';

const asRead = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

/** In the order of UTF-8, which is that of code points. */
const byBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

const hostile = [
  '\0',
  'a\0b',
  '\uD800',
  'x\uDFFFy',
  '👩‍👩‍👧',
  '𐀀',
  '\uFFFF',
  "'; drop table accounts --",
  '\\x00',
  '"',
  '%_',
  '\u202E',
];

describe('A text', () => {
  it.each(hostile)('%j is read as it can be written, and its row counts', async (text) => {
    const { storage } = await aWorld();
    await storage.accounts.getOrCreate(ada);
    const key = { id: 'key', kind: 'service', realm: 'default', secretHash: 'hash', unverifiedLinks: false } as const;
    await storage.apiKeys.add({ ...key, label: text, productName: text, createdAt: start });
    expect(await storage.apiKeys.find('key')).toMatchObject({ label: asRead(text), productName: asRead(text) });
    await storage.tickets.open({ ...aTicket('ticket'), returnState: text, loginHint: text }, 20);
    expect(await storage.tickets.find('ticket')).toMatchObject({ returnState: asRead(text), loginHint: asRead(text) });
    const file = { grantVersion: 1, messageId: 'm', partId: '1', fileName: text, mimeType: text, size: 1 };
    await storage.downloads.add({ hash: 'download', key: ada, ...file, expiresAt: start + minute }, 1);
    expect(await storage.downloads.find('download', start)).toMatchObject({ fileName: asRead(text) });
    expect(await storage.operations.refusedRows()).toEqual([]);
  });

  it.each(hostile)('%j that is asked for finds nobody, and is no defect', async (text) => {
    const { storage } = await aWorld();
    await storage.accounts.getOrCreate(ada);
    expect(await storage.accounts.find({ realm: 'default', identifier: text })).toBeUndefined();
    expect(await storage.apiKeys.find(text)).toBeUndefined();
    expect(await storage.tickets.find(text)).toBeUndefined();
    expect((await storage.operations.pageOfAccounts('default', { filter: { text }, limit: 5 })).accounts).toEqual([]);
  });
});

describe('A page of accounts', () => {
  const identifier = fc
    .array(fc.constantFrom(...'aAbZ09-_.@ßéΩЖ中', '😀', '𐀀', '\uFFFD', '\uE000'), { minLength: 1, maxLength: 4 })
    .map((characters) => characters.join(''));

  it('goes on in the order of bytes, with every account once, whatever its identifier is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(identifier, { minLength: 1, maxLength: 12 }), async (identifiers) => {
        const { storage } = await aWorld();
        for (const name of identifiers) await storage.accounts.getOrCreate({ realm: 'default', identifier: name });
        const read: string[] = [];
        let after: string | undefined;
        do {
          const page = await storage.operations.pageOfAccounts('default', {
            filter: {},
            limit: 3,
            ...(after === undefined ? {} : { after }),
          });
          read.push(...page.accounts.map(({ key }) => key.identifier));
          after = page.next;
        } while (after !== undefined);
        expect(read).toEqual([...identifiers].sort(byBytes));
      }),
      { numRuns: 5 },
    );
  });

  it('has those whose names hold a text, with ASCII letters in any case and no others', async () => {
    const { storage } = await aWorld();
    const names = ['Ada', 'aDA lovelace', 'Ädä', 'ÄDÄ', '100%', 'a_b', 'axb'];
    for (const name of names) await storage.accounts.getOrCreate({ realm: 'default', identifier: name });
    const holding = async (text: string) =>
      (await storage.operations.pageOfAccounts('default', { filter: { text }, limit: 20 })).accounts
        .map(({ key }) => key.identifier)
        .sort(byBytes);
    expect(await holding('ada')).toEqual(['Ada', 'aDA lovelace']);
    expect(await holding('ä')).toEqual(['Ädä']);
    expect(await holding('Äd')).toEqual(['ÄDÄ', 'Ädä']);
    expect(await holding('%')).toEqual(['100%']);
    expect(await holding('_')).toEqual(['a_b']);
  });
});
