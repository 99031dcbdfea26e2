// What a host name in Punycode (RFC 3492) stands for, and in which letters: a name that looks like a known one may be
// written in another script. Judges nothing; the page shows both forms.
import { domainToUnicode } from 'node:url';

export interface InternationalName {
  /** In Unicode. */
  readonly text: string;
  /** The scripts of its letters, as Unicode calls them; more than one is no name that a person would choose. */
  readonly scripts: readonly string[];
}

const scripts = [
  ...[
    'Latin',
    'Cyrillic',
    'Greek',
    'Armenian',
    'Georgian',
    'Hebrew',
    'Arabic',
    'Devanagari',
    'Bengali',
    'Tamil',
    'Thai',
  ],
  ...['Han', 'Hiragana', 'Katakana', 'Hangul'],
].map((name) => ({ name, letter: new RegExp(`\\p{Script=${name}}`, 'u') }));

/** @returns undefined for a name that is none, and for one with characters that nobody sees */
export const readInternationalName = (hostname: string): InternationalName | undefined => {
  if (!/(?:^|\.)xn--/.test(hostname)) return undefined;
  const text = domainToUnicode(hostname);
  if (text === '' || text === hostname || /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(text)) return undefined;
  // The end of a name may be in Latin letters, whatever comes before.
  const label = text.split('.').slice(0, -1).join('');
  const found = scripts.filter(({ letter }) => letter.test(label)).map(({ name }) => name);
  return { text, scripts: found.length === 0 ? ['another script'] : found };
};
