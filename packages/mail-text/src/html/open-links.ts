// Links while their text is being told: where each belongs in the text, what a person clicks and where it leads. Knows
// nothing of elements, nor of how much of a target there is room for.
import { directUrl, type LinkPlace, targetOf } from '../links/link-pieces.ts';
import { otherHostNamed } from '../links/named-hosts.ts';
import type { Slot, TextLines } from '../text/text-lines.ts';

interface OpenLink {
  readonly url: string;
  readonly before: Slot;
  readonly saidBefore: number;
  text: string;
  hasPicture: boolean;
}

export interface OpenLinks {
  begin(href: string): void;
  /** Called with each text before it is written. */
  saying(text: string): void;
  /** Called where a line or a block begins or ends. */
  layOut(): void;
  /** A picture without words. */
  picture(): void;
  end(): void;
  /** The address that relative targets are relative to; the first one counts. */
  setBase(href: string): void;
  /** Everything was read: all links, by the slots in which they belong. */
  finish(): ReadonlyMap<Slot, LinkPlace>;
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

/** The links of one text, told in their order. */
export const createOpenLinks = (out: TextLines): OpenLinks => {
  const places = new Map<Slot, LinkPlace>();
  let base: string | undefined;
  let open: OpenLink | undefined;
  let last: { readonly url: string; readonly slot: Slot; readonly said: number; readonly text: string } | undefined;
  /** A link around nothing but a picture, told only where no link to the same place follows at once. */
  let picture: { readonly url: string; isApart: boolean } | undefined;

  const tellPicture = (): void => {
    if (!picture) return;
    const { url, isApart } = picture;
    picture = undefined;
    out.edit(undefined);
    out.words(' ');
    places.set(out.slotAsWord(), { kind: 'bare', url, text: '' });
    if (isApart) out.endBlock();
    else out.words(' ');
  };

  const tell = ({ url, before, saidBefore, text }: OpenLink): void => {
    const isContinued = last?.url === url && last.said === saidBefore;
    if (last && isContinued) places.delete(last.slot);
    const words = listed(last && isContinued ? `${last.text} ${text}` : text);
    const slot = out.slotBehind();
    const direct = directUrl(url);
    if (bare(direct) === bare(text)) {
      places.set(slot, { kind: 'said', url, text: words });
      return;
    }
    const otherHost = otherHostNamed(text, direct);
    if (otherHost === undefined) {
      places.set(slot, { kind: 'named', url, text: words });
      last = { url, slot, said: out.said(), text };
    } else {
      before.text = '[';
      places.set(slot, { kind: 'deceptive', url, text: words, otherHost });
    }
  };

  const end = (): void => {
    const link = open;
    open = undefined;
    if (!link) return;
    if (out.said() !== link.saidBefore) tell(link);
    else if (link.hasPicture) picture = { url: link.url, isApart: false };
  };

  return {
    begin: (href) => {
      end();
      const url = targetOf(href, base);
      if (picture && picture.url !== url) tellPicture();
      picture = undefined;
      if (url !== undefined)
        open = { url, before: out.slotBefore(), saidBefore: out.said(), text: '', hasPicture: false };
    },
    saying: (text) => {
      if (text.trim() !== '') tellPicture();
      if (open && open.text.length < longestLooked) open.text += text;
    },
    layOut: () => {
      if (picture) picture.isApart = true;
    },
    picture: () => {
      if (open) open.hasPicture = true;
    },
    end,
    finish: () => {
      end();
      tellPicture();
      return places;
    },
    setBase: (href) => {
      base ??= URL.canParse(href) ? href : undefined;
    },
  };
};
