// A debugger that was opened by a signal before the command could take it from Node.
import { open, url } from 'node:inspector';
import { expect, it, vi } from 'vitest';
import { keepDebuggerShut } from '../../src/cli/process.ts';

it('closes Node’s debugger, also where it opens a second time', async () => {
  // Node announces an open one on stderr, past the stream.
  const opened = vi.fn(() => open(0, '127.0.0.1'));
  opened();
  expect(url()).toBeDefined();
  await keepDebuggerShut(async () => {
    if (opened.mock.calls.length < 2) opened();
  });
  expect([opened.mock.calls.length, url()]).toEqual([2, undefined]);
});
