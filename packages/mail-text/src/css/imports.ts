// Style sheets that stand as text in an address (`data:text/css,…`); nothing is ever fetched. Knows no rule.
import { type Content, isBlock } from './blocks.ts';
import { mediaHolds } from './conditions.ts';
import { callOf, stringOf, wordsOf } from './value.ts';

/** The text of a `data:` address of a style sheet; undefined where it is none. */
export const sheetInAddress = (address: string): string | undefined => {
  const [, base64, data = ''] = /^data:text\/css(?:;charset=[\w-]+)?(;base64)?,([\s\S]*)$/i.exec(address.trim()) ?? [];
  if (data === '') return undefined;
  if (base64 !== undefined) return Buffer.from(data, 'base64').toString();
  try {
    return decodeURIComponent(data);
  } catch {
    return data;
  }
};

const addressOf = (word: string): string | undefined => {
  const call = callOf(word);
  return stringOf(word) ?? (call?.name === 'url' ? (stringOf(call.body) ?? call.body) : undefined);
};

/** The sheets that a sheet imports, which only stand before its rules. */
export const importedBy = (content: Content): string[] => {
  const sheets: string[] = [];
  for (const item of content) {
    if (!isBlock(item) || item.content !== undefined || item.atRule === 'namespace') break;
    if (item.atRule !== 'import') continue;
    const [address = '', ...conditions] = wordsOf(item.prelude);
    const sheet = sheetInAddress(addressOf(address) ?? '');
    const isPlain = conditions.every((word) => !/^(?:layer|supports)/.test(word));
    if (sheet !== undefined && isPlain && mediaHolds(conditions.join(' '))) sheets.push(sheet);
  }
  return sheets;
};
