// iCalendar text → components with their properties (RFC 5545 §3.1). Reads the grammar only; any text gives a result.

export interface Property {
  /** Upper case. */
  readonly name: string;
  /** Names in upper case; quotes are taken off. */
  readonly parameters: Readonly<Record<string, string>>;
  /** As written: text values are still escaped, see `plainText`. */
  readonly value: string;
}

export interface Component {
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
export const readCalendar = (text: string): Component => {
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
export const propertyNamed = ({ properties }: Component, name: string): Property | undefined =>
  properties.find((property) => property.name === name);

/** A text value without its escapes (RFC 5545 §3.3.11). */
export const plainText = (value: string): string =>
  value.replace(/\\([\\;,nN])/g, (_, escaped: string) => (/n/i.test(escaped) ? '\n' : escaped)).trim();
