// Whether a message matches a parsed query: Gmail's operators with their dates, periods and sizes, and words compared
// without case and accents.
import type { Query } from './query-parser.ts';

/** What a query can ask about one message. Texts are asked for lazily: most queries need few of them. */
export interface SearchableMessage {
  readonly labelIds: ReadonlySet<string>;
  /** Names of the user's own labels on the message. */
  readonly userLabels: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly internalDate: number;
  readonly sizeInBytes: number;
  readonly filenames: readonly string[];
  /** `wordLine` of subject, bodies, addresses and file names. */
  readonly words: string;
  header(name: string): string;
}

/** Whose mailbox is searched, and when: `from:me` and `newer_than:2d` depend on them. */
export interface SearchContext {
  readonly owner: string;
  readonly now: number;
}

export const matchesQuery = (query: Query, message: SearchableMessage, context: SearchContext): boolean => {
  switch (query.kind) {
    case 'and':
      return query.of.every((part) => matchesQuery(part, message, context));
    case 'or':
      return query.of.some((part) => matchesQuery(part, message, context));
    case 'not':
      return !matchesQuery(query.of, message, context);
    case 'term':
      return matchesTerm(query.operator, query.text, message, context);
  }
};

const matchesTerm = (
  operator: string | undefined,
  text: string,
  message: SearchableMessage,
  context: SearchContext,
): boolean => {
  const inHeader = (...names: string[]) =>
    names.some((name) => wordLine(message.header(name)).includes(wordLine(text === 'me' ? context.owner : text)));
  switch (operator) {
    case undefined:
      return message.words.includes(wordLine(text));
    case 'from':
    case 'cc':
    case 'bcc':
      return inHeader(operator);
    case 'to': // as Gmail does: whoever received it, openly or in copy
      return inHeader('to', 'cc', 'bcc');
    case 'deliveredto':
      return inHeader('delivered-to');
    case 'list':
      return inHeader('list-id');
    case 'subject':
      return wordLine(message.header('subject')).includes(wordLine(text));
    case 'rfc822msgid':
      return stripBrackets(message.header('message-id')) === stripBrackets(text);
    case 'filename':
      return message.filenames.some((name) => matchesFilename(name, text));
    case 'has':
      return matchesHas(text.toLowerCase(), message);
    case 'in':
    case 'is':
    case 'label':
    case 'category':
      return matchesLabel(operator, text.toLowerCase(), message);
    default:
      return matchesAmount(operator, text, message, context);
  }
};

/** Dates and sizes; a value that cannot be read matches nothing. */
const matchesAmount = (operator: string, text: string, message: SearchableMessage, { now }: SearchContext): boolean => {
  const compare = (value: number | undefined, test: (value: number) => boolean) => value !== undefined && test(value);
  switch (operator) {
    case 'after':
    case 'newer':
      return compare(dateBound(text), (bound) => message.internalDate >= bound);
    case 'before':
    case 'older':
      return compare(dateBound(text), (bound) => message.internalDate < bound);
    case 'newer_than':
      return compare(periodStart(text, now), (bound) => message.internalDate >= bound);
    case 'older_than':
      return compare(periodStart(text, now), (bound) => message.internalDate < bound);
    case 'larger':
    case 'size':
      return compare(sizeInBytes(text), (bound) => message.sizeInBytes >= bound);
    case 'smaller':
      return compare(sizeInBytes(text), (bound) => message.sizeInBytes < bound);
    default:
      return false;
  }
};

const stripBrackets = (id: string): string => id.trim().replace(/^<|>$/g, '');

/** `filename:pdf` finds the type, `filename:report` and `filename:report.pdf` the words of the name. */
const matchesFilename = (name: string, text: string): boolean =>
  name.toLowerCase().endsWith(`.${text.toLowerCase()}`) || wordLine(name).includes(wordLine(text));

const matchesHas = (what: string, message: SearchableMessage): boolean => {
  switch (what) {
    case 'attachment':
      return message.filenames.length > 0;
    case 'userlabels':
      return message.userLabels.length > 0;
    case 'nouserlabels':
      return message.userLabels.length === 0;
    default:
      return message.filenames.some((name) => name.toLowerCase().endsWith(`.${what}`));
  }
};

const archivedMeansNoneOf = ['INBOX', 'SENT', 'DRAFT', 'SPAM', 'TRASH'];

/** Labels under the names that each operator knows them by. */
const matchesLabel = (
  operator: 'in' | 'is' | 'label' | 'category',
  name: string,
  message: SearchableMessage,
): boolean => {
  const has = (label: string) => message.labelIds.has(label);
  if (operator === 'category') return has(`CATEGORY_${name === 'primary' ? 'PERSONAL' : name.toUpperCase()}`);
  switch (name) {
    case 'anywhere':
    case 'all':
      return true;
    case 'read':
      return !has('UNREAD');
    case 'archive':
      return !archivedMeansNoneOf.some(has);
    case 'drafts':
      return has('DRAFT');
    default:
      return has(name.toUpperCase()) || message.userLabels.some((label) => hyphenated(label) === hyphenated(name));
  }
};

/** Gmail's search writes `My clients/North` as `my-clients-north`. */
const hyphenated = (label: string): string => label.toLowerCase().replace(/[\s/&()|"]+/g, '-');

const dayMilliseconds = 86_400_000;
/** "All dates used in the search query are interpreted as midnight on that date in the PST timezone" (Gmail API guide, Search). */
const pstOffset = 8 * 3_600_000;

/**
 * `2024/3/9`, `2024-03-09`, `03/09/2024` or seconds since the Unix epoch.
 * @returns milliseconds since the epoch, or undefined for anything else
 */
const dateBound = (text: string): number | undefined => {
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1000;
  const [, y1, m1, d1, m2, d2, y2] =
    /^(?:(\d{4})[/-](\d{1,2})[/-](\d{1,2})|(\d{1,2})[/-](\d{1,2})[/-](\d{4}))$/.exec(text) ?? [];
  const [year, month, day] = [Number(y1 ?? y2), Number(m1 ?? m2), Number(d1 ?? d2)];
  const midnight = Date.UTC(year, month - 1, day);
  return Number.isNaN(midnight) || new Date(midnight).getUTCDate() !== day ? undefined : midnight + pstOffset;
};

/**
 * `12h`, `2d`, `1w`, `3m`, `1y` back from now.
 * @returns milliseconds since the epoch, or undefined for anything else
 */
const periodStart = (text: string, now: number): number | undefined => {
  const [, digits, unit] = /^(\d{1,5})([hdwmy])$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const count = Number(digits);
  const date = new Date(now);
  switch (unit?.toLowerCase()) {
    case 'h':
      return now - (count * dayMilliseconds) / 24;
    case 'd':
      return now - count * dayMilliseconds;
    case 'w':
      return now - count * 7 * dayMilliseconds;
    case 'm':
      return date.setUTCMonth(date.getUTCMonth() - count);
    default:
      return date.setUTCFullYear(date.getUTCFullYear() - count);
  }
};

/** `5000`, `10K`, `2M`, `1G` in bytes, or undefined for anything else. */
const sizeInBytes = (text: string): number | undefined => {
  const [, digits, unit] = /^(\d{1,12})([kmg]?)b?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit?.toLowerCase() ?? '');
};

const spaceless = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}`;
const word = new RegExp(String.raw`[${spaceless}]|[[\p{L}\p{N}\p{M}_]--[${spaceless}]]+`, 'gv');
const latinAccents = /[\u0300-\u036f]/g;

/** The words of a text, each between spaces: ` like this `. Two such lines are compared with `includes`. */
export const wordLine = (text: string): string => {
  const plain = text.normalize('NFKD').replace(latinAccents, '').normalize('NFC').toLowerCase().replaceAll('ß', 'ss');
  const words = plain.match(word);
  return words === null ? ' ' : ` ${words.join(' ')} `;
};
