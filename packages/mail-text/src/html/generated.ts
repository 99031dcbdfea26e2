// The text of `content` (CSS Generated Content 3): strings and attributes; pictures, counters and quotes say nothing. Knows no
// style.
import type { StyledElement } from '../css/element.ts';
import { callOf, stringOf, type Words } from '../css/value.ts';

/** UTF-16 units. No sender puts a letter into a style sheet. */
const longest = 2_000;

const textOf = (word: string, { attributes }: StyledElement): string => {
  const text = stringOf(word);
  if (text !== undefined) return text;
  const call = callOf(word);
  if (call?.name !== 'attr') return '';
  const [name = ''] = call.args[0] ?? [];
  const fallback = stringOf(call.args[1]?.[0] ?? '');
  return attributes[name] ?? fallback ?? '';
};

/** Undefined where the part of the element is not made at all. What stands behind a slash is told to nobody who sees. */
export const generatedText = (content: Words, element: StyledElement): string | undefined => {
  const [first] = content;
  if (first === undefined || first === 'none' || first === 'normal') return undefined;
  const slash = content.indexOf('/');
  const shown = slash < 0 ? content : content.slice(0, slash);
  return shown
    .map((word) => textOf(word, element))
    .join('')
    .slice(0, longest);
};
