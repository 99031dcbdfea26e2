import { describe, expect, it } from 'vitest';
import { readBody } from '../../src/lib/bounded-body.ts';

const endless = () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1000)),
    cancel: () => {
      cancelled = true;
    },
  });
  return { stream, wasCancelled: () => cancelled };
};

describe('bounded body reader', () => {
  it('reads a body that is exactly as large as the limit', async () => {
    expect(String(await readBody(new Response('12345').body, 5))).toBe('12345');
    expect(await readBody(new Response('123456').body, 5)).toBeUndefined();
  });

  it('reads no body as an empty one', async () => {
    expect(await readBody(null, 5)).toHaveLength(0);
  });

  it('cancels a stream that goes on beyond the limit', async () => {
    const { stream, wasCancelled } = endless();
    expect(await readBody(stream, 10_000)).toBeUndefined();
    expect(wasCancelled()).toBe(true);
  });
});
