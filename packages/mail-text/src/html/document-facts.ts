// What the whole of a document says that decides about single elements: which style sheets it has, whether its sender wants
// dark screens, what its drawings clip and mask with. Knows no style.
import { mediaHolds } from '../css/conditions.ts';
import { sheetInAddress } from '../css/imports.ts';
import type { Attributes } from './html-tokens.ts';

export interface DocumentFacts {
  readonly styleSheets: readonly string[];
  /** Its sender wants dark screens. */
  readonly dark: boolean;
  /** Parts of drawings that clip, mask or filter something, by their ids: whether there is anything in them. */
  readonly references: ReadonlyMap<string, boolean>;
}

const isStyleSheet = ({ media = '', type = '' }: Attributes): boolean =>
  /^(?:|text\/css)$/i.test(type.trim()) && mediaHolds(media);

const holders = new Set(['clippath', 'mask', 'filter']);

/** Tags of a document, in their order → its facts. */
export const createFactsReader = () => {
  const styleSheets: string[] = [];
  const references = new Map<string, boolean>();
  const open: string[] = [];
  let dark = false;
  let templates = 0;
  /** Of sheets with titles only those of the first title count. */
  let title: string | undefined;
  let sheet: string | undefined;
  return {
    open: (name: string, attributes: Attributes): void => {
      const around = open.at(-1);
      if (around !== undefined) references.set(around, true);
      if (name === 'template') templates += 1;
      if (attributes.title && (name === 'style' || name === 'link')) title ??= attributes.title;
      const isOther = Boolean(attributes.title) && attributes.title !== title;
      if (templates > 0 || ((name === 'style' || name === 'link') && isOther)) return;
      if (name === 'style') sheet = isStyleSheet(attributes) ? '' : undefined;
      else if (name === 'link' && /(?:^|\s)stylesheet(?:\s|$)/i.test(attributes.rel ?? '')) {
        const inAddress = isStyleSheet({ media: attributes.media }) ? sheetInAddress(attributes.href ?? '') : undefined;
        if (inAddress !== undefined) styleSheets.push(inAddress);
      } else if (name === 'meta' && attributes.name?.trim().toLowerCase() === 'color-scheme') {
        const words = (attributes.content ?? '').toLowerCase().split(/[\s,]+/);
        dark = words.includes('dark') && !words.includes('light');
      } else if (holders.has(name) && attributes.id) {
        if (!references.has(attributes.id)) references.set(attributes.id, false);
        open.push(attributes.id);
      }
    },
    text: (text: string): void => {
      if (sheet !== undefined) sheet += text;
    },
    close: (name: string): void => {
      if (holders.has(name)) open.pop();
      if (name === 'template') templates -= 1;
      if (name !== 'style' || sheet === undefined) return;
      styleSheets.push(sheet);
      sheet = undefined;
    },
    facts: (): DocumentFacts => ({ styleSheets, dark, references }),
  };
};
