// Runs every example, one after the other, without a person: the sandbox's pages are walked through. Exit code 1 when
// one of them did not end as it should.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { notRun, say } from './shared/say.ts';

const examples = ['langchain', 'ai-sdk', 'openai-agents', 'mastra', 'python'];

const statuses = examples.map((name) => {
  const file = fileURLToPath(new URL(`${name}/index.ts`, import.meta.url));
  return { name, status: spawnSync(process.execPath, [file], { stdio: ['ignore', 'inherit', 'inherit'] }).status };
});
const namesOf = (wanted: (status: number | null) => boolean): string =>
  statuses
    .filter(({ status }) => wanted(status))
    .map(({ name }) => name)
    .join(', ');

const failed = namesOf((status) => status !== 0 && status !== notRun);
const skipped = namesOf((status) => status === notRun);
say(failed === '' ? `\nEnded as they should: ${namesOf((status) => status === 0)}.` : `\nFailed: ${failed}.`);
if (skipped !== '') say(`NOT RUN, for this machine lacks what they need: ${skipped}.`);
process.exitCode = failed === '' ? 0 : 1;
