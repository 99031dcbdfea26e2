// Removes characters that nobody sees but a model reads: zero-width and bidirectional controls, tag characters, payloads
// of variation selectors. Keeps them where a script or an emoji needs them. Knows nothing of HTML or mail.

/** Characters without a shape of their own, in any text; the rest of the file decides which of them have a use. */
const suspicious =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points are meant
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\u{f0000}-\u{10ffff}]/u;

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

/** How many of the characters after a black flag belong to it: 6, or 0 where it is no flag that people know. */
const flagLength = (characters: readonly string[], from: number): number => {
  const tags = characters.slice(from, from + 5);
  return flagTags.test(tags.filter(isTag).map(tagLetter).join('')) && characters[from + 5] === cancelTag ? 6 : 0;
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

/**
 * The text without what has no shape, and how many code points were removed. What stays: joiners inside an emoji or after
 * a letter whose script uses them, one variation selector after an emoji or an ideograph, the three known flags of tags.
 */
export const withoutInvisible = (text: string): { text: string; removed: number } => {
  if (!suspicious.test(text)) return { text, removed: 0 };
  const characters = [...text];
  const kept: string[] = [];
  let removed = 0;
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    const before = kept.at(-1);
    if (!suspicious.test(character)) {
      kept.push(character);
      const flag = character === blackFlag ? flagLength(characters, index + 1) : 0;
      if (flag > 0) kept.push(characters.slice(index + 1, index + 1 + flag).join(''));
      index += flag;
    } else if (breaks[character] !== undefined) kept.push(breaks[character]);
    else if (keeps(character, before, characters[index + 1])) kept.push(character);
    else removed += 1;
  }
  return { text: kept.join(''), removed };
};
