// Collects text in blocks and lines: spaces collapse, blank lines never double, quotes, list items and edits have their
// prefixes. A link whose wording is decided later gets a placeholder.

import { createTextBuilder, linesIn } from './long-text.ts';

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

/** Deeper quotes are marked no further: the mark of a line must not grow with what a sender nests. */
const deepestQuote = 10;

const quotePrefix = (depth: number): string => '> '.repeat(Math.min(depth, deepestQuote));

/** Preformatted lines that stay lines; each is two parts. */
const mostLines = 500_000;

const spaces = /[\s\u00a0]+/g;

export class TextLines {
  private readonly pieces: (string | Slot)[] = [];
  private isLineEmpty = true;
  private isSpaceWanted = false;
  /** Line breaks since the last word. */
  private lineBreaks = 0;
  private quoteDepth = 0;
  /** The least depth since the last word: blank lines before the next one are quoted so deep. */
  private gapDepth = 0;
  private pendingPrefix = '';
  private pendingSlots: Slot[] = [];
  private oneLineDepth = 0;
  private wordsWritten = 0;
  private linesWritten = 0;
  private edit: Edit | undefined;
  private openEdit: Edit | undefined;
  private edited = false;

  /** Running text: white space collapses. */
  words(text: string): void {
    const collapsed = text.replace(spaces, ' ');
    const words = collapsed.trim();
    if (collapsed.startsWith(' ')) this.space();
    if (words === '') return;
    this.write(words);
    this.isSpaceWanted = collapsed.endsWith(' ');
  }
  /** Text whose lines and spaces count; beyond half a million lines it runs on. */
  preformatted(text: string): void {
    const rest = createTextBuilder();
    let isFirst = true;
    for (const line of linesIn(text)) {
      if (this.linesWritten >= mostLines) {
        rest.push(` ${line}`);
        continue;
      }
      if (!isFirst) this.breakLine();
      isFirst = false;
      if (line === '') continue;
      this.linesWritten += 1;
      this.write(line);
    }
    if (!rest.isEmpty()) this.words(rest.take());
  }

  /** Ends the line, if something is on it. */
  endLine(): void {
    if (this.oneLineDepth > 0) {
      this.space();
      return;
    }
    if (!this.isLineEmpty) this.lineBreaks = Math.max(this.lineBreaks, 1);
    this.beginLine();
  }
  /** Ends the line and makes sure that one blank line follows. */
  endBlock(): void {
    this.endLine();
    if (this.oneLineDepth === 0) this.lineBreaks = Math.max(this.lineBreaks, 2);
  }
  /** An explicit line break: several of them make one blank line. */
  breakLine(): void {
    if (this.oneLineDepth > 0) {
      this.space();
      return;
    }
    this.lineBreaks = this.isLineEmpty ? Math.min(this.lineBreaks + 1, 2) : 1;
    this.beginLine();
  }
  /** Begins a quoted (+1) or ends one (-1). */
  quote(change: 1 | -1): void {
    this.endLine();
    this.quoteDepth = Math.max(this.quoteDepth + change, 0);
    this.gapDepth = Math.min(this.gapDepth, this.quoteDepth);
  }
  /** Stands before the first word of the next line; '' takes back one that no word followed. */
  startNextLineWith(prefix: string): void {
    if (this.oneLineDepth === 0 || prefix === '') this.pendingPrefix = prefix;
  }
  /** From now on (+1) everything stays on one line, as in the cell of a table; -1 ends that. */
  oneLine(change: 1 | -1): void {
    this.oneLineDepth = Math.max(this.oneLineDepth + change, 0);
  }

  /** What was done to the words that follow; marked on each line by itself. */
  setEdit(edit: Edit | undefined): void {
    this.edit = edit;
  }
  /** Ends the mark of an edit behind the last word, though what follows may be edited too, as between cells. */
  endEdit(): void {
    if (this.openEdit) this.pieces.push({ text: editMarks[this.openEdit][1], isMark: true });
    this.openEdit = undefined;
  }
  /** Whether any words were edited. */
  hasEdits(): boolean {
    return this.edited;
  }

  /** A slot directly before the next word. */
  slotBefore(): Slot {
    const slot = { text: '' };
    this.pendingSlots.push(slot);
    return slot;
  }
  /** A slot in the place of a word. */
  slotAsWord(): Slot {
    const slot = { text: '' };
    this.write(slot);
    return slot;
  }
  /** A slot directly behind the last word, also where its line has ended. */
  slotBehind(): Slot {
    const slot = { text: '' };
    this.pieces.push(slot);
    return slot;
  }

  /** The number of words and slots so far: unchanged means that nothing was written in between. */
  wordCount(): number {
    return this.wordsWritten;
  }
  /** The index of the part that comes next. */
  nextPart(): number {
    if (this.isLineEmpty) this.endEdit();
    return this.pieces.length;
  }
  /** Everything: words with the spaces and line breaks between them, and slots in their places. */
  parts(): readonly (string | Slot)[] {
    this.endEdit();
    return this.pieces;
  }

  private space(): void {
    this.isSpaceWanted ||= !this.isLineEmpty;
  }
  private beginLine(): void {
    this.isLineEmpty = true;
    this.isSpaceWanted = false;
  }
  private write(text: string | Slot): void {
    if (this.isLineEmpty || this.openEdit !== this.edit) this.endEdit();
    if (this.isLineEmpty) this.writeLineStart();
    else if (this.isSpaceWanted) this.pieces.push(' ');
    this.isSpaceWanted = false;
    this.lineBreaks = 0;
    this.wordsWritten += 1;
    if (this.edit && !this.openEdit) {
      this.pieces.push({ text: editMarks[this.edit][0], isMark: true });
      this.openEdit = this.edit;
      this.edited = true;
    }
    if (this.pendingSlots.length > 0) this.pieces.push(...this.pendingSlots);
    this.pendingSlots = [];
    this.pieces.push(text);
  }
  private writeLineStart(): void {
    const breaks = this.pieces.length === 0 ? 0 : this.lineBreaks;
    const blank = `\n${quotePrefix(this.gapDepth).trimEnd()}`.repeat(Math.max(breaks - 1, 0));
    this.pieces.push(`${blank}${breaks > 0 ? '\n' : ''}${quotePrefix(this.quoteDepth)}${this.pendingPrefix}`);
    this.pendingPrefix = '';
    this.gapDepth = this.quoteDepth;
    this.isLineEmpty = false;
  }
}
