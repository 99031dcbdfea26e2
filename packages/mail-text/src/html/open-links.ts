// Links while their text is rendered: where each belongs in the text, what a person clicks and where it leads. How much of a
// URL there is room for is decided later (links/links.ts).
import { directUrl, type PendingLink, targetOf } from '../links/link-text.ts';
import { otherHostNamed } from '../links/named-hosts.ts';
import type { Slot, TextLines } from '../text/text-lines.ts';

interface OpenLink {
  readonly url: string;
  readonly slotBefore: Slot;
  /** Words before it. */
  readonly wordsBefore: number;
  text: string;
  hasImage: boolean;
}

/** Of a link's text only this much is looked at for what it claims. */
const longestLooked = 2_000;
/** Of a link's text this much (UTF-16 units) is listed beside it. */
const longestListed = 200;

const listed = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestListed ? `${line.slice(0, longestListed).toWellFormed()}…` : line;
};

/** How a person writes an address: without scheme and last slash. */
const bare = (address: string): string =>
  address
    .trim()
    .toLowerCase()
    .replace(/^(?:https?:\/\/|mailto:|tel:)/, '')
    .replace(/\/$/, '');

export class OpenLinks {
  private readonly lines: TextLines;
  private readonly places = new Map<Slot, PendingLink>();
  private base: string | undefined;
  private current: OpenLink | undefined;
  /** The link that was written last, with its words: another one to the same URL right behind it continues it. */
  private last:
    | { readonly url: string; readonly slot: Slot; readonly words: number; readonly text: string }
    | undefined;
  /** A link around nothing but an image, written only where no link to the same URL follows at once. */
  private imageLink: { readonly url: string; isApart: boolean } | undefined;

  constructor(lines: TextLines) {
    this.lines = lines;
  }

  /** `<base href>`: what relative URLs are relative to; the first one counts. */
  setBase(href: string): void {
    this.base ??= URL.canParse(href) ? href : undefined;
  }
  begin(href: string): void {
    this.end();
    const url = targetOf(href, this.base);
    if (this.imageLink && this.imageLink.url !== url) this.writeImageLink();
    this.imageLink = undefined;
    if (url === undefined) return;
    const { lines } = this;
    this.current = {
      url,
      slotBefore: lines.slotBefore(),
      wordsBefore: lines.wordCount(),
      text: '',
      hasImage: false,
    };
  }
  /** To be called with each text before it is written. */
  beforeText(text: string): void {
    if (text.trim() !== '') this.writeImageLink();
    if (this.current && this.current.text.length < longestLooked) this.current.text += text;
  }
  /** To be called where a line or a block begins or ends. */
  lineEnds(): void {
    if (this.imageLink) this.imageLink.isApart = true;
  }
  /** An image without alternative text. */
  addImage(): void {
    if (this.current) this.current.hasImage = true;
  }
  end(): void {
    const link = this.current;
    this.current = undefined;
    if (!link) return;
    if (this.lines.wordCount() !== link.wordsBefore) this.write(link);
    else if (link.hasImage) this.imageLink = { url: link.url, isApart: false };
  }
  /** Everything was read: all links, by the slots in which they belong. */
  finish(): ReadonlyMap<Slot, PendingLink> {
    this.end();
    this.writeImageLink();
    return this.places;
  }

  private write({ url, slotBefore, wordsBefore, text }: OpenLink): void {
    const before = this.last?.url === url && this.last.words === wordsBefore ? this.last : undefined;
    if (before) this.places.delete(before.slot);
    const words = listed(before ? `${before.text} ${text}` : text);
    const slot = this.lines.slotBehind();
    const direct = directUrl(url);
    if (bare(direct) === bare(text)) {
      this.places.set(slot, { kind: 'said', url, text: words });
      return;
    }
    const otherHost = otherHostNamed(text, direct);
    if (otherHost === undefined) {
      this.places.set(slot, { kind: 'named', url, text: words });
      this.last = { url, slot, words: this.lines.wordCount(), text };
    } else {
      slotBefore.text = '[';
      this.places.set(slot, { kind: 'deceptive', url, text: words, otherHost });
    }
  }

  private writeImageLink(): void {
    if (!this.imageLink) return;
    const { url, isApart } = this.imageLink;
    this.imageLink = undefined;
    this.lines.setEdit(undefined);
    this.lines.words(' ');
    this.places.set(this.lines.slotAsWord(), { kind: 'bare', url, text: '' });
    if (isApart) this.lines.endBlock();
    else this.lines.words(' ');
  }
}
