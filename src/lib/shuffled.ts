// An order that nobody can foresee.
import type { RandomBytes } from './clock.ts';

/** The same items, by chance. */
export const shuffled = <T>(items: readonly T[], random: RandomBytes): T[] =>
  items
    .map((item) => ({ item, place: Buffer.from(random(4)).readUInt32BE() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
