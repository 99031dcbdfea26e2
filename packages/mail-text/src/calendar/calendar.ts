// Calendar data in a mail (RFC 5545, RFC 5546, RFC 6047) → what a person wants to know of an invitation: what, when, where, with
// whom, and what is asked. Any text gives a result.

// The grammar (RFC 5545 §3.1).

interface Property {
  /** Upper case. */
  readonly name: string;
  /** Names in upper case; quotes are taken off. */
  readonly parameters: Readonly<Record<string, string>>;
  /** As written: text values are still escaped, see `plainText`. */
  readonly value: string;
}

interface Component {
  /** Upper case: `VEVENT`. */
  readonly name: string;
  readonly properties: Property[];
  readonly components: Component[];
}

/** More content lines than this are not looked at. */
const maxLines = 20_000;

/** RFC 6868: what no quoted string can hold. */
const withoutCarets = (value: string): string =>
  value.replace(/\^([n^'])/g, (_, escaped: string) => ({ n: '\n', "'": '"' })[escaped] ?? '^');

const parametersOf = (text: string): Record<string, string> => {
  const found: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/;([\w-]+)=((?:"[^"]*"|[^";:])*)/g))
    found[name.toUpperCase()] ??= withoutCarets(value.replace(/"/g, '').trim());
  return found;
};

const propertyOf = (line: string): Property | undefined => {
  const [, name, parameters = '', value = ''] = /^([\w-]+)((?:;[\w-]+=(?:"[^"]*"|[^";:])*)*):(.*)$/.exec(line) ?? [];
  return name === undefined ? undefined : { name: name.toUpperCase(), parameters: parametersOf(parameters), value };
};

const newComponent = (name: string): Component => ({ name, properties: [], components: [] });

/** A document: its outermost components as those of one nameless component. What is never closed counts as closed. */
const readCalendar = (text: string): Component => {
  const document = newComponent('');
  const open = [document];
  const lines = text
    .replace(/\r\n?/g, '\n')
    .replace(/\n[ \t]/g, '')
    .split('\n', maxLines);
  for (const property of lines.map(propertyOf)) {
    if (property === undefined) continue;
    const value = property.value.trim().toUpperCase();
    if (property.name === 'BEGIN') {
      const component = newComponent(value);
      open.at(-1)?.components.push(component);
      open.push(component);
    } else if (property.name === 'END') {
      if (open.length > 1) open.pop();
    } else {
      open.at(-1)?.properties.push(property);
    }
  }
  return document;
};

/** The first property of a name. */
const propertyNamed = ({ properties }: Component, name: string): Property | undefined =>
  properties.find((property) => property.name === name);

/** A text value without its escapes (RFC 5545 §3.3.11). */
const plainText = (value: string): string =>
  value.replace(/\\([\\;,nN])/g, (_, escaped: string) => (/n/i.test(escaped) ? '\n' : escaped)).trim();

// Recurrence rules (RFC 5545 §3.3.10) in words, where they are simple.

const units: Readonly<Record<string, string>> = { DAILY: 'day', WEEKLY: 'week', MONTHLY: 'month', YEARLY: 'year' };
const days: Readonly<Record<string, string>> = {
  ...{ MO: 'Monday', TU: 'Tuesday', WE: 'Wednesday', TH: 'Thursday', FR: 'Friday', SA: 'Saturday', SU: 'Sunday' },
};
const ordinals: Readonly<Record<string, string>> = {
  ...{ '1': 'first', '2': 'second', '3': 'third', '4': 'fourth', '5': 'fifth', '-1': 'last' },
};
const understood = new Set(['FREQ', 'INTERVAL', 'BYDAY', 'BYMONTHDAY', 'COUNT', 'UNTIL', 'WKST']);

const dayInWords = (day: string): string | undefined => {
  const [, ordinal = '', name = ''] = /^([+-]?\d+)?([A-Z]{2})$/.exec(day) ?? [];
  const weekday = days[name];
  if (weekday === undefined || ordinal === '') return weekday;
  const which = ordinals[ordinal.replace('+', '')];
  return which && `the ${which} ${weekday}`;
};

const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

const endInWords = (count: string | undefined, until: string | undefined): string => {
  if (count !== undefined) return `, ${count} times`;
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)/.exec(until ?? '') ?? [];
  return year === undefined ? '' : `, until ${year}-${month}-${day}`;
};

/** `every 2 weeks on Monday and Friday, 10 times`; the rule as it is written where it says more than these words can. */
const recurrenceInWords = (rule: string): string => {
  const fields = new Map(
    rule
      .toUpperCase()
      .split(';')
      .map((field): [string, string] => [field.split('=', 1)[0] ?? '', field.split('=').slice(1).join('=')]),
  );
  const unit = units[fields.get('FREQ') ?? ''];
  const byDay = fields.get('BYDAY')?.split(',').map(dayInWords) ?? [];
  const monthDays = fields.get('BYMONTHDAY')?.split(',') ?? [];
  const simple = [...fields.keys()].every((name) => understood.has(name)) && !byDay.includes(undefined);
  if (unit === undefined || !simple || monthDays.some((day) => !/^\d\d?$/.test(day))) return rule;
  const interval = Number(fields.get('INTERVAL') ?? 1);
  const every = interval > 1 ? `every ${interval} ${unit}s` : `every ${unit}`;
  const on = [...byDay.flatMap((day) => day ?? []), ...monthDays.map((day) => `day ${day}`)];
  return `${every}${on.length > 0 ? ` on ${list(on)}` : ''}${endInWords(fields.get('COUNT'), fields.get('UNTIL'))}`;
};

// Invitations.

export interface Invitation {
  /** What the sender wants, in the words of RFC 5546: `REQUEST`, `CANCEL`, `REPLY`, `PUBLISH` … Absent: just a file. */
  readonly method?: string;
  readonly summary?: string;
  /** `2026-03-01 10:00 (Europe/Paris)`, `… (UTC)`, `2026-03-01` for a whole day; without a zone: wherever one is. */
  readonly start?: string;
  readonly end?: string;
  /** Instead of an end: as written, ISO 8601 (`PT1H`). */
  readonly duration?: string;
  readonly location?: string;
  readonly organizer?: string;
  /** `Name <a@example.com> (accepted)`; the first hundred. */
  readonly attendees?: string[];
  /** `CONFIRMED`, `TENTATIVE`, `CANCELLED`. */
  readonly status?: string;
  readonly recurrence?: string;
  /** Occurrences that a recurrence leaves out, and those it has beside its rule; the first hundred. */
  readonly excluded?: string[];
  readonly added?: string[];
  /** The one occurrence of a series that this is about, as it was planned before. */
  readonly occurrence?: string;
  /** What whoever answers, proposes or cancels says to it. */
  readonly comment?: string;
  readonly description?: string;
}

const maxEvents = 20;
const maxAttendees = 100;
const maxDescription = 4000;
const maxMoments = 100;

/** `19970714T133000` in the zone its property names (RFC 5545 §3.3.5); what is no date stays as it is written. */
const momentIn = (written: string, { parameters }: Property): string | undefined => {
  const [, year, month, day, hour, minute, zulu] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z)?)?$/.exec(written.trim()) ?? [];
  if (year === undefined) return written.trim() || undefined;
  const date = `${year}-${month}-${day}`;
  if (hour === undefined) return date;
  const zone = zulu ? 'UTC' : parameters.TZID;
  return `${date} ${hour}:${minute}${zone ? ` (${zone})` : ''}`;
};

const moment = (property: Property | undefined): string | undefined => property && momentIn(property.value, property);

const named = ({ properties }: Component, wanted: string): Property[] =>
  properties.filter(({ name }) => name === wanted);

/** The moments of EXDATE or RDATE: lists, and as often as there are properties; of a period its beginning. */
const momentsOf = (event: Component, name: string): string[] | undefined => {
  const all = named(event, name).flatMap((property) =>
    property.value.split(',').flatMap((written) => momentIn(written.split('/', 1)[0] ?? '', property) ?? []),
  );
  const more = all.length > maxMoments ? [`and ${all.length - maxMoments} more`] : [];
  return all.length === 0 ? undefined : [...all.slice(0, maxMoments), ...more];
};

/** RFC 5545 §3.2.13: a change may be one of all that follow, too. */
const occurrenceOf = (property: Property | undefined): string | undefined => {
  const which = moment(property);
  return which && property?.parameters.RANGE?.toUpperCase() === 'THISANDFUTURE' ? `${which} and all later ones` : which;
};

/** What is said to an answer; some calendars put it beside the attendee who answers. */
const commentOf = (event: Component): string | undefined => {
  const said = [
    ...named(event, 'COMMENT').map(({ value }) => plainText(value)),
    ...named(event, 'ATTENDEE').map(({ parameters }) => plainText(parameters['X-RESPONSE-COMMENT'] ?? '')),
  ].filter((comment) => comment !== '');
  return said.length === 0 ? undefined : [...new Set(said)].join('\n').slice(0, maxDescription).toWellFormed();
};

/** The last day of an event of whole days: RFC 5545 §3.6.1 names the day after it. */
const lastDay = (start: string | undefined, end: string | undefined): string | undefined => {
  if (end === undefined || !/^\d{4}-\d\d-\d\d$/.test(end)) return end;
  const before = new Date(Date.parse(end) - 24 * 60 * 60 * 1000);
  if (Number.isNaN(before.getTime())) return end;
  const last = before.toISOString().slice(0, 10);
  return start === undefined || last < start ? start : last;
};

const person = ({ parameters, value }: Property): string => {
  const address = value.trim().replace(/^mailto:/i, '');
  const name = plainText(parameters.CN ?? '');
  return name === '' || name === address ? address : `${name} <${address}>`;
};

const attendee = (property: Property): string => {
  const { PARTSTAT, ROLE } = property.parameters;
  const notes = [PARTSTAT?.toLowerCase(), ROLE?.toUpperCase() === 'OPT-PARTICIPANT' ? 'optional' : undefined];
  const said = notes.flatMap((note) => note ?? []).join(', ');
  return `${person(property)}${said ? ` (${said})` : ''}`;
};

const attendeesOf = (event: Component): string[] => {
  const all = named(event, 'ATTENDEE');
  const more = all.length > maxAttendees ? [`and ${all.length - maxAttendees} more`] : [];
  return [...all.slice(0, maxAttendees).map(attendee), ...more];
};

const invitation = (event: Component, method: string | undefined): Invitation => {
  const text = (name: string) => plainText(propertyNamed(event, name)?.value ?? '') || undefined;
  const organizer = propertyNamed(event, 'ORGANIZER');
  const rule = propertyNamed(event, 'RRULE');
  const attendees = attendeesOf(event);
  const start = moment(propertyNamed(event, 'DTSTART'));
  const fields: { [Field in keyof Invitation]: Invitation[Field] | undefined } = {
    method,
    summary: text('SUMMARY'),
    start,
    end: lastDay(start, moment(propertyNamed(event, 'DTEND') ?? propertyNamed(event, 'DUE'))),
    duration: propertyNamed(event, 'DURATION')?.value.trim(),
    location: text('LOCATION'),
    organizer: organizer && person(organizer),
    attendees: attendees.length === 0 ? undefined : attendees,
    status: text('STATUS')?.toUpperCase(),
    recurrence: rule && recurrenceInWords(rule.value.trim()),
    excluded: momentsOf(event, 'EXDATE'),
    added: momentsOf(event, 'RDATE'),
    occurrence: occurrenceOf(propertyNamed(event, 'RECURRENCE-ID')),
    comment: commentOf(event),
    description: text('DESCRIPTION')?.slice(0, maxDescription).toWellFormed(),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
};

/** The events and tasks of a calendar text, the first twenty; none where it is no calendar. */
export const invitationsOf = (text: string): Invitation[] =>
  readCalendar(text)
    .components.filter(({ name }) => name === 'VCALENDAR')
    .flatMap((calendar) => {
      const method = propertyNamed(calendar, 'METHOD')?.value.trim().toUpperCase();
      return calendar.components
        .filter(({ name }) => name === 'VEVENT' || name === 'VTODO')
        .map((event) => invitation(event, method || undefined));
    })
    .slice(0, maxEvents);

const intentions: Readonly<Record<string, string>> = {
  REQUEST: 'Invitation',
  CANCEL: 'Cancelled',
  REPLY: 'Answer to an invitation',
  COUNTER: 'Proposal of another time',
  DECLINECOUNTER: 'Refusal of another time',
  REFRESH: 'Question for the latest version',
};

/** An invitation as lines of text, for a message that says nothing else. */
export const invitationText = (event: Invitation): string => {
  const { method = '', summary, start, end, duration, location, organizer, attendees, status } = event;
  const lines: [string, string | undefined][] = [
    [intentions[method] ?? 'Event', summary ?? '(no title)'],
    ['When', [start, end ?? duration].flatMap((time) => time ?? []).join(' – ') || undefined],
    ['Repeats', event.recurrence],
    ['Except on', event.excluded?.join(', ')],
    ['Also on', event.added?.join(', ')],
    ['This is about the occurrence of', event.occurrence],
    ['Where', location],
    ['Organiser', organizer],
    ['Attendees', attendees?.join(', ')],
    ['Status', status?.toLowerCase()],
    ['Comment', event.comment],
  ];
  const said = lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [...said, ...(event.description === undefined ? [] : ['', event.description])].join('\n');
};
