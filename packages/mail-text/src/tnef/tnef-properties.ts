// The MAPI properties inside a TNEF attribute (MS-OXTNEF §2.1.3.4, types of MS-OXCDATA §2.11.1). Any bytes give a list;
// it ends where they stop making sense.

export interface TnefValue {
  /** MS-OXCDATA's number of the type: 0x1e for text in the code page, 0x1f for UTF-16 … */
  readonly type: number;
  readonly bytes: Uint8Array;
}
export type TnefProperties = ReadonlyMap<number, TnefValue>;

const fixedSizes: Readonly<Record<number, number>> = {
  ...{ 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16 },
};
const objectType = 0x0d;
/** String8, Unicode, object and binary carry their length. */
const sized = new Set([0x1e, 0x1f, objectType, 0x102]);
const multiple = 0x1000;
/** Names of this and later ids are spelled out. */
const firstNamed = 0x8000;

const padded = (length: number): number => length + ((4 - (length % 4)) % 4);

/** The first value of every property, by its id; object values without the interface id before them. */
export const tnefProperties = (data: Uint8Array): TnefProperties => {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const found = new Map<number, TnefValue>();
  let at = 0;
  const number = (): number => {
    const value = view.getUint32(at, true);
    at += 4;
    return value;
  };
  const take = (length: number): Uint8Array => {
    if (at + length > data.length) throw new RangeError();
    const bytes = data.subarray(at, at + length);
    at += padded(length);
    return bytes;
  };
  const readProperty = () => {
    const type = view.getUint16(at, true);
    const id = view.getUint16(at + 2, true);
    at += 4;
    if (id >= firstNamed) {
      take(16);
      if (number() === 0) at += 4;
      else take(number());
    }
    const kind = type & ~multiple;
    const isSized = sized.has(kind);
    const fixed = fixedSizes[kind];
    if (!isSized && fixed === undefined) throw new RangeError();
    const values = isSized || (type & multiple) !== 0 ? number() : 1;
    for (let index = 0; index < values; index++) {
      const bytes = take(isSized ? number() : (fixed ?? 0));
      if (!found.has(id)) found.set(id, { type: kind, bytes: kind === objectType ? bytes.subarray(16) : bytes });
    }
  };
  try {
    for (let left = number(); left > 0 && at < data.length; left--) readProperty();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
};
