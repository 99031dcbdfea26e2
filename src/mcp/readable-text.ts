// Any result as plain text for clients that read only text: the same information as the structured form. Every line of
// a value is indented below its name, so that nothing in a mail can pass for another field or another message. Linear in
// the text, however deep it is: depth is the sender's choice.

const lineBreak = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
const shortToken = /^[\w.:+-]{1,64}$/;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Lines under one indentation; the first of a list item begins with its dash. */
interface Place {
  readonly lines: string[];
  readonly indent: string;
  /** What the next line begins with instead, once. */
  dash: string | undefined;
}

const write = (place: Place, line: string): void => {
  const { lines, indent, dash } = place;
  place.dash = undefined;
  if (dash !== undefined) lines.push(`${dash}${line}`);
  else lines.push(line === '' ? '' : `${indent}${line}`);
};

const deeper = ({ lines, indent }: Place): Place => ({ lines, indent: `${indent}  `, dash: undefined });

const writeItems = (place: Place, items: readonly unknown[]): void => {
  for (const item of items) {
    const inner = { ...deeper(place), dash: `${place.dash ?? place.indent}- ` };
    place.dash = undefined;
    writeValue(inner, item);
    // An item without a line is still one.
    if (inner.dash !== undefined) write(inner, '');
  }
};

/** A value that fits behind its name; undefined for one that needs lines of its own. */
const onOneLine = (value: unknown): string | undefined => {
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none';
    return value.every((item) => typeof item === 'string' && shortToken.test(item)) ? value.join(', ') : undefined;
  }
  const text = isObject(value) ? '\n' : String(value);
  return lineBreak.test(text) ? undefined : text;
};

const writeField = (place: Place, name: string, value: unknown): void => {
  const text = onOneLine(value);
  write(place, text === undefined ? `${name}:` : `${name}: ${text}`);
  if (text === undefined) writeValue(deeper(place), value);
};

const writeValue = (place: Place, value: unknown): void => {
  if (Array.isArray(value)) writeItems(place, value);
  else if (!isObject(value)) for (const line of String(value).split(lineBreak)) write(place, line);
  else for (const [name, field] of Object.entries(value)) if (field !== undefined) writeField(place, name, field);
};

/** One `name: value` per line, lists as `- item`, deeper levels indented by two spaces. */
export const readableText = (value: object): string => {
  const lines: string[] = [];
  writeValue({ lines, indent: '', dash: undefined }, value);
  return lines.join('\n');
};
