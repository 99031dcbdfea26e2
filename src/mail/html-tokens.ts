// HTML → tags and text, through htmlparser2's tokenizer alone: its tree-keeping parser is quadratic in nesting depth,
// and depth is the sender's choice. Knows nothing of what the elements mean.
import { Tokenizer } from 'htmlparser2';

export interface HtmlHandlers {
  /** Names are lower case; of a doubled attribute the first counts. */
  open(name: string, attributes: Readonly<Record<string, string | undefined>>): void;
  /** Entities are decoded; one run of text may come in several pieces. */
  text(text: string): void;
  /** As written: nothing is closed by implication. */
  close(name: string): void;
}

/** Reads a document once, from the beginning to the end; comments, doctypes and CDATA are passed over. */
export const readHtml = (html: string, handlers: HtmlHandlers): void => {
  let name = '';
  let attributes: Record<string, string | undefined> = Object.create(null);
  let attributeName = '';
  let attributeValue = '';
  const opened = () => handlers.open(name, attributes);
  const ignored = () => undefined;
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => handlers.text(html.slice(start, end)),
      ontextentity: (codePoint) => handlers.text(String.fromCodePoint(codePoint)),
      onopentagname: (start, end) => {
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
        attributeValue += String.fromCodePoint(codePoint);
      },
      onattribend: () => {
        attributes[attributeName] ??= attributeValue;
      },
      onopentagend: opened,
      onselfclosingtag: opened,
      onclosetag: (start, end) => handlers.close(html.slice(start, end).toLowerCase()),
      oncdata: ignored,
      oncomment: ignored,
      ondeclaration: ignored,
      onprocessinginstruction: ignored,
      onend: ignored,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
};
