// How wide text is at least and at most, whatever its font. Knows no layout.

/** Shares of the font size. */
interface Breadth {
  readonly lo: number;
  readonly hi: number;
}

const nothing: Breadth = { lo: 0, hi: 0 };
const narrow: Breadth = { lo: 0.18, hi: 0.65 };
const usual: Breadth = { lo: 0.34, hi: 1 };
const broad: Breadth = { lo: 0.45, hi: 1.25 };
const full: Breadth = { lo: 0.9, hi: 1.4 };

const narrowLetters = new Set("iljtfrIJ1.,:;'’‘|!()[]{}/\\-·` ");
const broadLetters = new Set('mwMWQOGD@%&—');

const breadths: Breadth[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (code < 32) return nothing;
  if (narrowLetters.has(character)) return narrow;
  return broadLetters.has(character) ? broad : usual;
});

const breadthOf = (code: number): Breadth => {
  const ascii = breadths[code];
  if (ascii) return ascii;
  if (code >= 0x300 && code <= 0x36f) return nothing;
  if (code >= 0x200b && code <= 0x200f) return nothing;
  if (code >= 0x2e80 && code <= 0xffdc) return full;
  // Other scripts: joined letters may be narrow, some signs broad.
  return { lo: 0.1, hi: 1.4 };
};

export interface Spacing {
  /** Pixels. */
  readonly fontSize: number;
  /** Pixels between two letters, and between two words, beyond the usual. */
  readonly letters: number;
  readonly words: number;
}

/** Pixels. */
export const widthOf = (text: string, { fontSize, letters, words }: Spacing): { lo: number; hi: number } => {
  let [lo, hi, count, spaces] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const breadth = breadthOf(code);
    lo += breadth.lo;
    hi += breadth.hi;
    if (breadth !== nothing) count += 1;
    if (code === 32) spaces += 1;
  }
  const apart = count * letters + spaces * words;
  return { lo: lo * fontSize + apart, hi: hi * fontSize + apart };
};
