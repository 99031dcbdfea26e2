// Gmail's search syntax, third step: does a message match the tree? Knows nothing of pages, spam rules or storage.

import type { Query } from './query-parser.ts';
import { dateBound, periodStart, sizeInBytes } from './query-values.ts';
import { wordLine } from './words.ts';

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
      return matchesPlace(operator, text.toLowerCase(), message);
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

const ARCHIVED_MEANS_NONE_OF = ['INBOX', 'SENT', 'DRAFT', 'SPAM', 'TRASH'];

/** Labels under the names that each operator knows them by. */
const matchesPlace = (
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
      return !ARCHIVED_MEANS_NONE_OF.some(has);
    case 'drafts':
      return has('DRAFT');
    default:
      return has(name.toUpperCase()) || message.userLabels.some((label) => hyphenated(label) === hyphenated(name));
  }
};

/** Gmail's search writes `My clients/North` as `my-clients-north`. */
const hyphenated = (label: string): string => label.toLowerCase().replace(/[\s/&()|"]+/g, '-');
