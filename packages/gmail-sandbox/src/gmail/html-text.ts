// HTML → the words in it, for snippets and the search. Linear in its input whatever the nesting, so it uses
// htmlparser2's tokenizer and no tree. Knows nothing of mail; hidden elements are kept, as Gmail keeps them.
import { Tokenizer } from 'htmlparser2';

const SKIPPED = new Set(['style', 'script', 'title', 'noscript', 'template']);
const INLINE = new Set([
  'a',
  'b',
  'i',
  'u',
  's',
  'em',
  'strong',
  'span',
  'font',
  'small',
  'big',
  'sub',
  'sup',
  'code',
  'wbr',
]);

/** The text of an HTML document with its images' alternative texts, without styles and scripts; blocks are apart by a space. */
export const htmlToText = (html: string): string => {
  const pieces: string[] = [];
  let tag = '';
  let attribute = '';
  let skippedTag: string | undefined;
  const push = (text: string) => {
    if (skippedTag === undefined) pieces.push(text);
  };
  const isAlternativeText = () => tag === 'img' && attribute === 'alt';
  const openTag = () => {
    if (skippedTag === undefined && SKIPPED.has(tag)) skippedTag = tag;
    if (!INLINE.has(tag)) push(' ');
  };
  const nothing = () => undefined;

  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname: (start, end) => {
        tag = html.slice(start, end).toLowerCase();
      },
      onattribname: (start, end) => {
        attribute = html.slice(start, end).toLowerCase();
      },
      onattribdata: (start, end) => {
        if (isAlternativeText()) push(html.slice(start, end));
      },
      onattribentity: (codePoint) => {
        if (isAlternativeText()) push(String.fromCodePoint(codePoint));
      },
      onopentagend: openTag,
      onselfclosingtag: openTag,
      onclosetag: (start, end) => {
        const name = html.slice(start, end).toLowerCase();
        if (skippedTag === name) skippedTag = undefined;
        if (!INLINE.has(name)) push(' ');
      },
      ontext: (start, end) => push(html.slice(start, end)),
      ontextentity: (codePoint) => push(String.fromCodePoint(codePoint)),
      oncdata: nothing,
      oncomment: nothing,
      ondeclaration: nothing,
      onprocessinginstruction: nothing,
      onattribend: nothing,
      onend: nothing,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return pieces.join('');
};
