// HTML → tags and text, through htmlparser2's tokenizer alone: its tree-keeping parser is quadratic in nesting depth,
// and depth is the sender's choice. Knows nothing of what the elements mean.
import { Tokenizer } from 'htmlparser2';

/** Attribute names are lower case; of a doubled attribute the first counts. */
export type Attributes = Readonly<Record<string, string | undefined>>;

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

/** Reads a document once, from the beginning to the end; comments, doctypes and CDATA are passed over. */
export const readTags = (html: string, handlers: TagHandlers): void => {
  let name = '';
  let attributes: Record<string, string | undefined> = Object.create(null);
  let attributeName = '';
  let attributeValue = '';
  let text: string[] = [];
  const flush = () => {
    if (text.length === 0) return;
    const whole = text.join('');
    text = [];
    handlers.text(whole);
  };
  const ignored = () => undefined;
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => text.push(html.slice(start, end)),
      ontextentity: (codePoint) => text.push(characterOf(codePoint)),
      onopentagname: (start, end) => {
        flush();
        name = html.slice(start, end).toLowerCase();
        attributes = Object.create(null);
      },
      onattribname: (start, end) => {
        attributeName = html.slice(start, end).toLowerCase();
        attributeValue = '';
      },
      onattribdata: (start, end) => {
        attributeValue += html.slice(start, end);
      },
      onattribentity: (codePoint) => {
        attributeValue += characterOf(codePoint);
      },
      onattribend: () => {
        attributes[attributeName] ??= attributeValue;
      },
      onopentagend: () => handlers.open(name, attributes, false),
      onselfclosingtag: () => handlers.open(name, attributes, true),
      onclosetag: (start, end) => {
        flush();
        handlers.close(html.slice(start, end).toLowerCase());
      },
      isInForeignContext: () => handlers.inForeignContent(),
      oncdata: ignored,
      oncomment: ignored,
      ondeclaration: ignored,
      onprocessinginstruction: ignored,
      onend: ignored,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  flush();
};
