// A byte buffer of bounded size that is filled in pieces: its memory grows by pages and is never copied.

/** Bytes added each time there is too little room. */
const step = 64 * 1024;

export interface GrowingBytes {
  /** Keeps what still fits; the rest is only counted. */
  push(bytes: Uint8Array): void;
  /** Bytes kept. */
  readonly length: number;
  /** Bytes pushed, kept or not. */
  readonly pushed: number;
  /** What was kept until now. */
  soFar(): Uint8Array;
  /** What was kept. The memory is the caller's from now on. */
  end(): Uint8Array<ArrayBuffer>;
}

/** @param most bytes that are kept. */
export const createGrowingBytes = (most: number): GrowingBytes => {
  const buffer = new ArrayBuffer(0, { maxByteLength: most });
  const whole = new Uint8Array(buffer);
  let length = 0;
  let pushed = 0;
  return {
    push: (bytes) => {
      pushed += bytes.length;
      const kept = bytes.subarray(0, most - length);
      if (length + kept.length > buffer.byteLength)
        buffer.resize(Math.min(most, Math.ceil((length + kept.length) / step) * step));
      whole.set(kept, length);
      length += kept.length;
    },
    get length() {
      return length;
    },
    get pushed() {
      return pushed;
    },
    soFar: () => whole.subarray(0, length),
    end: () => {
      buffer.resize(length);
      return whole;
    },
  };
};
