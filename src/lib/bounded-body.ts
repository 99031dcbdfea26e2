// Bodies from outside are collected in memory only up to a limit, whatever their header says of their length.

/**
 * All bytes of a body, or undefined where there are more than `maxBytes`; then nothing more is read, and a stream is
 * cancelled. Null is an empty body. Rejects where the body breaks off.
 */
export const readBody = async (
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number,
): Promise<Buffer | undefined> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
};
