// Collects text that is laid out in blocks and lines: spaces collapse, blank lines never double, quotes and list items
// carry their marks. Where something belongs whose wording is known only later, a slot stands. Knows nothing of HTML.

/** A place in the text, and what was put there so far. */
export interface Slot {
  text: string;
  /** It marks where an edit begins or ends. */
  readonly isMark?: true;
}

/** What was done to words that a person still sees: struck out, or put in their place. */
export type Edit = 'deleted' | 'inserted';

/** CriticMarkup's marks for insertions, and the `~~` that chats and Markdown know for what is struck out. */
const editMarks: Readonly<Record<Edit, readonly [string, string]>> = {
  deleted: ['~~', '~~'],
  inserted: ['{++', '++}'],
};

export interface TextLines {
  /** Running text: white space collapses. */
  words(text: string): void;
  /** Text whose lines and spaces count. */
  verbatim(text: string): void;
  /** Ends the line, if something is on it. */
  endLine(): void;
  /** Ends the line and makes sure that one blank line follows. */
  endBlock(): void;
  /** An explicit line break: several of them make one blank line. */
  breakLine(): void;
  /** Begins a quoted (+1) or ends one (-1). */
  quote(change: 1 | -1): void;
  /** What the next line begins with, before its first word; '' takes back a mark that no word followed. */
  mark(text: string): void;
  /** From now on (+1) everything stays on one line, as in the cell of a table; -1 ends that. */
  oneLine(change: 1 | -1): void;
  /** What was done to the words that follow; marked on each line by itself. */
  edit(edit: Edit | undefined): void;
  /** Ends the mark of an edit behind the last word, though what follows may be edited too, as between cells. */
  endEdit(): void;
  /** A slot directly before the next word. */
  slotBefore(): Slot;
  /** A slot in the place of a word. */
  slotAsWord(): Slot;
  /** A slot directly behind the last word, also where its line has ended. */
  slotBehind(): Slot;
  /** The number of words and slots so far: unchanged means that nothing was said in between. */
  said(): number;
  /** The place of the next word: how many parts come before it. */
  place(): number;
  /** Whether any words were edited. */
  isEdited(): boolean;
  /** Everything: words with the spaces and line breaks between them, and slots in their places. */
  parts(): readonly (string | Slot)[];
}

/** Deeper quotes are marked no further: the mark of a line must not grow with what a sender nests. */
const deepestQuote = 10;

const spaces = /[\s\u00a0]+/g;

export const createTextLines = (): TextLines => {
  const pieces: (string | Slot)[] = [];
  let lineBreaks = 0;
  let lineIsEmpty = true;
  let spaceWanted = false;
  let quoteDepth = 0;
  let gapDepth = 0;
  let pendingMark = '';
  let pendingSlots: Slot[] = [];
  let flattened = 0;
  let said = 0;
  let edit: Edit | undefined;
  let openEdit: Edit | undefined;
  let isEdited = false;

  const putMark = (text: string): void => {
    pieces.push({ text, isMark: true });
  };
  const endEdit = (): void => {
    if (openEdit) putMark(editMarks[openEdit][1]);
    openEdit = undefined;
  };

  const prefix = (depth: number): string => '> '.repeat(Math.min(depth, deepestQuote));
  const write = (text: string | Slot): void => {
    if (lineIsEmpty || openEdit !== edit) endEdit();
    if (lineIsEmpty) {
      const breaks = pieces.length === 0 ? 0 : lineBreaks;
      const blank = `\n${prefix(gapDepth).trimEnd()}`.repeat(Math.max(breaks - 1, 0));
      pieces.push(`${blank}${breaks > 0 ? '\n' : ''}${prefix(quoteDepth)}${pendingMark}`);
      pendingMark = '';
      gapDepth = quoteDepth;
      lineIsEmpty = false;
    } else if (spaceWanted) pieces.push(' ');
    spaceWanted = false;
    lineBreaks = 0;
    said += 1;
    if (edit && !openEdit) {
      putMark(editMarks[edit][0]);
      openEdit = edit;
      isEdited = true;
    }
    if (pendingSlots.length > 0) pieces.push(...pendingSlots);
    pendingSlots = [];
    pieces.push(text);
  };
  const space = (): void => {
    spaceWanted ||= !lineIsEmpty;
  };
  const endLine = () => {
    if (flattened > 0) return space();
    if (!lineIsEmpty) lineBreaks = Math.max(lineBreaks, 1);
    lineIsEmpty = true;
    spaceWanted = false;
  };
  const breakLine = () => {
    if (flattened > 0) return space();
    lineBreaks = lineIsEmpty ? Math.min(lineBreaks + 1, 2) : 1;
    lineIsEmpty = true;
    spaceWanted = false;
  };

  return {
    words: (text) => {
      const collapsed = text.replace(spaces, ' ');
      const words = collapsed.trim();
      if (collapsed.startsWith(' ')) space();
      if (words === '') return;
      write(words);
      spaceWanted = collapsed.endsWith(' ');
    },
    verbatim: (text) => {
      for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
        if (index > 0) breakLine();
        if (line !== '') write(line);
      }
    },
    endLine,
    endBlock: () => {
      endLine();
      if (flattened === 0) lineBreaks = Math.max(lineBreaks, 2);
    },
    breakLine,
    quote: (change) => {
      endLine();
      quoteDepth = Math.max(quoteDepth + change, 0);
      gapDepth = Math.min(gapDepth, quoteDepth);
    },
    mark: (text) => {
      if (flattened === 0 || text === '') pendingMark = text;
    },
    oneLine: (change) => {
      flattened = Math.max(flattened + change, 0);
    },
    edit: (done) => {
      edit = done;
    },
    endEdit,
    slotBefore: () => {
      const slot = { text: '' };
      pendingSlots.push(slot);
      return slot;
    },
    slotAsWord: () => {
      const slot = { text: '' };
      write(slot);
      return slot;
    },
    slotBehind: () => {
      const slot = { text: '' };
      pieces.push(slot);
      return slot;
    },
    said: () => said,
    place: () => {
      if (lineIsEmpty) endEdit();
      return pieces.length;
    },
    isEdited: () => isEdited,
    parts: () => {
      endEdit();
      return pieces;
    },
  };
};
