import { describe, expect, it } from 'vitest';
import { createBoundedMap } from '../../src/lib/bounded-map.ts';

describe('bounded map', () => {
  it('deletes the entry that was used least recently when it is full', () => {
    const map = createBoundedMap<string, number>({ maxSize: 2 });
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect([map.has('a'), map.has('b'), map.has('c')]).toEqual([true, false, true]);
  });

  it('does not count a look with `has` as use, but counts setting a key again', () => {
    const map = createBoundedMap<string, number>({ maxSize: 2 });
    map.set('a', 1);
    map.set('b', 2);
    map.has('a');
    map.set('b', 3);
    map.set('c', 4);
    expect([map.has('a'), map.get('b'), map.get('c')]).toEqual([false, 3, 4]);
  });

  it('counts entries by their size, and keeps none that is larger than the map', () => {
    const map = createBoundedMap<string, string>({ maxSize: 5, sizeOf: (text) => text.length });
    map.set('a', '12');
    map.set('b', '34');
    map.set('b', '345');
    expect([map.has('a'), map.has('b')]).toEqual([true, true]);
    map.set('c', '6');
    expect([map.has('a'), map.has('b'), map.has('c')]).toEqual([false, true, true]);
    map.set('d', '123456');
    expect([map.has('b'), map.has('c'), map.has('d')]).toEqual([false, false, false]);
    map.set('e', '12345');
    expect(map.get('e')).toBe('12345');
  });

  it('counts an entry of no size as one, so that empty values cannot grow it without end', () => {
    const map = createBoundedMap<number, string>({ maxSize: 10, sizeOf: (text) => text.length });
    for (let key = 0; key < 100; key++) map.set(key, '');
    expect(Array.from({ length: 100 }, (_, key) => map.has(key)).filter(Boolean)).toHaveLength(10);
  });

  it('frees the size of an entry that is deleted', () => {
    const map = createBoundedMap<string, string>({ maxSize: 4, sizeOf: (text) => text.length });
    map.set('a', '1234');
    expect([map.delete('a'), map.delete('a')]).toEqual([true, false]);
    map.set('b', '12');
    map.set('c', '34');
    expect([map.get('b'), map.get('c')]).toEqual(['12', '34']);
  });
});
