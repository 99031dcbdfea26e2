// What goes wrong around Postern, and what everybody sees of it: each fault is played, and docs/faults.md is written from
// what was seen. Renew it: npx vitest run test/behaviour/faults.test.ts -u
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '@postern/gmail-sandbox';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fillDisk, lockDatabase, noteConnections } from '../support/database-faults.ts';
import { type HandClock, handClock } from '../support/hand-clock.ts';
import { inTime as answerInTime } from '../support/in-time.ts';
import { alex, type CallResult, createWorld, newSandbox, sam, type World } from '../support/world.ts';

// Waiting for a lock of another program goes by the real clock; here nobody has to wait for it.
vi.mock('node:timers/promises', () => ({ setTimeout: () => new Promise((resolve) => setImmediate(resolve)) }));

const hour = 3_600_000;
const minute = 60_000;
/** No answer may take longer, by any clock. */
const longestAnswer = 3 * minute;

interface Played {
  readonly world: World;
  readonly path: string;
  /** Google's own clock: not ours. */
  readonly googleTime: HandClock;
  readonly connection: ReturnType<typeof noteConnections>;
}

interface Row {
  readonly fault: string;
  /** Starts the fault; the answer ends it. */
  readonly begin: (played: Played) => (() => void) | Promise<() => void>;
  /** Our access token has expired when the fault begins. */
  readonly tokenExpired?: boolean;
}

const at = (path: RegExp | string, fault: Fault) => ({
  begin: ({ world }: Played) => {
    world.sandbox.fault({ path }, fault);
    return () => world.sandbox.clearFaults();
  },
});
const gmail = /^\/gmail\//;
const tenMinutes = { kind: 'delay', milliseconds: 10 * minute } as const;
const turned =
  (milliseconds: number): Row['begin'] =>
  async ({ world }) => {
    await world.clock.advance(milliseconds);
    return () => {};
  };

const rows: readonly Row[] = [
  {
    fault: 'The database is locked by another program',
    begin: ({ connection, path }) => lockDatabase(connection(path)),
  },
  {
    fault: 'The database is locked while a token has to be renewed',
    begin: ({ connection, path }) => lockDatabase(connection(path)),
    tokenExpired: true,
  },
  { fault: 'The disk is full', begin: ({ connection, path }) => fillDisk(connection(path)) },
  { fault: 'Gmail answers 503', ...at(gmail, { status: 503 }) },
  { fault: 'Gmail answers an HTML page', ...at(gmail, { kind: 'html' }) },
  { fault: 'Gmail’s answer breaks off in the middle', ...at(gmail, { kind: 'half' }) },
  { fault: 'The connection to Gmail is cut', ...at(gmail, { kind: 'reset' }) },
  { fault: 'Gmail takes ten minutes to answer', ...at(gmail, tenMinutes) },
  {
    fault: 'Gmail limits the rate and asks to wait two minutes',
    ...at(gmail, { status: 429, headers: { 'retry-after': '120' } }),
  },
  { fault: 'The token endpoint answers 503', tokenExpired: true, ...at('/token', { status: 503 }) },
  { fault: 'The token endpoint answers an HTML page', tokenExpired: true, ...at('/token', { kind: 'html' }) },
  { fault: 'The token endpoint’s answer breaks off', tokenExpired: true, ...at('/token', { kind: 'half' }) },
  { fault: 'The connection to the token endpoint is cut', tokenExpired: true, ...at('/token', { kind: 'reset' }) },
  { fault: 'The token endpoint limits the rate', tokenExpired: true, ...at('/token', { status: 429 }) },
  { fault: 'The token endpoint is down while the token is still good', ...at('/token', { status: 503 }) },
  { fault: 'Our clock jumps six hours ahead', begin: turned(6 * hour) },
  {
    fault: 'Our clock jumps six hours back, Google’s goes on for two',
    begin: async ({ world, googleTime }) => {
      await googleTime.advance(2 * hour);
      await world.clock.advance(-6 * hour);
      return () => {};
    },
  },
];

let folder: string;
let played: Played;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
  const googleTime = handClock();
  const path = join(folder, 'postern.db');
  const connection = noteConnections();
  const world = await createWorld({ databasePath: path, sandbox: newSandbox(googleTime) });
  played = { world, path, googleTime, connection };
});
afterEach(async () => {
  vi.restoreAllMocks();
  await played.world.close();
  await rm(folder, { recursive: true });
});

const inTime = <T>(answer: Promise<T>): Promise<T> =>
  answerInTime(answer, [played.world.clock, played.googleTime], longestAnswer);

const said = ({ structured, text, isError }: CallResult): string => {
  if (!isError) return structured.messages === undefined ? text : 'The mail, as always';
  const { kind, message, next } = structured.problem as Record<'kind' | 'message' | 'next', string>;
  return `\`${kind}\`: ${message} ${next}`;
};

/** What a log line of a fault says, without what differs from run to run. */
const loggedSince = (logged: readonly string[], from: number): string[] => {
  const lines = logged.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>);
  const words = lines
    .filter(({ event, level, outcome }) => Number(level) >= 40 || outcome === 'problem' || event === 'refresh_failed')
    .map(
      ({ event, cause, problem, outcome }) => `\`${[event, cause ?? problem ?? outcome].filter(Boolean).join(' ')}\``,
    );
  return [...new Set(words)];
};

const seen = new Map<string, { person: string; caller: string; operator: string }>();

describe('A fault', () => {
  it.each(rows)('is answered in bounded time and loses nothing that was acknowledged: $fault', async (row) => {
    const { world, googleTime } = played;
    const { accounts } = world.postern;
    const key = await world.serviceKey({ unverifiedLinks: true });
    await world.connect('user_42');
    await accounts.ensure({ realm: 'default', identifier: 'user_43' });
    const call = () => world.call('gmail_fetch_mails', { max_results: 1 }, { key, as: 'user_42' });
    // It works before; and all that is loaded late is loaded now, while no clock is turned.
    expect((await call()).structured.messages).toHaveLength(1);
    const passing = row.tokenExpired ? 65 * minute : 2 * minute;
    for (const clock of [world.clock, googleTime]) await clock.advance(passing);
    const link = await newLink('user_43');

    const from = world.logged.length;
    const end = await row.begin(played);
    const answer = await inTime(call());
    const made = await inTime(newPeopleUntilRefused(key));
    const page = await inTime(world.approve(link, { email: sam }));
    const operator = loggedSince(world.logged, from);
    end();

    seen.set(row.fault, {
      person: page.heading,
      caller: said(answer),
      operator: operator.length === 0 ? 'nothing' : operator.join(', '),
    });
    // Afterwards everything that was acknowledged is there, and everything works again.
    expect((await accounts.find({ realm: 'default', identifier: 'user_42' }))?.state).toEqual({ status: 'ACTIVE' });
    for (const identifier of made) expect(await accounts.find({ realm: 'default', identifier })).toBeDefined();
    expect((await inTime(call())).structured.messages).toHaveLength(1);
    if (page.heading === 'Gmail is connected')
      expect((await accounts.find({ realm: 'default', identifier: 'user_43' }))?.google?.email).toBe(sam);
    else if (!row.fault.includes('clock')) {
      const again = await inTime(world.approve(await newLink('user_43'), { email: sam }));
      expect(again.heading).toBe('Gmail is connected');
    }
  });

  it('that comes late, an invalid_grant for a grant that was replaced meanwhile, changes nothing', async () => {
    const { world, googleTime } = played;
    const key = await world.serviceKey();
    await world.connect('user_42');
    await world.clock.advance(2 * hour);
    await googleTime.advance(2 * hour);
    world.sandbox.fault({ path: '/token', times: 1 }, { kind: 'delay', milliseconds: 5000 });
    const call = world.call('gmail_fetch_mails', { max_results: 1 }, { key, as: 'user_42' });
    await expect.poll(() => googleTime.sleeping).toBe(1);
    world.sandbox.revokeAccess(alex);
    await world.connect('user_42');
    const from = world.logged.length;
    const answer = await inTime(call);
    expect((await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' }))?.state.status).toBe(
      'ACTIVE',
    );
    seen.set('A late `invalid_grant` for a grant that was replaced meanwhile', {
      person: 'nothing',
      caller: said(answer),
      operator: loggedSince(world.logged, from).join(', ') || 'nothing',
    });
    expect(said(answer)).toBe('The mail, as always');
  });

  it('and what is seen of it stands in docs/faults.md', async () => {
    const lines = [...seen].map(
      ([fault, { person, caller, operator }]) => `| ${fault} | ${caller} | ${person} | ${operator} |`,
    );
    await expect(document(lines), 'Renew it: npx vitest run test/behaviour/faults.test.ts -u').toMatchFileSnapshot(
      '../../docs/faults.md',
    );
  });
});

const document = (lines: readonly string[]): string => `# What happens when something fails

Made by playing every fault in \`test/behaviour/faults.test.ts\`; do not edit.

Each fault is met by a person who is connected and asks for mail (*the caller gets*), and by a person who just presses
“Continue to Google” on a link and approves (*a person who connects sees*, the page’s title). *The operator’s log* names the
events, without names or secrets. Afterwards everything that was acknowledged is still there, and works.

| fault | the caller gets | a person who connects sees | the operator’s log |
|---|---|---|---|
${lines.join('\n')}

## When Google refuses many people at once

Played in \`test/behaviour/bulk-refusals.test.ts\`. Google's token endpoint answers \`invalid_grant\` of somebody's grant and names no
reason: the password was changed, the app was removed, the Google account is gone; or Google, or whatever stands in its
place, refuses everybody. Postern asks Google for up to ten grants of other people (first of other hosted domains, where the
person has one), one round at a time, and then:

| what Google says | the account | the call gets |
|---|---|---|
| It accepts somebody else's grant, or a new authorization, since this one was asked for | \`REVOKED\`, with its reason | a link |
| It refuses people of one hosted domain only, or fewer than five Google accounts | \`REVOKED\`, with its reason | a link |
| It refuses at least five Google accounts, not all of one hosted domain, and accepts nobody: a bulk refusal | stays \`ACTIVE\`, for an hour | the operator's fix, and a link |
| … and a new authorization is refused as well | stays \`ACTIVE\` until Google accepts somebody | the operator's fix, and a link |
| … and it is refused for an hour, without that | \`REVOKED\`, with its reason | a link |
| \`invalid_client\` (a swapped secret, a deleted client) | stays \`ACTIVE\` | the operator's fix, and a link |
| nothing: the grant was made with another client or token endpoint than is configured, and is not sent | stays \`ACTIVE\` | the operator's fix, and a link |
| it names a reason (a policy of the Workspace, a time it had announced) | \`REVOKED\`, with that reason | a link |

So where a company changes its passwords on one morning, its people become \`REVOKED\` one by one as they call, also where nobody
else is on the server.

An account that became \`REVOKED\` wrongly loses nothing. A grant that ended for no named reason is retained: it stays sealed for a
day and serves nobody, but Google is asked for it again: by calls of that person (three, then one a minute), for some chosen
at random every five minutes, and for everybody as soon as Google accepts one of them. Where Google gives tokens, the account
is \`ACTIVE\` as before. Nothing else makes it so, so no status goes back and forth while Google's answer stays the same.

The evidence lies in the database (\`accounts.refused_since\`, \`token_endpoint_answers\`), so several processes judge alike. The
operator finds a bulk refusal in the log, once per process (\`grants_refused_in_bulk\`, \`oauth_client_refused\`, and their ends
\`grants_accepted_again\`, \`oauth_client_accepted_again\`), and in \`postern doctor\`. \`/readyz\` says only whether this process can
serve: what Google thinks is no reason to take it out of service.
`;

const newLink = async (identifier: string): Promise<string> => {
  const key = { realm: 'default', identifier };
  const { accounts } = played.world.postern;
  const link = await accounts.link({ key, credential: 'service_key', linkPolicy: 'unverified' }, { capabilities: [] });
  if (!link.ok) throw new Error(link.problem.kind);
  return link.value.url;
};

/** Creates people until the store refuses one; answers with those that were acknowledged. */
const newPeopleUntilRefused = async (key: string): Promise<string[]> => {
  const made: string[] = [];
  for (let n = 0; n < 40; n++) {
    const identifier = `new ${n} ${'x'.repeat(240)}`;
    const answer = await played.world.http('/api/v1/accounts', {
      method: 'POST',
      key,
      body: JSON.stringify({ identifier }),
    });
    if (answer.status !== 201) {
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/^storage_(busy|full)$/) });
      break;
    }
    made.push(identifier);
  }
  return made;
};
