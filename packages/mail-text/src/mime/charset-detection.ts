// Detects the charset, and so the language, of bytes whose charset is missing or wrong: of all charsets that can hold them the
// one whose text is likeliest, by the cross-entropy under a bigram model of each language. Made for texts of a few words,
// where libraries that count frequencies guess.
import { characterModels, letterModels } from './charset-models.ts';

type Language = keyof typeof letterModels;
type CjkLanguage = 'zh' | 'tw' | 'ja' | 'ko';

interface Candidate {
  readonly charset: string;
  /** Bits: how much rarer such texts are than those in windows-1252. */
  readonly rarity: number;
  readonly languages: readonly Language[];
}

interface CjkCandidate {
  readonly charset: string;
  readonly rarity: number;
  readonly language: CjkLanguage;
}

const western = ['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'sv', 'da', 'nb', 'fi', 'is', 'ca'] as const;
const central = ['pl', 'cs', 'sk', 'hu', 'ro', 'hr', 'sl'] as const;
const candidates: readonly Candidate[] = [
  { charset: 'windows-1252', rarity: 0, languages: western },
  { charset: 'windows-1251', rarity: 1, languages: ['ru', 'uk', 'bg', 'sr', 'mk', 'be'] },
  { charset: 'windows-1254', rarity: 1.5, languages: ['tr'] },
  { charset: 'windows-1250', rarity: 2, languages: central },
  { charset: 'koi8-r', rarity: 2, languages: ['ru'] },
  { charset: 'windows-1253', rarity: 2, languages: ['el'] },
  { charset: 'windows-1255', rarity: 2, languages: ['he'] },
  { charset: 'windows-1256', rarity: 2, languages: ['ar', 'fa'] },
  { charset: 'windows-874', rarity: 2, languages: ['th'] },
  { charset: 'iso-8859-2', rarity: 2.5, languages: central },
  { charset: 'iso-8859-7', rarity: 2.5, languages: ['el'] },
  { charset: 'ibm866', rarity: 3, languages: ['ru', 'be', 'uk'] },
  { charset: 'iso-8859-5', rarity: 3, languages: ['ru', 'bg', 'sr', 'mk'] },
  { charset: 'koi8-u', rarity: 3, languages: ['uk'] },
  { charset: 'windows-1257', rarity: 4, languages: ['lt', 'lv', 'et'] },
  { charset: 'iso-8859-6', rarity: 4, languages: ['ar'] },
];
const cjkCandidates: readonly CjkCandidate[] = [
  { charset: 'shift_jis', rarity: 1.5, language: 'ja' },
  { charset: 'gb18030', rarity: 1.5, language: 'zh' },
  { charset: 'euc-kr', rarity: 1.5, language: 'ko' },
  { charset: 'big5', rarity: 1.5, language: 'tw' },
  { charset: 'euc-jp', rarity: 2, language: 'ja' },
];
/** Bits: languages with few speakers are not guessed lightly. */
const languageRarity: Partial<Record<Language, number>> = {
  ...{ is: 6, mk: 5, ca: 4, be: 4, et: 3, sr: 3, fa: 3, sl: 3, hr: 2, sk: 1, fi: 1, nl: 1, nb: 1 },
};
const latin: readonly Language[] = [...western, ...central, 'tr', 'lt', 'lv', 'et'];

/** Marks and symbols that every office text has. */
const usualMarks = new Set('“”„‘’‚–—…€£°«»§©®™\u00a0¿¡·•×½¼¾²³´`ªº¢¥¨№');
const cjkMarks = /[、。，！？：；（）「」《》・ー\u3000]/;
const scripts = ['Latin', 'Cyrillic', 'Greek', 'Hebrew', 'Arabic', 'Thai'].map(
  (script) => new RegExp(`\\p{Script=${script}}`, 'u'),
);

/** Bits, found by trying: what a text hardly ever has. */
const costs = {
  usualMark: 6,
  oddMark: 12,
  mixedScripts: 14,
  capitalInside: 6,
  signAtLetter: 6,
  latinBesideCjk: 9,
} as const;
const unknownLetter = 15;
const wordEnd = 5;

interface Letters {
  /** Bits of a letter by itself. */
  readonly single: ReadonlyMap<string, number>;
  /** Bits of a letter after another, by the pair. */
  readonly pair: ReadonlyMap<string, number>;
}

const bitsIn = (text: string, prefix: string): [string, number][] =>
  Array.from({ length: Math.floor(text.length / 2) }, (_, at) => [
    prefix + text.charAt(at * 2),
    Number.parseInt(text.charAt(at * 2 + 1), 36),
  ]);

const parseLetters = (model: string): Letters => {
  const [single = '', ...follow] = model.split('|');
  const pairs = follow.flatMap((entry) => bitsIn(entry.slice(1), entry.charAt(0)));
  return { single: new Map(bitsIn(single, '')), pair: new Map(pairs) };
};

const once = <Key, Value>(make: (key: Key) => Value): ((key: Key) => Value) => {
  const made = new Map<Key, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
};

const lettersOf = once((language: Language) => parseLetters(letterModels[language]));

const charactersOf = once((language: CjkLanguage) => ({
  rank: new Map([...characterModels[language]].map((character, rank) => [character, rank])),
  others: new Set(characterModels[`${language}Others`]),
}));

const wordBits = (word: string, { single, pair }: Letters): number => {
  let bits = 0;
  let before = ' ';
  for (const letter of `${word} `) {
    bits +=
      pair.get(before + letter) ??
      (letter === ' ' ? wordEnd : Math.min(unknownLetter, 4 + (single.get(letter) ?? 16) / 1.4));
    before = letter;
  }
  return bits;
};

/** Bits of a word in ASCII: in whatever language it is likeliest, because such words stand in texts of every one. */
const asciiBits = (word: string): number => Math.min(...latin.map((language) => wordBits(word, lettersOf(language))));

/** Signs that are no quotation marks or dashes stand apart from words. */
const signAfterLetter = /(?<=\p{L})[^\0-\u007f\p{L}\p{M}“”„‘’‚–—…«»·°ºª©®™\u00a0]/gu;
const signBeforeLetter = /[^\0-\u007f\p{L}\p{M}“”„‘’‚–—…«»·°¿¡€£\u00a0](?=\p{L})/gu;

const letterRuns = /[\p{L}\p{M}]+/gu;
const isAscii = (text: string): boolean => /^[\0-\u007f]*$/.test(text);
const matches = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** What is odd about a text in any language. */
const oddBits = (text: string, words: readonly string[]): number => {
  let bits = 0;
  for (const [mark] of text.matchAll(/[^\0-\u007f\p{L}\p{M}]/gu))
    bits += usualMarks.has(mark) ? costs.usualMark : costs.oddMark;
  bits += (matches(text, signAfterLetter) + matches(text, signBeforeLetter)) * costs.signAtLetter;
  for (const word of words) {
    if (isAscii(word)) continue;
    if (scripts.filter((script) => script.test(word)).length > 1) bits += costs.mixedScripts;
    bits += matches(word, /\p{Ll}\p{Lu}/gu) * costs.capitalInside;
  }
  return bits;
};

const lower = (word: string): string => word.toLowerCase().replace(/i\u0307/g, 'i');

type AsciiBits = (word: string) => number;

const bitsOfText = (text: string, { languages, rarity }: Candidate, ofAscii: AsciiBits): number => {
  const runs: string[] = text.match(letterRuns) ?? [];
  const ascii = runs.filter(isAscii).map(lower);
  const words = runs.filter((run) => !isAscii(run)).map(lower);
  const inLanguage = languages.map((language) => {
    const letters = lettersOf(language);
    const isLatin = latin.includes(language);
    const ofWords = words.reduce((bits, word) => bits + wordBits(word, letters), languageRarity[language] ?? 0);
    return ascii.reduce((bits, word) => {
      const least = ofAscii(word);
      return bits + (isLatin ? Math.min(wordBits(word, letters), least + wordEnd) : least);
    }, ofWords);
  });
  return rarity + oddBits(text, runs) + Math.min(...inLanguage);
};

const characterBits = (character: string, { language }: CjkCandidate): number => {
  if (language === 'ja' && character >= '\u3041' && character <= '\u3096') return 6;
  if (language === 'ja' && character >= '\u30a1' && character <= '\u30fc') return 7;
  if (cjkMarks.test(character)) return 7;
  if (character >= '\uff01' && character <= '\uff5e') return 9;
  if (character >= '\uff61' && character <= '\uff9f') return 8;
  const { rank, others } = charactersOf(language);
  const place = rank.get(character);
  if (place !== undefined) return 7.5 + Math.log2(1 + place / 60);
  if (others.has(character)) return 11;
  return language === 'ko' && character < '\uac00' ? 15 : 13.5;
};

const bitsOfCjk = (text: string, candidate: CjkCandidate, ofAscii: AsciiBits): number => {
  let bits = candidate.rarity;
  for (const character of text) if (character > '\u007f') bits += characterBits(character, candidate);
  for (const [run] of text.matchAll(letterRuns))
    for (const [word] of run.matchAll(/[a-z]+/gi))
      bits += ofAscii(lower(word)) + (word.length < run.length ? costs.latinBesideCjk : 0);
  return bits;
};

/** Bytes that are looked at. */
const mostBytes = 1500;

/** The lines with something to tell a charset by; line ends are the same in all of them. */
const nonAsciiLines = (bytes: Uint8Array): Uint8Array => {
  const lines: Uint8Array[] = [];
  let length = 0;
  let from = bytes.findIndex((byte) => byte > 0x7f);
  while (from >= 0 && from < bytes.length && length < mostBytes) {
    const start = bytes.lastIndexOf(0x0a, from) + 1;
    const end = bytes.indexOf(0x0a, from);
    const line = bytes.subarray(Math.max(start, from - mostBytes / 2), end < 0 ? bytes.length : end + 1);
    lines.push(line.subarray(0, mostBytes - length));
    length += line.length;
    const next = end < 0 ? -1 : bytes.subarray(end).findIndex((byte) => byte > 0x7f);
    from = next < 0 ? -1 : end + next;
  }
  return Buffer.concat(lines);
};

/** Text without the character that the end of the sample cuts; undefined where the bytes are not in the charset. */
const decoded = (bytes: Uint8Array, charset: string): string | undefined => {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
};

/** Controls, characters of private use and unassigned ones come from a wrong charset. */
const impossible = /[\u0080-\u009f\ufffd\p{Co}\p{Cn}]/u;

export interface Guess {
  readonly charset: string;
  /** How surprising the text is, in bits: the fewer the likelier. */
  readonly bits: number;
}

/** The charsets that bytes may be in, the likeliest first; none where they are in none of them. */
export const likelyCharsets = (bytes: Uint8Array): Guess[] => {
  const sample = nonAsciiLines(bytes);
  const ofAscii = once(asciiBits);
  const guesses = [...candidates, ...cjkCandidates].flatMap((candidate) => {
    const text = decoded(sample, candidate.charset);
    if (text === undefined || impossible.test(text)) return [];
    const bits = 'language' in candidate ? bitsOfCjk(text, candidate, ofAscii) : bitsOfText(text, candidate, ofAscii);
    return [{ charset: candidate.charset, bits }];
  });
  return guesses.sort((a, b) => a.bits - b.bits);
};
