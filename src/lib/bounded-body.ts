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

/** The same response, whose body fails beyond the limit: for a library that would collect one without end in memory. */
export const limitBody = (response: Response, maxBytes: number): Response => {
  if (response.body === null) return response;
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.error(new RangeError('the body is larger than it may be'));
      else controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(limit), response);
};
