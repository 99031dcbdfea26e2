// The values of Gmail's search operators: dates, periods, sizes. Knows nothing of messages.

const DAY = 86_400_000;
/** "All dates used in the search query are interpreted as midnight on that date in the PST timezone" (Gmail API guide, Search). */
const PST_OFFSET = 8 * 3_600_000;

/**
 * `2024/3/9`, `2024-03-09`, `03/09/2024` or seconds since the Unix epoch.
 * @returns milliseconds since the epoch, or undefined for anything else
 */
export const dateBound = (text: string): number | undefined => {
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1000;
  const [, y1, m1, d1, m2, d2, y2] =
    /^(?:(\d{4})[/-](\d{1,2})[/-](\d{1,2})|(\d{1,2})[/-](\d{1,2})[/-](\d{4}))$/.exec(text) ?? [];
  const [year, month, day] = [Number(y1 ?? y2), Number(m1 ?? m2), Number(d1 ?? d2)];
  const midnight = Date.UTC(year, month - 1, day);
  return Number.isNaN(midnight) || new Date(midnight).getUTCDate() !== day ? undefined : midnight + PST_OFFSET;
};

/**
 * `12h`, `2d`, `1w`, `3m`, `1y` back from now.
 * @returns milliseconds since the epoch, or undefined for anything else
 */
export const periodStart = (text: string, now: number): number | undefined => {
  const [, digits, unit] = /^(\d{1,5})([hdwmy])$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const count = Number(digits);
  const date = new Date(now);
  switch (unit?.toLowerCase()) {
    case 'h':
      return now - (count * DAY) / 24;
    case 'd':
      return now - count * DAY;
    case 'w':
      return now - count * 7 * DAY;
    case 'm':
      return date.setUTCMonth(date.getUTCMonth() - count);
    default:
      return date.setUTCFullYear(date.getUTCFullYear() - count);
  }
};

/** `5000`, `10K`, `2M`, `1G` in bytes, or undefined for anything else. */
export const sizeInBytes = (text: string): number | undefined => {
  const [, digits, unit] = /^(\d{1,12})([kmg]?)b?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit?.toLowerCase() ?? '');
};
