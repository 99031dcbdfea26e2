// Addresses that stand in running text, as mail programs make links of them. Knows nothing of HTML.

/** A stretch of text, or an address in it. */
export interface Stretch {
  readonly text: string;
  /** Where it leads, if it is an address. */
  readonly url?: string;
}

const addressInText =
  /(?:\b(?:https?|ftp):\/\/|\bmailto:(?=[^\s<>"@]{1,200}@)|(?<![\p{L}\p{N}._@/-])www\.(?=[\p{L}\p{N}]))[^\s<>"\u2026]+/giu;

/** Scripts without spaces go on right behind an address: of a longer run only what is surely its own counts. */
const longestMixed = 300;

/** Marks of the sentence that may follow an address. */
const longestClosing = 10;

const openers: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** Whether the last character of a run belongs to the sentence around it; `before` stands before the run. */
const isOfSentence = (run: string, end: number, before: string): boolean => {
  const last = run[end - 1] ?? '';
  if (/[.,;:!?"]/.test(last)) return true;
  if (/['*_~]/.test(last)) return last === before;
  const opener = openers[last];
  return opener !== undefined && run.lastIndexOf(opener, end - 2) < 0;
};

const endOfAddress = (run: string, before: string): number => {
  const other = run.length > longestMixed ? run.search(/[^\x21-\x7e]/) : -1;
  const whole = other < 0 ? run.length : other;
  let end = whole;
  while (end > 0 && whole - end < longestClosing && isOfSentence(run, end, before)) end -= 1;
  return end;
};

/** A text in stretches, in order: what is an address, and what stands between. The stretches in turn are the text. */
export const stretchesOf = (text: string): Stretch[] => {
  if (!/:\/\/|www\.|mailto:/i.test(text)) return [{ text }];
  const stretches: Stretch[] = [];
  let from = 0;
  for (const { 0: run, index } of text.matchAll(addressInText)) {
    const address = run.slice(0, endOfAddress(run, text[index - 1] ?? ''));
    if (/^(?:\w+:(?:\/\/)?|www\.?)$/i.test(address)) continue;
    if (index > from) stretches.push({ text: text.slice(from, index) });
    stretches.push({ text: address, url: /^www\./i.test(address) ? `http://${address}` : address });
    from = index + address.length;
  }
  if (from < text.length || stretches.length === 0) stretches.push({ text: text.slice(from) });
  return stretches;
};
