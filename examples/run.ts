// Runs every example, one after the other, without a person: the sandbox's pages are walked through. Exit code 1 when
// one of them did not end as it should.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { say } from './shared/say.ts';

const examples = ['langchain', 'ai-sdk', 'openai-agents', 'mastra'];

const failed = examples.filter((name) => {
  const file = fileURLToPath(new URL(`${name}/index.ts`, import.meta.url));
  return spawnSync(process.execPath, [file], { stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0;
});

say(failed.length === 0 ? `\nAll ${examples.length} examples ended as they should.` : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
