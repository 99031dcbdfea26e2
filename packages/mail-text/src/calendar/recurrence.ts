// A recurrence rule (RFC 5545 §3.3.10) in words, where it is a simple one. Computes no dates.

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
export const recurrenceInWords = (rule: string): string => {
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
