// Renews src/http/scalekit/wire/ from the .proto files beside it; run it after changing one. Its tools are fetched for the run:
// they are large, and nobody else needs them.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const folder = 'src/http/scalekit';
const template = {
  version: 'v2',
  plugins: [
    {
      local: 'protoc-gen-es',
      out: `${folder}/wire`,
      opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
    },
  ],
};
const tools = ['@bufbuild/buf@1.75.0', '@bufbuild/protoc-gen-es@2.17.0'].map((name) => `--package=${name}`);
const generate = ['buf', 'generate', `${folder}/proto`, '--template', JSON.stringify(template)];
execFileSync('npm', ['exec', '--yes', ...tools, '--', ...generate], { cwd: at('.'), stdio: 'inherit' });
