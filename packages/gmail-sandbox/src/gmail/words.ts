// Text → the words a search compares: whole words, without case and accents. Scripts written without spaces count every
// character as a word, so that a phrase of them is found anywhere. Knows nothing of messages or query syntax.

const SPACELESS = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}`;
const WORD = new RegExp(String.raw`[${SPACELESS}]|[[\p{L}\p{N}\p{M}_]--[${SPACELESS}]]+`, 'gv');
const LATIN_ACCENTS = /[\u0300-\u036f]/g;

/** The words of a text, each between spaces: ` like this `. Two such lines are compared with `includes`. */
export const wordLine = (text: string): string => {
  const plain = text.normalize('NFKD').replace(LATIN_ACCENTS, '').normalize('NFC').toLowerCase().replaceAll('ß', 'ss');
  const words = plain.match(WORD);
  return words === null ? ' ' : ` ${words.join(' ')} `;
};
