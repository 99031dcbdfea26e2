// Notices when an answer has been sent to its end, or was broken off. Knows nothing of what it says.

/**
 * Calls `done` as soon as the last byte of a streamed answer was taken or its reader left; at once for any other
 * answer, whose bytes are all there already. `done` may be called more than once.
 * @returns the answer to send instead.
 */
export const whenSent = (response: Response, signal: AbortSignal, done: () => void): Response => {
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (response.body === null || !streamed || signal.aborted) {
    done();
    return response;
  }
  signal.addEventListener('abort', done, { once: true });
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const piece = await reader.read();
          if (!piece.done) return controller.enqueue(piece.value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        done();
      },
      cancel: (reason) => {
        done();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, headers: response.headers });
};
