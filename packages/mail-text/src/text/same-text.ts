// Whether two forms of one text say the same to a reader: by their runs of three words, so that neither order, line
// breaks, links nor typography count. Knows nothing of MIME.

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
 * Whether the plain form of a message may stand for its HTML form: it says what a person sees in the HTML (a stub does
 * not), and nothing beside that (what only a program would read).
 * @param html the readable text of the HTML form.
 */
export const saysTheSame = (plain: string, html: string): boolean => {
  if (plain.length > longest || html.length > longest) return false;
  const [ofPlain, ofHtml] = [runsOf(wordsOf(plain)), runsOf(wordsOf(html))];
  const [plainSet, htmlSet] = [new Set(ofPlain), new Set(ofHtml)];
  const covered = ofHtml.filter((run) => plainSet.has(run)).length;
  return covered >= ofHtml.length * share && longestGap(ofPlain, htmlSet) < ownStatement;
};
