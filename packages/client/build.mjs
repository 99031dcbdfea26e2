// Builds dist/: the package as others install it, for whatever has fetch and web crypto (Node 20, Deno, Bun, workers).
import { fileURLToPath } from 'node:url';
import { buildPackage } from '../../scripts/build-package.mjs';

await buildPackage(
  fileURLToPath(new URL('.', import.meta.url)),
  { platform: 'neutral', target: 'es2022' },
  { sideEffects: false, engines: { node: '>=20.3' } },
);
