// Runs walkthrough.py, which knows nothing of this, against a Postern of its own, and is the person who opens its link.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Postern } from '@postern/client';
import { approve } from '../shared/person.ts';
import { openPostern } from '../shared/postern.ts';
import { notRun, say } from '../shared/say.ts';

const python = 'python3';

const walkThrough = async (): Promise<void> => {
  const server = await openPostern();
  const { origin, serviceKey, mailbox } = server;
  const settings = { POSTERN_URL: origin, POSTERN_SERVICE_KEY: serviceKey, POSTERN_EXPECTED_EMAIL: mailbox };
  try {
    const child = spawn(python, [fileURLToPath(new URL('walkthrough.py', import.meta.url))], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    let last = '';
    for await (const line of createInterface({ input: child.stdout })) {
      last = line;
      say(line);
      const link = /^Open this link: (\S+)$/.exec(line)?.[1];
      if (link !== undefined)
        await approve(link, server, new Postern({ url: origin, key: serviceKey }), 'user_gmail_456');
    }
    const [status] = await ended;
    if (status !== 0 || last !== 'It ended as it should.') throw new Error(`walkthrough.py ended with ${status}.`);
  } finally {
    await server.close();
  }
};

say('━━ Python');
const { error, stdout } = spawnSync(python, ['--version'], { encoding: 'utf8' });
if (error === undefined) {
  say(stdout.trim());
  await walkThrough();
} else {
  say(`NOT RUN: there is no ${python} on this machine. Install it to run this example.`);
  process.exitCode = notRun;
}
