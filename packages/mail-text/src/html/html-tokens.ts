// HTML → tags and text, through htmlparser2's tokenizer alone: its tree-keeping parser is quadratic in nesting depth, and depth is
// the sender's choice.
import { Tokenizer } from 'htmlparser2';
import type { Attributes } from '../css/element.ts';
import { createTextBuilder } from '../text/long-text.ts';

export interface TagHandlers {
  /** `selfClosing` says that the tag was written `<name/>`, which HTML itself ignores outside SVG and MathML. */
  open(name: string, attributes: Attributes, selfClosing: boolean): void;
  /** Entities are decoded; all text between two tags comes in one piece. */
  text(text: string): void;
  /** As written: nothing is closed by implication. */
  close(name: string): void;
  /** Whether the reader stands inside SVG or MathML, where style, title and script are no raw text. */
  inForeignContent(): boolean;
}

/** What stands at the place of an entity for a character that no string can hold. */
const characterOf = (codePoint: number): string =>
  codePoint >= 0 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : '\ufffd';

/** Tags that are read of one HTML. No person's mail has more; each costs memory until all is rendered. */
export const mostTags = 100_000;
/** Attributes of a tag that cost nothing; each more counts as a tag: a table of half a million is one huge allocation. */
const freeAttributes = 16;
const noAttributes: Attributes = Object.freeze(Object.create(null));
/** UTF-16 units that are read before tags are counted again. */
const pieceLength = 64 * 1024;

/**
 * Reads a document once, from the beginning; comments, doctypes and CDATA are passed over.
 * @param most tags that are read of it
 * @returns whether that was all of it
 */
export const readTags = (html: string, handlers: TagHandlers, most: number): boolean => {
  let tags = 0;
  const callbacks = tokenCallbacks(html, handlers, () => {
    tags += 1;
    if (tags > most) tokenizer.pause();
  });
  const tokenizer = new Tokenizer({ decodeEntities: true }, callbacks);
  for (let at = 0; at < html.length && tags <= most; at += pieceLength) {
    tokenizer.write(html.slice(at, at + pieceLength));
  }
  tokenizer.end();
  callbacks.flush();
  return tags <= most;
};

const ignored = () => undefined;

/** @param count called with each start tag, and with each attribute of one that has many */
const tokenCallbacks = (html: string, handlers: TagHandlers, count: () => void) => {
  let name = '';
  let attributes: Record<string, string | undefined> | undefined;
  let attributeName = '';
  let attributeValue = '';
  let attributeCount = 0;
  const text = createTextBuilder();
  const flush = () => {
    if (!text.isEmpty()) handlers.text(text.take());
  };
  return {
    /** Passes on the text so far. */
    flush,
    ontext: (start: number, end: number) => void text.push(html.slice(start, end)),
    ontextentity: (codePoint: number) => void text.push(characterOf(codePoint)),
    onopentagname: (start: number, end: number) => {
      flush();
      count();
      name = html.slice(start, end).toLowerCase();
      attributes = undefined;
      attributeCount = 0;
    },
    onattribname: (start: number, end: number) => {
      attributeName = html.slice(start, end).toLowerCase();
      attributeValue = '';
    },
    onattribdata: (start: number, end: number) => {
      attributeValue += html.slice(start, end);
    },
    onattribentity: (codePoint: number) => {
      attributeValue += characterOf(codePoint);
    },
    onattribend: () => {
      attributeCount += 1;
      if (attributeCount > freeAttributes) count();
      attributes ??= Object.create(null) as Record<string, string | undefined>;
      attributes[attributeName] ??= attributeValue;
    },
    onopentagend: () => handlers.open(name, attributes ?? noAttributes, false),
    onselfclosingtag: () => handlers.open(name, attributes ?? noAttributes, true),
    onclosetag: (start: number, end: number) => {
      flush();
      handlers.close(html.slice(start, end).toLowerCase());
    },
    isInForeignContext: () => handlers.inForeignContent(),
    oncdata: ignored,
    oncomment: ignored,
    ondeclaration: ignored,
    onprocessinginstruction: ignored,
    onend: ignored,
  };
};
