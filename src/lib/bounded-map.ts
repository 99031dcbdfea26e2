// A map that cannot grow without end, for what is remembered about names that somebody outside chooses: accounts,
// addresses, documents. Whoever makes names up pushes out what nobody uses, and no memory fills.

export interface BoundedMapOptions<Value> {
  /** Of all entries together; without `sizeOf` the number of entries. */
  readonly maxSize: number;
  /** What one value counts; it is asked once, when the value is set. */
  readonly sizeOf?: (value: Value) => number;
}

/**
 * A least-recently-used map. When it is full, the entries that were not read or set for longest are deleted, until the
 * rest fits; a value that is larger than the whole map is not kept at all. Callers must be able to do without any entry.
 */
export interface BoundedMap<Key, Value> {
  /** Counts as use. */
  get(key: Key): Value | undefined;
  /** Does not count as use. */
  has(key: Key): boolean;
  set(key: Key, value: Value): void;
  /** @returns whether there was one */
  delete(key: Key): boolean;
}

interface Entry<Value> {
  readonly value: Value;
  readonly size: number;
}

export const createBoundedMap = <Key, Value>(options: BoundedMapOptions<Value>): BoundedMap<Key, Value> => {
  const { maxSize, sizeOf = () => 1 } = options;
  // A Map lists its keys in the order of insertion: an entry that is used is taken out and put in again.
  const entries = new Map<Key, Entry<Value>>();
  let total = 0;

  const remove = (key: Key): boolean => {
    total -= entries.get(key)?.size ?? 0;
    return entries.delete(key);
  };

  return {
    get: (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    has: (key) => entries.has(key),
    set: (key, value) => {
      remove(key);
      // An entry of no size takes room too: its key.
      const size = Math.max(1, sizeOf(value));
      entries.set(key, { value, size });
      total += size;
      for (const oldest of entries.keys()) {
        if (total <= maxSize) break;
        remove(oldest);
      }
    },
    delete: remove,
  };
};
