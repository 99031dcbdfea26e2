// Normal flow (CSS 2.2 §9.4): where the next line box and the next block of a block formatting context begin, at the earliest and
// at the latest. Fonts are not known, so every position is an interval; a text is "seen" unless it certainly is not.
import { type Interval, sum } from './geometry.ts';

/** How text takes part in a line box. */
interface LineStyle {
  /** Height of a line of it; pixels. */
  readonly height: Interval;
  /** Whether lines break where they are full. */
  readonly wraps: boolean;
}

/** Position of a word or an atomic inline box, in the coordinates of its block. */
export interface LinePosition {
  /** From the beginning of the line to its own beginning, and to its own end. */
  readonly start: Interval;
  readonly end: Interval;
  /** The top of its line. */
  readonly top: Interval;
  /** How many lines of the block are above it. */
  readonly line: Interval;
}

/**
 * What is in the current line box, of which nobody knows for certain where it began: the least and the most are reckoned
 * side by side.
 */
class LineBox {
  /** Where the next thing begins. */
  x: Interval = { lo: 0, hi: 0 };
  isEmpty = true;
  /** Height of the tallest thing in it; and of the lowest, which a line that may have broken before has at least. */
  height: Interval = { lo: 0, hi: 0 };
  shortest = Number.POSITIVE_INFINITY;
  /** How often it broke because it was full. */
  wrapsLo = 0;
  wrapsHi = 0;
  /** Width of all that was put in since a line certainly began: no line is longer, however much room it has. */
  longest = 0;

  get isCertain(): boolean {
    return this.wrapsLo === this.wrapsHi;
  }
  /** From where to where something may begin. */
  start(available = Number.POSITIVE_INFINITY): Interval {
    if (this.isCertain) return { ...this.x };
    return { lo: Math.min(this.x.lo, 0), hi: Math.max(Math.min(available, this.longest), this.x.hi) };
  }
  begin(indent: Interval): void {
    this.x = { ...indent };
    this.longest = Math.max(indent.hi, 0);
  }
  moveOn(width: Interval): void {
    this.x = { lo: this.x.lo + width.lo, hi: this.x.hi + width.hi };
    this.longest += Math.max(width.hi, 0);
  }
  grow(height: Interval): void {
    this.height = { lo: Math.max(this.height.lo, height.lo), hi: Math.max(this.height.hi, height.hi) };
  }
  reset(): void {
    this.begin({ lo: 0, hi: 0 });
    this.height = { lo: 0, hi: 0 };
    this.shortest = Number.POSITIVE_INFINITY;
    this.wrapsLo = 0;
    this.wrapsHi = 0;
    this.isEmpty = true;
  }
}

export class Flow {
  private lo: number;
  private hi: number;
  private largestMargin: number;
  private deepestMargin = 0;
  /** Bottom edge of the floats. */
  private floated: Interval | undefined;
  private linesLo = 0;
  private linesHi = 0;
  private readonly line = new LineBox();

  /** @param collapsing the margin above, with which that of a first child collapses */
  constructor(start: Interval, collapsing = 0) {
    this.lo = start.lo;
    this.hi = start.hi;
    this.largestMargin = Math.max(collapsing, 0);
  }

  /** Where the next thing begins. */
  y(): Interval {
    return { lo: this.lo, hi: this.hi };
  }
  /** Where the next thing begins in its line. */
  x(): Interval {
    return this.line.start();
  }
  /** Whether nothing is in the line yet. */
  isAtStart(): boolean {
    return this.line.isEmpty;
  }

  /** A vertical margin; of several that meet only the largest counts. The least: margins collapse; the most: none do. */
  margin(size: Interval): void {
    this.lo += size.lo >= 0 ? Math.max(size.lo - this.largestMargin, 0) : size.lo;
    this.hi += size.hi >= 0 ? size.hi : Math.min(size.hi - this.deepestMargin, 0);
    this.largestMargin = Math.max(this.largestMargin, size.lo);
    this.deepestMargin = Math.min(this.deepestMargin, size.hi);
  }
  /** Something of this height, through which margins do not collapse. */
  advance(height: Interval): void {
    this.lo += height.lo;
    this.hi += height.hi;
    if (height.hi > 0) this.endMargins();
  }
  /** What follows begins here, also where that is farther up. */
  jumpTo(y: Interval): void {
    this.lo = y.lo;
    this.hi = y.hi;
    this.endMargins();
  }

  /** A float reaches down to here; what follows stands beside it, or below it where it leaves no room (`isFull`). */
  addFloat(bottom: Interval, isFull: boolean): void {
    const { floated } = this;
    this.floated = floated ? { lo: Math.max(floated.lo, bottom.lo), hi: Math.max(floated.hi, bottom.hi) } : bottom;
    if (isFull && this.line.isEmpty) this.lo = Math.max(this.lo, bottom.lo);
    this.hi = Math.max(this.hi, bottom.hi);
  }
  hasFloats(): boolean {
    return this.floated !== undefined;
  }
  /** What follows begins below all floats. */
  clearFloats(): void {
    if (!this.floated) return;
    this.lo = Math.max(this.lo, this.floated.lo);
    this.hi = Math.max(this.hi, this.floated.hi);
  }

  /** A block whose content follows. @param indent its `text-indent` */
  beginBlock(indent: Interval): void {
    this.line.begin(indent);
    this.linesLo = 0;
    this.linesHi = 0;
  }
  /** Puts a word or an atomic inline box into the line. @param available width of the line box */
  place(width: Interval, available: Interval, style: LineStyle): LinePosition {
    const { line } = this;
    this.endMargins();
    line.shortest = Math.min(line.shortest, style.height.lo);
    if (style.wraps && !line.isEmpty) this.wrapBefore(width, available, style.height);
    line.grow(style.height);
    const { isCertain } = line;
    const start = line.start(available.hi);
    line.moveOn(width);
    line.isEmpty = false;
    const end = isCertain ? { ...line.x } : sum(start, width);
    return { start, end, top: this.y(), line: { lo: this.linesLo, hi: this.linesHi } };
  }
  /** Puts a longer text into the line, of which nobody asks where its words are. */
  addRun(width: Interval, available: Interval, style: LineStyle): void {
    const { line } = this;
    this.endMargins();
    line.shortest = Math.min(line.shortest, style.height.lo);
    line.grow(style.height);
    line.isEmpty = false;
    line.moveOn(width);
    if (!style.wraps || line.x.hi <= available.lo) return;
    this.wrapRun(available, style.height);
  }
  /** Something in the line is taller than its text. */
  growLine(height: Interval): void {
    this.line.grow(height);
  }
  /** Moves on in the line, without anything to be seen. */
  skip(width: Interval): void {
    this.line.moveOn(width);
    if (width.hi > 0) this.endMargins();
  }
  /** A forced line break. */
  breakLine(style: LineStyle): void {
    this.endMargins();
    if (this.line.isEmpty) this.line.grow(style.height);
    this.nextLine();
  }
  /** Ends the line, if something is on it. */
  endLine(): void {
    if (!this.line.isEmpty) this.nextLine();
    this.line.begin({ lo: 0, hi: 0 });
  }

  private endMargins(): void {
    this.largestMargin = 0;
    this.deepestMargin = 0;
  }
  private nextLine(): void {
    this.lo += this.line.height.lo;
    this.hi += this.line.height.hi;
    this.linesLo += 1;
    this.linesHi += 1;
    this.line.reset();
  }
  /** The line breaks before something of this width: at the least where it certainly does not fit, at the most where it may not. */
  private wrapBefore(width: Interval, available: Interval, height: Interval): void {
    const { line } = this;
    if (line.x.lo + width.lo > available.hi) {
      this.lo += line.shortest;
      this.linesLo += 1;
      line.wrapsLo += 1;
      line.x = { lo: 0, hi: line.x.hi };
    }
    if (line.x.hi + width.hi > available.lo) {
      this.hi += Math.max(line.height.hi, height.hi);
      this.linesHi += 1;
      line.wrapsHi += 1;
      line.x = { lo: line.x.lo, hi: 0 };
    }
  }
  /** The lines of a text that was put in as a whole. */
  private wrapRun(available: Interval, height: Interval): void {
    const { line } = this;
    const fewest = Math.max(Math.floor(line.x.lo / Math.max(available.hi, 1)), 0);
    // A line may be half empty where a long word follows.
    const most = available.lo > 0 ? Math.ceil((2 * line.x.hi) / available.lo) : Number.POSITIVE_INFINITY;
    this.lo += fewest * line.shortest;
    this.hi += most * Math.max(line.height.hi, height.hi);
    this.linesLo += fewest;
    this.linesHi += most;
    line.wrapsLo += fewest;
    line.wrapsHi += most;
    line.x = { lo: 0, hi: Math.min(available.hi, line.longest) };
  }
}
