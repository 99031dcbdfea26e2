// Which parts of a message make up its body, and in which order: of several forms of the same content the best one, and
// messages inside the message under a head of their own. Knows how parts are arranged, not how their text is read.
import { isBodyText } from './attachments.ts';
import { headerText, headerValues } from './headers.ts';
import { childrenOf, isContainer, type Message, mimeTypeOf, type NumberedPart, rootOf } from './message-part.ts';

/** A piece of the body: a text part, or the head of a message inside the message. */
export type Piece =
  | { readonly kind: 'text'; readonly from: NumberedPart; readonly forwarded: boolean }
  | { readonly kind: 'head'; readonly text: string; readonly forwarded: true };

/** Picks one of several forms of the same content. */
export type ChooseForm = (forms: readonly Piece[][]) => readonly Piece[];

/** Alternatives that are nested deeper are all shown: nobody writes such mail, and choosing costs at every level. */
const deepestChoice = 50;

const isInnerMessage = (mimeType: string): boolean => /^message\/(?:rfc822|global|news)$/.test(mimeType);
/** Their parts are fields for programs; what they say is told by `reports`. */
const isReport = (mimeType: string): boolean =>
  /^message\/(?:delivery-status|disposition-notification|feedback-report|global-.*)$/.test(mimeType);

const headOfInnerMessage = (container: NumberedPart): Piece => {
  const [inner] = childrenOf(container);
  const fields = ['From', 'To', 'Cc', 'Date', 'Subject'].flatMap((name) =>
    headerValues(inner?.part.headers, name.toLowerCase()).map((value) => `${name}: ${headerText(value)}`),
  );
  return { kind: 'head', text: ['---------- Forwarded message ----------', ...fields].join('\n'), forwarded: true };
};

interface Open {
  readonly numbered: NumberedPart;
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
export const bodyPieces = (message: Message, choose: ChooseForm): Piece[] => {
  const root = rootOf(message);
  const pieces: Piece[] = [];
  const open: Open[] = [];

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
      ...{ numbered, children: childrenOf(numbered), forwarded: forwarded || inner, depth, sink, next: 0 },
      ...(isChoice ? { forms: [] } : {}),
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
