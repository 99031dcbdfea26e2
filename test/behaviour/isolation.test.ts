// Isolation, shown: several people in several realms do things in random order and at the same time, and after every step
// everything that anybody was given is searched for what belongs to somebody else.
import { inspect } from 'node:util';
import { createSandbox } from '@postern/gmail-sandbox';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { handClock } from '../support/hand-clock.ts';
import { inTime } from '../support/in-time.ts';
import { createWorld } from '../support/world.ts';

interface Person {
  readonly realm: string;
  readonly identifier: string;
  readonly email: string;
  /** Stands in each of this person's mails, contacts and attachments, and nowhere else. */
  readonly canary: string;
}

/** Two realms that use the same names, and a person whose name contains the other's. */
const people: readonly Person[] = [
  ['shop', 'me'],
  ['games', 'me'],
  ['shop', 'me2'],
  ['games', '["shop","me"]'],
].map(([realm = '', identifier = ''], n) => ({
  realm,
  identifier,
  email: `person${n}@example.com`,
  canary: `canary${n}${'abcd'[n]?.repeat(12)}`,
}));

const steps = [
  'connect',
  'read',
  'readOthersMail',
  'download',
  'passLinkOn',
  'mixUpSessions',
  'changePassword',
  'revokeAtGoogle',
  'disconnect',
  'remove',
  'changeKey',
  'useUserKey',
  'hour',
] as const;
type Step = (typeof steps)[number];

const mailOf = ({ email, canary }: Person): Uint8Array =>
  Buffer.from(
    [
      `From: ${canary} <friend@example.org>`,
      `To: ${email}`,
      `Subject: ${canary} subject`,
      'Date: Thu, 15 Jan 2026 11:00:00 +0000',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      `${canary} body`,
      '--b',
      `Content-Type: text/plain; name="${canary}.txt"`,
      `Content-Disposition: attachment; filename="${canary}.txt"`,
      '',
      `${canary} attachment`,
      '--b--',
      '',
    ].join('\r\n'),
  );

/** Whose each secret is: canaries, Google's tokens as they pass, Postern's links, downloads and auth requests. */
interface Ledger {
  readonly ownerOf: Map<string, Person>;
  /** Google's tokens: nobody at all may see one. */
  readonly tokens: Set<string>;
  readonly counts: Record<'mailsRead' | 'attachmentsRead' | 'refused' | 'connected', number>;
}

const watched = (sandbox: ReturnType<typeof createSandbox>, ledger: Ledger): typeof fetch => {
  return async (input, init) => {
    const request = new Request(input, init);
    const response = await sandbox.fetch(request);
    if (new URL(request.url).pathname === '/token' && response.ok) {
      const answer = (await response.clone().json()) as Record<string, string>;
      for (const name of ['access_token', 'refresh_token', 'id_token'])
        if (answer[name] !== undefined) ledger.tokens.add(answer[name]);
    }
    return response;
  };
};

const createScene = async (ledger: Ledger) => {
  const clock = handClock();
  const sandbox = createSandbox({ clock });
  const world = await createWorld({ clock, sandbox, fetch: watched(sandbox, ledger) });
  for (const person of people) {
    sandbox.addAccount({ email: person.email, name: person.canary }).mailbox.importMessage(mailOf(person));
    ledger.ownerOf.set(person.canary, person);
  }
  const verifyUrl = 'https://app.example.com/verify';
  const keys = new Map<string, string>();
  const newKey = async (realm: string) => keys.set(realm, await world.serviceKey({ realm, verifyUrl }));
  for (const { realm } of people) if (!keys.has(realm)) await newKey(realm);
  return { world, keys, newKey };
};
type Scene = Awaited<ReturnType<typeof createScene>>;

/** Whatever reaches a person, or whoever acts for them, passes here. */
const receive = (ledger: Ledger, person: Person, ...given: readonly unknown[]): void => {
  const text = given.map((item) => (typeof item === 'string' ? item : inspect(item, { depth: 12 }))).join('\n');
  for (const [secret, owner] of ledger.ownerOf)
    if (owner !== person && text.includes(secret))
      throw new Error(`${secret}, which is ${owner.email}'s, reached ${person.email}: ${text.slice(0, 2000)}`);
  for (const token of ledger.tokens) if (text.includes(token)) throw new Error(`a token reached ${person.email}`);
};

/** What one person can do. Every answer goes through `receive`. */
const actor = (scene: Scene, ledger: Ledger, person: Person) => {
  const { world, keys } = scene;
  const { sandbox } = world;
  const path = `/api/v1/accounts/${encodeURIComponent(person.identifier)}`;
  const own = (secret: string): void => {
    const owner = ledger.ownerOf.get(secret) ?? person;
    if (owner !== person) throw new Error(`${owner.email} and ${person.email} were given the same secret`);
    ledger.ownerOf.set(secret, person);
  };

  const api = async (method: string, rest = '', body?: object, key = keys.get(person.realm) ?? '') => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await world.http(rest.startsWith('/api') ? rest : path + rest, { method, key, ...sent });
    const text = await answer.text();
    const json: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
    if (typeof json.url === 'string') own(json.url.split('/').at(-1) ?? '');
    receive(ledger, person, text, [...answer.headers]);
    return { status: answer.status, json };
  };
  const call = async (tool: string, input: object, key = keys.get(person.realm) ?? '') => {
    const answer = await world.call(tool, { ...input }, { key, as: person.identifier }).catch(() => undefined);
    if (answer === undefined) return {};
    const link = (answer.structured.authorizationRequired ?? answer.structured) as { url?: string };
    if (link.url !== undefined) own(link.url.split('/').at(-1) ?? '');
    receive(ledger, person, answer);
    return answer.structured;
  };
  const link = async (): Promise<string | undefined> => {
    await api('POST', '/api/v1/accounts', { identifier: person.identifier });
    const { json } = await api('POST', '/link');
    return typeof json.url === 'string' ? json.url : undefined;
  };
  /** `who` walks this person's link in their own browser; the product says that it is the session of `session`. */
  const walk = async (who: Person, session: string): Promise<void> => {
    const url = await link();
    if (url === undefined) return;
    const page = await world.approve(url, { email: who.email });
    const id = new URL(page.url).searchParams.get('auth_request_id');
    if (id === null) return receive(ledger, who, page.html, [...page.headers]);
    own(id);
    const { status } = await api('POST', `/api/v1/auth-requests/${id}/confirm`, { identifier: session });
    ledger.counts[status === 200 ? 'connected' : 'refused'] += 1;
    if (session !== person.identifier) expect(status).not.toBe(200);
  };
  const read = async (key?: string) => {
    const { messages } = (await call('gmail_fetch_mails', { format: 'full' }, key)) as { messages?: { id: string }[] };
    if (messages !== undefined && messages.length > 0) ledger.counts.mailsRead += 1;
    return messages?.[0]?.id;
  };
  const download = async (id: string | undefined): Promise<void> => {
    const message = (await call('gmail_get_message_by_id', { message_id: id ?? 'x' })) as {
      attachments?: { attachmentId: string }[];
    };
    const input = { message_id: id ?? 'x', attachment_id: message.attachments?.[0]?.attachmentId ?? '1' };
    const { url } = (await call('gmail_get_attachment_by_id', { ...input, delivery: 'link' })) as { url?: string };
    if (url === undefined) return;
    const bytes = await (await world.http(new URL(url).pathname)).text();
    receive(ledger, person, bytes);
    if (bytes.includes(person.canary)) ledger.counts.attachmentsRead += 1;
  };
  const another = people[(people.indexOf(person) + 1) % people.length] ?? person;
  const othersMail = () => sandbox.account(another.email).mailbox.newestFirst()[0]?.id;

  const act: Record<Step, () => Promise<unknown>> = {
    connect: () => walk(person, person.identifier),
    read: () => read(),
    readOthersMail: async () => download(othersMail()),
    download: async () => download(await read()),
    passLinkOn: () => walk(another, `session of ${another.email}`),
    mixUpSessions: () => walk(person, `session of ${another.email}`),
    changePassword: async () => sandbox.changePassword(person.email),
    revokeAtGoogle: async () => sandbox.revokeAccess(person.email),
    disconnect: () => api('POST', '/disconnect'),
    remove: () => api('DELETE'),
    changeKey: async () => {
      const old = keys.get(person.realm) ?? '';
      await scene.newKey(person.realm);
      await world.postern.storage.apiKeys.revoke(old.split('_')[2] ?? '', world.clock.now());
      expect((await api('GET', '', undefined, old)).status).toBe(401);
    },
    useUserKey: async () => {
      const key = await world.userKey(person.identifier, { realm: person.realm });
      await read(key);
      if (another.identifier === person.identifier) return;
      expect((await world.http('/mcp', { method: 'POST', key, as: another.identifier })).status).toBe(403);
    },
    hour: () => world.clock.advance(3_600_000),
  };
  return act;
};

/** What is loaded late is loaded before clocks are turned, or a slow disk would look like a slow Google. */
const loadEverything = async (): Promise<void> => {
  const world = await createWorld();
  await world.connect('somebody');
  await world.call('gmail_fetch_mails', {}, { key: await world.serviceKey(), as: 'somebody' });
  await world.close();
};

const anyStep = fc.constantFrom(...steps, 'connect', 'read', 'read', 'download');
const hour = 3_600_000;
const stories = fc.tuple(...people.map(() => fc.array(anyStep, { minLength: 3, maxLength: 9 })));

it('No byte of one person’s mail, token, link or download reaches another, whatever they do at the same time', async () => {
  const totals = { mailsRead: 0, attachmentsRead: 0, refused: 0, connected: 0 };
  const play = async (story: readonly (readonly Step[])[]): Promise<void> => {
    const ledger: Ledger = { ownerOf: new Map(), tokens: new Set(), counts: totals };
    const scene = await createScene(ledger);
    try {
      const all = people.map(async (person, n) => {
        const act = actor(scene, ledger, person);
        for (const step of ['connect', ...(story[n] ?? [])] as const) await act[step]();
      });
      await inTime(Promise.all(all), [scene.world.clock], 24 * hour);
      // At the end all do the same at the very same time: ask for a link, connect, renew a token.
      for (const step of ['disconnect', 'read', 'connect', 'hour', 'hour', 'download'] as const)
        await inTime(
          Promise.all(people.map((person) => actor(scene, ledger, person)[step]())),
          [scene.world.clock],
          hour,
        );
      const logged = scene.world.logged.join('\n');
      for (const secret of [...ledger.ownerOf.keys(), ...ledger.tokens]) expect(logged).not.toContain(secret);
    } finally {
      await scene.world.close();
    }
  };
  await loadEverything();
  await fc.assert(fc.asyncProperty(stories, play), { numRuns: 8 });
  // The walk went where it matters.
  expect(totals.mailsRead).toBeGreaterThan(20);
  expect(totals.attachmentsRead).toBeGreaterThan(5);
  expect(totals.connected).toBeGreaterThan(30);
  expect(totals.refused).toBeGreaterThan(0);
}, 60_000);
