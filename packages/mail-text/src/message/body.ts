// The body of a message as a person would read it: its text parts in order, of several forms of the same content the best one,
// messages inside the message under a head of their own, and where quoted history begins. What is hidden from a reader is counted
// over all forms, shown or not.
import type { TextLink } from '../links/links.ts';
import { isBodyText } from '../mime/attachments.ts';
import { headerText, headerValues } from '../mime/headers.ts';
import {
  childrenOf,
  isContainer,
  type Message,
  type MessagePart,
  mimeTypeOf,
  type NumberedPart,
  rootOf,
} from '../mime/message-part.ts';
import { isHtml, type Reading, readPart, sumOfRemoved } from '../mime/read-part.ts';
import { codePointsIn, indexAfter } from '../page.ts';

/** The readable body; lines end with LF, the texts of several parts follow each other. */
export const readBody = (message: Message): Reading => {
  const readings = new Map<MessagePart, Reading>();
  const read = readerOf(readings);
  const shown = inOrder(bodyPieces(message, chooseBy(read)), read);
  const quotedFrom = historyOf(shown);
  return {
    text: shown.map(({ text }) => text).join(between),
    removed: sumOfRemoved([...readings.values()].map(({ removed }) => removed)),
    links: withWords(
      shown.flatMap(({ links }) => links),
      readings.values(),
    ),
    ...(quotedFrom === undefined ? {} : { quotedFrom }),
    ...(shown.some(({ truncated }) => truncated) ? { truncated: true } : {}),
  };
};

/** A piece of the body: a text part, or the head of a message inside the message. */
type Piece =
  | { readonly kind: 'text'; readonly from: NumberedPart; readonly forwarded: boolean }
  | { readonly kind: 'head'; readonly text: string; readonly forwarded: true };

/** Picks one of several forms of the same content. */
type ChooseForm = (forms: readonly Piece[][]) => readonly Piece[];

/** Alternatives that are nested deeper are all shown: nobody writes such mail, and choosing costs at every level. */
const deepestChoice = 50;

const isInnerMessage = (mimeType: string): boolean => /^message\/(?:rfc822|global|news)$/.test(mimeType);
/** Their parts are fields for programs; structured-parts.ts reads them. */
const isReport = (mimeType: string): boolean =>
  /^message\/(?:delivery-status|disposition-notification|feedback-report|global-.*)$/.test(mimeType);

const headOfInnerMessage = (container: NumberedPart): Piece => {
  const [inner] = childrenOf(container);
  const fields = ['From', 'To', 'Cc', 'Date', 'Subject'].flatMap((name) =>
    headerValues(inner?.part.headers, name.toLowerCase()).map((value) => `${name}: ${headerText(value)}`),
  );
  return { kind: 'head', text: ['---------- Forwarded message ----------', ...fields].join('\n'), forwarded: true };
};

interface OpenContainer {
  readonly children: readonly NumberedPart[];
  readonly forwarded: boolean;
  readonly depth: number;
  /** Where the pieces of its children go. */
  readonly sink: Piece[];
  /** For alternatives: one list for each child, and where the chosen one goes. */
  readonly forms?: Piece[][];
  next: number;
}

/** The pieces of a message's body, in order. Iterative: depth is the sender's choice. */
const bodyPieces = (message: Message, choose: ChooseForm): Piece[] => {
  const root = rootOf(message);
  const pieces: Piece[] = [];
  const open: OpenContainer[] = [];

  const enter = (numbered: NumberedPart, sink: Piece[], forwarded: boolean, depth: number): void => {
    const mimeType = mimeTypeOf(numbered.part);
    if (isReport(mimeType)) return;
    if (!isContainer(numbered.part)) {
      if (isBodyText(numbered)) sink.push({ kind: 'text', from: numbered, forwarded });
      return;
    }
    const inner = isInnerMessage(mimeType);
    if (inner) sink.push(headOfInnerMessage(numbered));
    const isChoice = mimeType === 'multipart/alternative' && depth < deepestChoice;
    open.push({
      children: childrenOf(numbered),
      forwarded: forwarded || inner,
      depth,
      sink,
      forms: isChoice ? [] : undefined,
      next: 0,
    });
  };

  if (root) enter(root, pieces, false, 0);
  for (let here = open.at(-1); here; here = open.at(-1)) {
    const child = here.children[here.next];
    if (child === undefined) {
      open.pop();
      if (here.forms) for (const piece of choose(here.forms)) here.sink.push(piece);
      continue;
    }
    here.next += 1;
    const sink = here.forms ? [] : here.sink;
    here.forms?.push(sink);
    enter(child, sink, here.forwarded, here.depth + 1);
  }
  return pieces;
};

type ReadPart = (part: MessagePart) => Reading;

const readerOf = (readings: Map<MessagePart, Reading>): ReadPart => {
  return (part) => {
    const reading = readings.get(part) ?? readPart(part);
    readings.set(part, reading);
    return reading;
  };
};

const textOf = (pieces: readonly Piece[], read: ReadPart): string =>
  pieces.flatMap((piece) => (piece.kind === 'text' ? [read(piece.from.part).text] : [])).join('\n\n');

const linksOf = (pieces: readonly Piece[], read: ReadPart): readonly TextLink[] =>
  pieces.flatMap((piece) => (piece.kind === 'text' ? read(piece.from.part).links : []));

/** Whether a plain form would leave out what is struck out, inserted or ticked. */
const isMarked = (pieces: readonly Piece[], read: ReadPart): boolean =>
  pieces.some((piece) => piece.kind === 'text' && read(piece.from.part).marked);

const isOfWeb = ({ url }: TextLink): boolean => /^https?:/i.test(url);
const withoutSlash = ({ url }: TextLink): string => url.replace(/\/$/, '');

/** Whether the plain form has every address that a person can click in the HTML, and none that the HTML warns of. */
const leadsAsFar = (plain: readonly TextLink[], html: readonly TextLink[]): boolean => {
  const known = new Set(plain.map(withoutSlash));
  return html.filter(isOfWeb).every((link) => link.otherHost === undefined && known.has(withoutSlash(link)));
};

/** A plain form has its addresses without the words that a person clicks in the HTML. */
const withWords = (links: readonly TextLink[], readings: Iterable<Reading>): TextLink[] => {
  const words = new Map(
    [...readings].flatMap((reading) => reading.links.map((link) => [withoutSlash(link), link.text])),
  );
  return links.map((link) => {
    const text = link.text ?? words.get(withoutSlash(link));
    return text === undefined ? link : { ...link, text };
  });
};

/**
 * Of several forms of the same content: the plain one where it says what a person sees in the HTML and leads where that
 * leads, else the HTML; RFC 2046 §5.1.4 puts the best form last.
 */
const chooseBy =
  (read: ReadPart): ChooseForm =>
  (forms) => {
    const withText = forms
      .map((pieces) => ({ pieces, text: textOf(pieces, read) }))
      .filter(({ text }) => text.trim() !== '');
    const has = (pieces: readonly Piece[], wanted: (part: MessagePart) => boolean) =>
      pieces.some((piece) => piece.kind === 'text' && wanted(piece.from.part));
    const html = withText.findLast(({ pieces }) => has(pieces, isHtml));
    const plain = withText.find(
      ({ pieces }) => !has(pieces, isHtml) && has(pieces, (part) => mimeTypeOf(part) === 'text/plain'),
    );
    if (plain && html) {
      const saysAll =
        !isMarked(html.pieces, read) &&
        saysTheSame(plain.text, html.text) &&
        leadsAsFar(linksOf(plain.pieces, read), linksOf(html.pieces, read));
      return saysAll ? plain.pieces : html.pieces;
    }
    return (html ?? plain ?? withText.at(-1))?.pieces ?? [];
  };

/** Longer texts are not compared: the answer is no. UTF-16 units. */
const longest = 500_000;
/** Of what one form says the other must say this share. */
const share = 0.8;
/** So many words in a row that only the plain form has are a statement of its own. */
const ownStatement = 10;

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/<?\b(?:https?|mailto|tel):[^\s>)\]]*>?|\[link \d+: [^\]\s]*\]/g, ' ')
    .match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}]+/gu) ?? [];

const runsOf = (words: readonly string[]): string[] =>
  words.length < 3 ? [words.join(' ')] : words.slice(2).map((word, at) => `${words[at]} ${words[at + 1]} ${word}`);

const longestGap = (runs: readonly string[], known: ReadonlySet<string>): number => {
  let gap = 0;
  let most = 0;
  for (const run of runs) {
    gap = known.has(run) ? 0 : gap + 1;
    most = Math.max(most, gap);
  }
  return most;
};

/**
 * Whether the plain form of a message may stand for its HTML form, judged by runs of three words, so that neither order, line
 * breaks, links nor typography count: it says what a person sees in the HTML (a stub does
 * not), and nothing beside that (what only a program would read).
 * @param html the readable text of the HTML form.
 */
const saysTheSame = (plain: string, html: string): boolean => {
  if (plain.length > longest || html.length > longest) return false;
  const [ofPlain, ofHtml] = [runsOf(wordsOf(plain)), runsOf(wordsOf(html))];
  const [plainSet, htmlSet] = [new Set(ofPlain), new Set(ofHtml)];
  const covered = ofHtml.filter((run) => plainSet.has(run)).length;
  return covered >= ofHtml.length * share && longestGap(ofPlain, htmlSet) < ownStatement;
};

/** A text after the quoted one that only signs, or that a mailing list added, is not the writer's going on. */
const isFooter = (text: string): boolean => /^(?:-- ?$|_{5,}|-{10,}|={10,})/m.test(text.trimStart().slice(0, 80));

interface Shown extends Reading {
  readonly forwarded: boolean;
  readonly offset: number;
}

const between = '\n\n';

/** A reading whose links are numbered on from those of the texts before it. */
const numberedAfter = (before: number, reading: Reading): Reading => {
  if (before === 0 || reading.links.every(({ numberAt }) => numberAt === undefined)) return reading;
  const { text, quotedFrom } = reading;
  const history = quotedFrom === undefined ? undefined : indexAfter(text, quotedFrom);
  let grown = 0;
  let grownBeforeHistory = 0;
  let from = 0;
  const pieces: string[] = [];
  const links = reading.links.map((link, index): TextLink => {
    const { numberAt } = link;
    if (numberAt === undefined) return link;
    const [old, number] = [`${index + 1}`, `${index + 1 + before}`];
    pieces.push(text.slice(from, numberAt), number);
    from = numberAt + old.length;
    const moved = { ...link, numberAt: numberAt + grown };
    grown += number.length - old.length;
    if (history !== undefined && numberAt < history) grownBeforeHistory = grown;
    return moved;
  });
  pieces.push(text.slice(from));
  return {
    ...reading,
    text: pieces.join(''),
    links,
    ...(quotedFrom === undefined ? {} : { quotedFrom: quotedFrom + grownBeforeHistory }),
  };
};

const inOrder = (pieces: readonly Piece[], read: ReadPart): Shown[] => {
  let offset = 0;
  let links = 0;
  const shown: Shown[] = [];
  for (const piece of pieces) {
    const part: Reading =
      piece.kind === 'head'
        ? { text: piece.text, removed: { hiddenElements: 0, invisibleCharacters: 0 }, links: [] }
        : read(piece.from.part);
    if (part.text.trim() === '') continue;
    const reading = numberedAfter(links, part);
    shown.push({ ...reading, forwarded: piece.forwarded, offset });
    offset += codePointsIn(reading.text) + between.length;
    links += reading.links.length;
  }
  return shown;
};

/** Texts that follow each other as one; where history begins is said by the first. */
export const joinedReadings = (readings: readonly Reading[]): Reading => {
  let links = 0;
  const numbered = readings.map((own) => {
    const reading = numberedAfter(links, own);
    links += reading.links.length;
    return reading;
  });
  const [first] = numbered;
  return {
    text: numbered.map(({ text }) => text).join(between),
    removed: sumOfRemoved(numbered.map(({ removed }) => removed)),
    links: numbered.flatMap((reading) => reading.links),
    ...(first?.quotedFrom === undefined ? {} : { quotedFrom: first.quotedFrom }),
    ...(numbered.some(({ truncated }) => truncated) ? { truncated: true } : {}),
  };
};

const historyOf = (shown: readonly Shown[]): number | undefined => {
  const own = shown.filter(({ forwarded }) => !forwarded);
  const last = own.findLast(({ text }, index) => index === 0 || !isFooter(text));
  return last?.quotedFrom === undefined ? undefined : last.offset + last.quotedFrom;
};
