// Any result as plain text for clients that read only text: the same information as the structured form. Every line of
// a value is indented below its name, so that nothing in a mail can pass for another field or another message.

const lineBreak = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
const shortToken = /^[\w.:+-]{1,64}$/;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const scalarLines = (value: string): string[] => value.split(lineBreak);

const indented = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

const itemLines = (item: unknown): string[] => {
  const [first = '', ...rest] = linesOf(item);
  return [`- ${first}`, ...indented(rest)];
};

const fieldLines = (name: string, value: unknown): string[] => {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${name}: none`];
    const tokens = value.every((item) => typeof item === 'string' && shortToken.test(item));
    return tokens ? [`${name}: ${value.join(', ')}`] : [`${name}:`, ...indented(value.flatMap(itemLines))];
  }
  const lines = linesOf(value);
  return lines.length === 1 && !isObject(value) ? [`${name}: ${lines[0]}`] : [`${name}:`, ...indented(lines)];
};

const linesOf = (value: unknown): string[] => {
  if (typeof value === 'string') return scalarLines(value);
  if (Array.isArray(value)) return value.flatMap(itemLines);
  if (!isObject(value)) return [String(value)];
  return Object.entries(value).flatMap(([name, field]) => (field === undefined ? [] : fieldLines(name, field)));
};

/** One `name: value` per line, lists as `- item`, deeper levels indented by two spaces. */
export const readableText = (value: object): string => linesOf(value).join('\n');
