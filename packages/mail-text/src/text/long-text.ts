// Texts of millions of lines or pieces: an array of them all would be one allocation of tens of megabytes, and where a
// thread's heap has less left than one allocation wants, V8 ends not the thread but the whole process.

/** The lines of a text, one after the other; they end with LF, CR or both. */
export function* linesIn(text: string): Generator<string> {
  const ends = /\r\n?|\n/g;
  let from = 0;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    yield text.slice(from, end.index);
    from = ends.lastIndex;
  }
  yield text.slice(from);
}

export interface TextBuilder {
  push(piece: string): void;
  /** Everything so far, without a piece left behind. */
  take(): string;
  /** Nothing was pushed since the last `take`. */
  isEmpty(): boolean;
}

const mostPieces = 4096;

/** Puts a text together from any number of pieces. */
export const createTextBuilder = (): TextBuilder => {
  let whole = '';
  let pieces: string[] = [];
  let isEmpty = true;
  const settle = () => {
    whole += pieces.join('');
    pieces = [];
  };
  return {
    push: (piece) => {
      isEmpty = false;
      pieces.push(piece);
      if (pieces.length >= mostPieces) settle();
    },
    take: () => {
      settle();
      const text = whole;
      whole = '';
      isEmpty = true;
      return text;
    },
    isEmpty: () => isEmpty,
  };
};
