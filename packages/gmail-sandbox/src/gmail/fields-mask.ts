// Google's partial responses: the `fields` parameter (`messages(id,payload/headers),nextPageToken`).
// Knows nothing of what it is applied to.
import { GoogleError } from './google-errors.ts';

/** Names to keep, each with what to keep below it; `all` keeps everything below. */
type Mask = 'all' | Map<string, Mask>;

/**
 * Keeps what the mask names.
 * @param fields the parameter's value; undefined or empty keeps everything
 * @throws GoogleError (400) for a mask that cannot be read
 */
export const applyFields = (body: unknown, fields: string | undefined): unknown =>
  fields === undefined || fields === '' ? body : (keep(body, parseMask(fields)) ?? {});

const parseMask = (fields: string): Mask => {
  const tokens = fields.match(/[\w-]+|\*|[/(),]|\S/g) ?? [];
  let at = 0;
  const fail = () => new GoogleError('invalidArgument', `Invalid field selection ${fields}`);

  const parseList = (depth: number): Map<string, Mask> => {
    const mask = new Map<string, Mask>();
    do parseItem(mask, depth);
    while (tokens[at] === ',' && at++ >= 0);
    return mask;
  };

  const parseItem = (into: Map<string, Mask>, depth: number): void => {
    const name = tokens[at++] ?? '';
    if (depth > 50 || !/^([\w-]+|\*)$/.test(name)) throw fail();
    let below: Mask = 'all';
    if (tokens[at] === '/') {
      at++;
      below = new Map();
      parseItem(below, depth + 1);
    } else if (tokens[at] === '(') {
      at++;
      below = parseList(depth + 1);
      if (tokens[at++] !== ')') throw fail();
    }
    into.set(name, merge(into.get(name), below));
  };

  const mask = parseList(0);
  if (at < tokens.length) throw fail();
  return mask;
};

/** `a/b,a/c` is the same as `a(b,c)`. */
const merge = (one: Mask | undefined, other: Mask): Mask => {
  if (one === undefined) return other;
  if (one === 'all' || other === 'all') return 'all';
  for (const [name, mask] of other) one.set(name, merge(one.get(name), mask));
  return one;
};

/** The kept part of a value, or undefined when nothing of it is kept. */
const keep = (value: unknown, mask: Mask): unknown => {
  if (mask === 'all') return value;
  if (Array.isArray(value)) {
    const kept = value.map((item) => keep(item, mask) ?? {});
    return kept.some((item) => Object.keys(Object(item)).length > 0) ? kept : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const kept = Object.entries(value).flatMap(([name, item]) => {
    const below = mask.get(name) ?? mask.get('*');
    const part = below === undefined ? undefined : keep(item, below);
    return part === undefined ? [] : [[name, part] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};
