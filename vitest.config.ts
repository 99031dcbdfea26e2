import { defineConfig } from 'vitest/config';

const common = { testTimeout: 20_000, hookTimeout: 60_000, restoreMocks: true };

/** Those that need a process of their own: they start others, or replace a module for everybody in it. */
const apart = ['test/e2e/**/*.test.ts', 'test/behaviour/faults.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // Sharing the modules they have loaded halves their time; no file may leave a trace.
      { test: { ...common, name: 'house', include: ['test/**/*.test.ts'], exclude: apart, isolate: false } },
      { test: { ...common, name: 'apart', include: apart } },
    ],
  },
});
