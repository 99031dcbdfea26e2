// Builds dist/: the package as others install it, on Node, with its dependencies inside.
import { fileURLToPath } from 'node:url';
import { buildPackage } from '../../scripts/build-package.mjs';

const googleTypes = ['@googleapis/gmail', '@googleapis/people'];

await buildPackage(
  fileURLToPath(new URL('.', import.meta.url)),
  {
    platform: 'node',
    target: 'node22',
    // CommonJS dependencies ask for `require`, which ES modules do not have.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  },
  {
    engines: { node: '>=22.12' },
    peerDependencies: Object.fromEntries(googleTypes.map((types) => [types, '*'])),
    peerDependenciesMeta: Object.fromEntries(googleTypes.map((types) => [types, { optional: true }])),
  },
);
