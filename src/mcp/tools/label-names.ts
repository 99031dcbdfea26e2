// Labels by name: what a caller writes → Gmail's ids, and the ids on messages → the names the person gave. Looks the
// labels up only where Gmail's own do not suffice.

import { withoutInvisible } from '@postern/mail-text/invisible';
import type { GmailLabel, GmailReader } from '../../google/ports.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { failed, ok, type Result } from '../../model/result.ts';
import type { Variants } from '../size-limit.ts';

/** https://developers.google.com/workspace/gmail/api/guides/labels: reserved, so that no label of a person is called so. */
const systemLabels = new Set([
  ...['INBOX', 'SENT', 'DRAFT', 'UNREAD', 'STARRED', 'IMPORTANT', 'SPAM', 'TRASH', 'CHAT', 'CATEGORY_PERSONAL'],
  ...['CATEGORY_SOCIAL', 'CATEGORY_PROMOTIONS', 'CATEGORY_UPDATES', 'CATEGORY_FORUMS'],
]);
/** What Gmail's pages call them; a person may have a label of such a name, which goes before. */
const shownNames = new Map([
  ['drafts', 'DRAFT'],
  ['promotions', 'CATEGORY_PROMOTIONS'],
  ['social', 'CATEGORY_SOCIAL'],
  ['updates', 'CATEGORY_UPDATES'],
  ['forums', 'CATEGORY_FORUMS'],
  ['primary', 'CATEGORY_PERSONAL'],
]);

/** Labels that are compared with one that there is not; a mailbox may have 10,000. */
const maxCompared = 1000;
const maxListed = 10;
const maxNameChars = 80;

const folded = (name: string): string => name.normalize('NFC').toLowerCase();
/** As Gmail's own search writes names: `receipts-2026` for `Receipts/2026`. */
const hyphened = (name: string): string => folded(name).replace(/[\s/_-]+/g, '-');

/** A label's name within a sentence of ours. */
const quoted = (name: string): string => {
  const plain = withoutInvisible(name).text.replace(/[\s"]+/g, ' ');
  return `"${plain.length > maxNameChars ? `${plain.slice(0, maxNameChars).toWellFormed()}…` : plain}"`;
};

const systemLabel = (wanted: string): string | undefined => {
  const id = wanted.toUpperCase();
  return systemLabels.has(id) ? id : undefined;
};

type Found = { readonly ids: readonly string[] } | { readonly several: readonly GmailLabel[] } | undefined;

type ByForm = ReadonlyMap<string, readonly GmailLabel[]>;

/** The labels by what they may be called: an argument may name a thousand, and a mailbox may have ten thousand. */
interface LabelIndex {
  readonly labels: readonly GmailLabel[];
  readonly ids: ReadonlySet<string>;
  readonly exact: ByForm;
  readonly folded: ByForm;
  readonly hyphened: ByForm;
}

const indexOf = (labels: readonly GmailLabel[]): LabelIndex => ({
  labels,
  ids: new Set(labels.map(({ id }) => id)),
  exact: Map.groupBy(labels, ({ name }) => name),
  folded: Map.groupBy(labels, ({ name }) => folded(name)),
  hyphened: Map.groupBy(labels, ({ name }) => hyphened(name)),
});

const named = (labels: readonly GmailLabel[] = []): Found => {
  if (labels.length > 1) return { several: labels };
  return labels[0] && { ids: [labels[0].id] };
};

/** An id goes before a name, a name as it is written before one that only resembles it. */
const findLabel = (wanted: string, index: LabelIndex): Found => {
  const id = index.ids.has(wanted) ? wanted : systemLabel(wanted);
  if (id !== undefined) return { ids: [id] };
  const shown = shownNames.get(folded(wanted));
  return (
    named(index.exact.get(wanted)) ??
    named(index.folded.get(folded(wanted))) ??
    (shown === undefined ? undefined : { ids: [shown] }) ??
    named(index.hyphened.get(hyphened(wanted)))
  );
};

/** One text may be several labels, but only where it is not the name of one: names may have commas in them. */
const findLabels = (wanted: string, index: LabelIndex): Found => {
  const whole = findLabel(wanted, index);
  if (whole !== undefined || !wanted.includes(',')) return whole;
  const pieces = wanted.split(',').map((piece) => piece.trim());
  const found = pieces.filter((piece) => piece !== '').map((piece) => findLabel(piece, index));
  const ids = found.flatMap((piece) => (piece !== undefined && 'ids' in piece ? piece.ids : []));
  return ids.length > 0 && ids.length === found.length ? { ids } : undefined;
};

/** The label somebody probably meant: one that has the same word in its path, else one that is written alike. */
const nearestLabel = (wanted: string, labels: readonly GmailLabel[]): string | undefined => {
  const names = labels.slice(0, maxCompared).map(({ name }) => name);
  const words = new Set(folded(wanted).split('/'));
  const inPath = names.find((name) =>
    folded(name)
      .split('/')
      .some((segment) => words.has(segment)),
  );
  return inPath ?? nearestName(wanted, names);
};

const unknownLabel = (wanted: string, labels: readonly GmailLabel[]): string => {
  const nearest = nearestLabel(wanted, labels);
  if (nearest !== undefined) return `the nearest is ${quoted(nearest)}`;
  const own = labels.filter(({ id }) => !systemLabels.has(id));
  if (own.length === 0) return `it has none but Gmail's own, such as INBOX, SENT or STARRED`;
  const more = own.length > maxListed ? ` and ${own.length - maxListed} more` : '';
  return `its own are ${own
    .slice(0, maxListed)
    .map(({ name }) => quoted(name))
    .join(', ')}${more}`;
};

const fault = (index: number, wanted: string, found: Found, labels: readonly GmailLabel[]): string =>
  found !== undefined && 'several' in found
    ? `Entry ${index + 1} of label_ids may be any of ${found.several
        .slice(0, maxListed)
        .map(({ id, name }) => `${quoted(name)} (${id})`)
        .join(', ')}; name it exactly, or by its id.`
    : `Entry ${index + 1} of label_ids is no label of this mailbox; ${unknownLabel(wanted, labels)}.`;

const resolved = (wanted: readonly string[], labels: readonly GmailLabel[]): Result<string[]> => {
  const index = indexOf(labels);
  const found = wanted.map((text) => findLabels(text, index));
  const wrong = found.findIndex((label) => label === undefined || 'several' in label);
  if (wrong >= 0)
    return failed({ kind: 'invalid_input', detail: fault(wrong, wanted[wrong] ?? '', found[wrong], labels) });
  return ok([...new Set(found.flatMap((label) => (label !== undefined && 'ids' in label ? label.ids : [])))]);
};

/** Gmail's ids of labels that are named by id, by name in any case, or several in one text with commas. */
export const labelIdsOf = async (gmail: GmailReader, wanted: readonly string[]): Promise<Result<string[]>> => {
  const plain = wanted.flatMap((text) => text.split(',')).map((text) => systemLabel(text.trim()));
  if (plain.every((id) => id !== undefined)) return ok([...new Set(plain)]);
  const known = await gmail.labels();
  if (!known.ok) return known;
  const ids = resolved(wanted, known.value.labels);
  if (ids.ok || !known.value.cached) return ids;
  // It may be newer than what is remembered.
  const fresh = await gmail.labels({ fresh: true });
  return fresh.ok ? resolved(wanted, fresh.value.labels) : fresh;
};

/** Ids of a person's own labels; every other is its own name. */
const ownLabel = /^Label_/;

interface Labelled {
  readonly labelIds?: readonly string[];
}

const ownLabelsOf = ({ labelIds = [] }: Labelled): string[] => labelIds.filter((id) => ownLabel.test(id));

/** Puts the names of the person's own labels beside their ids. */
type NameLabels = <Row extends Labelled>(row: Row) => Row & { labels?: string[] };

/**
 * What names the labels of these rows: one look at the labels for all, none where no row has one. Where the labels cannot
 * be had, the ids alone have to do.
 */
export const labelNamesFor = async (gmail: GmailReader, rows: readonly Labelled[]): Promise<NameLabels> => {
  const wanted = new Set(rows.flatMap(ownLabelsOf));
  if (wanted.size === 0) return (row) => row;
  const known = await gmail.labels();
  let labels = known.ok ? known.value.labels : [];
  if (known.ok && known.value.cached && [...wanted].some((id) => !labels.some((label) => label.id === id))) {
    const fresh = await gmail.labels({ fresh: true });
    if (fresh.ok) labels = fresh.value.labels;
  }
  const names = new Map(
    labels.filter(({ id }) => wanted.has(id)).map(({ id, name }) => [id, withoutInvisible(name).text]),
  );
  return (row) => {
    const own = ownLabelsOf(row).flatMap((id) => names.get(id) ?? []);
    if (own.length === 0) return row;
    // Beside the ids, where a reader of the text looks for them.
    const entries = Object.entries(row).flatMap((entry) =>
      entry[0] === 'labelIds' ? [entry, ['labels', own]] : [entry],
    );
    return Object.fromEntries(entries);
  };
};

/** The names of the person's own labels on all variants of messages. @see labelNamesFor */
export const withLabelNames = async <Row extends Labelled>(
  gmail: GmailReader,
  messages: readonly Variants<Row>[],
): Promise<Variants<Row & { labels?: string[] }>[]> => {
  const longest = messages.flatMap(([first]) => (first === undefined ? [] : [first.row]));
  const nameLabels = await labelNamesFor(gmail, longest);
  return messages.map((variants) =>
    variants.map((variant) => {
      const row = nameLabels(variant.row);
      // With names it has to be measured anew.
      return row === variant.row ? variant : { row };
    }),
  );
};
