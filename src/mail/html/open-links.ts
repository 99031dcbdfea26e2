// Links while their text is being told: afterwards each carries its target, shortened as much as the whole text needs.
// Knows nothing of elements.
import { shortUrl, targetOf } from '../links.ts';
import { otherHostNamed } from '../named-hosts.ts';
import type { Slot, TextLines } from '../text-lines.ts';

interface OpenLink {
  readonly url: string;
  readonly before: Slot;
  readonly saidBefore: number;
  text: string;
  hasPicture: boolean;
}

type LinkKind = 'named' | 'deceptive' | 'bare';

interface ToldLink {
  readonly url: string;
  readonly before: Slot | undefined;
  readonly behind: Slot;
  readonly kind: LinkKind;
  /** What had been said in all when it ended. */
  readonly said: number;
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
  /** Everything was read. */
  finish(): void;
  /** How many links have a target to show. */
  readonly count: () => number;
  /** Fills in all targets, each at most `limit` characters where its host allows that. */
  fill(limit: number): void;
}

/** Of a link's text only this much is looked at for what it claims. */
const longestLooked = 2_000;

/** Text and target say the same, apart from scheme and a last slash. */
const isSame = (url: string, text: string): boolean => {
  const bare = (address: string) =>
    address
      .trim()
      .toLowerCase()
      .replace(/^(?:https?:\/\/|mailto:|tel:)/, '')
      .replace(/\/$/, '');
  return bare(url) === bare(text);
};

const put = ({ url, before, behind, kind }: ToldLink, limit: number): void => {
  const target = shortUrl(url, limit);
  switch (kind) {
    case 'deceptive':
      if (before) before.text = '[';
      behind.text = `] (goes to ${target})`;
      break;
    case 'bare':
      behind.text = `<${target}>`;
      break;
    case 'named':
      behind.text = ` <${target}>`;
      break;
  }
};

/** The links of one text, told in their order. */
export const createOpenLinks = (out: TextLines): OpenLinks => {
  const told: ToldLink[] = [];
  let base: string | undefined;
  let open: OpenLink | undefined;
  /** A link around nothing but a picture, told only where no link to the same place follows at once. */
  let picture: { readonly url: string; isApart: boolean } | undefined;

  const tellPicture = (): void => {
    if (!picture) return;
    const { url, isApart } = picture;
    picture = undefined;
    out.words(' ');
    told.push({ url, before: undefined, behind: out.slotAsWord(), kind: 'bare', said: out.said() });
    if (isApart) out.endBlock();
    else out.words(' ');
  };
  const end = (): void => {
    const link = open;
    open = undefined;
    if (!link) return;
    if (out.said() === link.saidBefore) {
      if (link.hasPicture) picture = { url: link.url, isApart: false };
      return;
    }
    if (isSame(link.url, link.text)) return;
    const last = told.at(-1);
    if (last?.url === link.url && last.said === link.saidBefore && last.kind === 'named') told.pop();
    const kind = otherHostNamed(link.text, link.url) === undefined ? 'named' : 'deceptive';
    told.push({ url: link.url, before: link.before, behind: out.slotBehind(), kind, said: out.said() });
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
    },
    setBase: (href) => {
      base ??= URL.canParse(href) ? href : undefined;
    },
    count: () => told.length,
    fill: (limit) => {
      for (const link of told) put(link, limit);
    },
  };
};
