// Removes characters that nobody sees but a model reads: zero-width and bidirectional controls, tag characters, payloads
// of variation selectors. Keeps them where a script or an emoji needs them.
import { createTextBuilder } from './long-text.ts';

/** Characters without a shape of their own, whatever the text; the rest of the file decides which of them have a use. */
const shapeless = [
  '0-8 b c e-1f 7f-9f', // controls, except tab, line feed and carriage return
  'ad 34f 61c 180e 200b-200f 202a-202e 2060-206f feff', // soft hyphen, joiners, zero-width and bidirectional controls
  '115f 1160 17b4 17b5 2800 3164 ffa0', // letters and a Braille pattern that are blank
  '180b-180d 180f fe00-fe0f', // variation selectors
  '2028 2029 fff0-fffb 1bca0-1bca3 1d173-1d17a', // separators, annotations, controls of shorthand and music
  'fdd0-fdef fffe ffff', // non-characters
  'e0000-e0fff', // tags and further variation selectors
  'f0000-10ffff', // the private planes
].join(' ');

const suspicious = new RegExp(`[${shapeless.replace(/[0-9a-f]+/g, '\\u{$&}').replaceAll(' ', '')}]`, 'gu');

/** Scripts whose spelling uses U+200C and U+200D between or after letters. */
const joiningScript =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const emoji = /\p{Extended_Pictographic}/u;
const emojiEnd = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f/u;
const ideograph = /\p{Unified_Ideograph}/u;
const mongolian = /\p{Script=Mongolian}/u;

/** The flags of England, Scotland and Wales: the only tag sequences that Unicode recommends (emoji-sequences.txt). */
const flagTags = /^(?:gbeng|gbsct|gbwls)$/;
const blackFlag = '\u{1f3f4}';
const cancelTag = '\u{e007f}';

const isTag = (character: string): boolean => /[\u{e0020}-\u{e007e}]/u.test(character);
const tagLetter = (tag: string): string => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000);

/** The five tags and the end mark that make the flag before them a known one: their length in UTF-16 units, or 0. */
const flagLength = (text: string, from: number): number => {
  const characters = [...text.slice(from, from + 12)];
  const isFlag = flagTags.test(characters.slice(0, 5).filter(isTag).map(tagLetter).join(''));
  return isFlag && characters[5] === cancelTag ? 12 : 0;
};

const keepsJoiner = (joiner: string, before: string | undefined, after: string | undefined): boolean => {
  if (before !== undefined && joiningScript.test(before)) return true;
  if (before === undefined) return after !== undefined && joiningScript.test(after);
  return joiner === '\u200d' && emojiEnd.test(before) && after !== undefined && emoji.test(after);
};

const keepsVariation = (selector: string, before: string | undefined, after: string | undefined): boolean => {
  if (before === undefined) return false;
  if (selector === '\ufe0e' || selector === '\ufe0f') {
    return (
      emoji.test(before) || (/[0-9#*]/.test(before) && after === '\u20e3') || /[\u2000-\u2bff\u3030\u303d]/.test(before)
    );
  }
  if (/[\ufe00-\ufe02\u{e0100}-\u{e01ef}]/u.test(selector)) return ideograph.test(before);
  return /[\u180b-\u180d\u180f]/.test(selector) && mongolian.test(before);
};

const keeps = (character: string, before: string | undefined, after: string | undefined): boolean => {
  if (character === '\u200c' || character === '\u200d') return keepsJoiner(character, before, after);
  if (character === '\u180e') return before !== undefined && mongolian.test(before);
  return keepsVariation(character, before, after);
};

/** Line and paragraph separators are breaks that people see; so are form feeds. */
const breaks: Readonly<Record<string, string>> = { '\u2028': '\n', '\u2029': '\n\n', '\u000c': '\n', '\u000b': '\n' };

const lastCharacter = (text: string): string | undefined => {
  const pair = text.slice(-2);
  return (pair.codePointAt(0) ?? 0) > 0xffff ? pair : pair.at(-1);
};

const characterAt = (text: string, index: number): string | undefined => {
  const codePoint = text.codePointAt(index);
  return codePoint === undefined ? undefined : String.fromCodePoint(codePoint);
};

/**
 * The text without what has no shape, and how many code points were removed. What stays: joiners inside an emoji or after
 * a letter whose script uses them, one variation selector after an emoji or an ideograph, the three known flags of tags.
 */
export const withoutInvisible = (text: string): { text: string; removed: number } => {
  const pieces = createTextBuilder();
  let before: string | undefined;
  let from = 0;
  let removed = 0;
  for (const { 0: character, index } of text.matchAll(suspicious)) {
    if (index < from) continue;
    const plain = text.slice(from, index);
    pieces.push(plain);
    if (plain !== '') before = lastCharacter(plain);
    from = index + character.length;
    const flag = before === blackFlag && isTag(character) ? flagLength(text, index) : 0;
    let kept = '';
    if (flag > 0) {
      kept = text.slice(index, index + flag);
      from = index + flag;
    } else if (breaks[character] !== undefined) kept = breaks[character];
    else if (keeps(character, before, characterAt(text, from))) kept = character;
    else removed += 1;
    pieces.push(kept);
    if (kept !== '') before = lastCharacter(kept);
  }
  return from === 0 ? { text, removed } : { text: pieces.take() + text.slice(from), removed };
};
