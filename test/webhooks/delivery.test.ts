// Events reach a receiver that is a real HTTP server: signed, at least once, in order per account; the clock is turned by hand.
import { describe, expect, it } from 'vitest';
import { aDeliveryWorld, aReceiver, type Got, verify } from './support.ts';

const second = 1_000;
const hour = 60 * 60 * second;
/** In the middle of the jitter. */
const evenly = (length: number) => Buffer.alloc(length, 0x80);

const of = (got: readonly Got[], identifier: string) =>
  got.filter((one) => one.identifier === identifier).map(({ type }) => type);

describe('An event', () => {
  it('arrives signed as Standard Webhooks says, once, and is kept no longer', async () => {
    const { endpoint, make, run, until, storage, clock } = await aDeliveryWorld();
    const receiver = await aReceiver();
    const { id, secret } = await endpoint(receiver.url);
    await make('ada');
    run();
    await until(() => receiver.got.length === 1);
    const [got] = receiver.got as [Got];
    verify(secret, got);
    expect(got.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': got.id,
      'webhook-timestamp': String(clock.now() / 1000),
    });
    expect(() => verify(`whsec_${Buffer.alloc(32).toString('base64')}`, got)).toThrow();
    expect(() => verify(secret, { ...got, body: got.body.replace('ada', 'ben') })).toThrow();
    await until(async () => (await storage.webhookDeliveries.count(id)).waiting === 0);
    await clock.advance(hour);
    expect(receiver.got).toHaveLength(1);
  });

  it('is signed with the former secret too for a day after a rotation, and by a new one alone after that', async () => {
    const { endpoint, make, run, until, clock, webhooks, storage } = await aDeliveryWorld();
    const receiver = await aReceiver();
    const { id, secret } = await endpoint(receiver.url);
    const rotated = await webhooks.rotateSecret(id);
    const signing = (after: number) => storage.webhookEndpoints.secrets(id, clock.now() + after);
    expect(await signing(24 * hour - 1)).toEqual([rotated?.secret, secret]);
    expect(await signing(24 * hour)).toEqual([rotated?.secret]);
    run();
    await make('ada');
    await clock.advance(second);
    await until(() => receiver.got.length === 1);
    const [first] = receiver.got as [Got];
    verify(secret, first);
    verify(rotated?.secret ?? '', first);
    await webhooks.rotateSecret(id);
    await make('ben');
    await clock.advance(second);
    await until(() => receiver.got.length === 2);
    expect(() => verify(secret, receiver.got[1] as Got)).toThrow('No matching signature found');
    verify(rotated?.secret ?? '', receiver.got[1] as Got);
  });

  it.each([500, 503, 404, 302, 'close'] as const)(
    'is sent again after %s, later each time, under the same id',
    async (reaction) => {
      const { endpoint, make, run, until, clock, storage } = await aDeliveryWorld(evenly);
      const receiver = await aReceiver(() => (receiver.got.length < 4 ? reaction : 204));
      const { id } = await endpoint(receiver.url);
      await make('ada');
      run();
      const failed = async (times: number) => {
        await until(() => receiver.got.length === times);
        await until(async () => (await storage.webhookDeliveries.endpointsDue(clock.now() + 10 * hour)).length === 1);
      };
      for (const [times, pause] of [
        [1, 5],
        [2, 15],
        [3, 45],
      ] as const) {
        await failed(times);
        await clock.advance((pause - 2) * second);
        expect(receiver.got).toHaveLength(times);
        await clock.advance(3 * second);
      }
      await until(async () => (await storage.webhookDeliveries.count(id)).waiting === 0);
      expect(new Set(receiver.got.map((got) => got.headers['webhook-id'])).size).toBe(1);
      expect(new Set(receiver.got.map((got) => got.headers['webhook-timestamp'])).size).toBe(4);
      expect(receiver.got).toHaveLength(4);
    },
  );

  it('is dead after a day in vain: it is listed with its last error, and sent again on demand', async () => {
    const { endpoint, make, run, until, clock, storage, webhooks, logged } = await aDeliveryWorld(evenly);
    const receiver = await aReceiver(() => 500);
    const { id } = await endpoint(receiver.url);
    await make('ada');
    const writtenAt = clock.now();
    let end = run();
    let attempts = 0;
    while ((await storage.webhookDeliveries.count(id)).dead === 0) {
      attempts += 1;
      await until(() => receiver.got.length === attempts);
      await end();
      const due = async () => (await storage.webhookDeliveries.endpointsDue(clock.now())).length > 0;
      // The process need not run while nothing is due.
      while (!(await due()) && (await storage.webhookDeliveries.count(id)).waiting > 0)
        await clock.advance(attempts < 5 ? second : 600 * second);
      end = run();
    }
    await end();
    expect(clock.now() - writtenAt).toBeGreaterThanOrEqual(24 * hour);
    expect(clock.now() - writtenAt).toBeLessThan(25 * hour);
    expect(attempts).toBeGreaterThan(10);
    const [letter] = await webhooks.deadLetters(id, 10);
    expect(letter).toMatchObject({ type: 'account.created', attempts, lastError: 'http_500' });
    expect(logged).toContainEqual(expect.objectContaining({ event: 'webhook_dead', endpoint: id, attempts }));
    receiver.react = () => 200;
    expect(await webhooks.redeliver(id)).toBe(1);
    run();
    await until(() => receiver.got.length === attempts + 1);
    expect(receiver.got.at(-1)?.id).toBe(letter?.eventId);
    await until(async () => (await storage.webhookDeliveries.count(id)).dead === 0);
  });

  it('is not sent to a private address that the operator did not allow, and redirects are not followed there', async () => {
    const { make, run, until, storage, webhooks, clock } = await aDeliveryWorld();
    const receiver = await aReceiver();
    const { port } = new URL(receiver.url);
    // The check of a URL sees a name alone: that it leads here shows when it is looked up.
    const named = `https://localhost.localdomain:${port}/`;
    for (const url of [
      receiver.url,
      `https://127.0.0.1:${port}/`,
      `https://localhost:${port}/`,
      'https://[::1]/',
      'https://10.0.0.7/',
    ])
      expect((await webhooks.add({ realm: 'default', url, allowPrivate: false })).kind, url).toBe('url_refused');
    const added = {
      id: 'whe_named',
      realm: 'default',
      url: `https://127.0.0.1:${port}/`,
      allowPrivate: false,
      createdAt: clock.now(),
    };
    await storage.webhookEndpoints.add(added, `whsec_${Buffer.alloc(32).toString('base64')}`, 10);
    expect(await webhooks.test({ ...added, url: named })).toMatchObject({ delivered: false });
    expect(await webhooks.test(added)).toMatchObject({ delivered: false, error: 'address_not_public' });
    await make('ada');
    run();
    await until(async () => (await storage.webhookDeliveries.endpointsDue(clock.now())).length === 0);
    expect(receiver.got).toEqual([]);
  });
});

describe('An endpoint', () => {
  it('gets the events of one account in their order: a later one waits for the earlier, other accounts go on', async () => {
    const { endpoint, make, remake, run, until, clock } = await aDeliveryWorld(evenly);
    const receiver = await aReceiver(({ identifier }) => (identifier === 'ada' && !letThrough ? 500 : 200));
    let letThrough = false;
    await endpoint(receiver.url);
    await make('ada');
    await remake('ada');
    await make('ben');
    await remake('ben');
    run();
    await until(() => of(receiver.got, 'ben').length === 3);
    const inOrder = ['account.created', 'account.deleted', 'account.created'];
    expect(of(receiver.got, 'ben')).toEqual(inOrder);
    expect(of(receiver.got, 'ada')).toEqual(['account.created']);
    letThrough = true;
    await clock.advance(6 * second);
    await until(() => of(receiver.got, 'ada').length === 4);
    expect(of(receiver.got, 'ada')).toEqual(['account.created', ...inOrder]);
  });

  it('that hangs holds up no other, has a few deliveries under way at once, and is left after ten seconds', async () => {
    const { endpoint, make, run, until, clock, logged } = await aDeliveryWorld();
    const [hanging, other] = [await aReceiver(() => 'hang'), await aReceiver()];
    await endpoint(hanging.url);
    await endpoint(other.url);
    for (let person = 0; person < 30; person++) await make(`person ${person}`);
    run();
    await until(() => other.got.length === 30);
    await until(() => hanging.got.length === 8);
    await clock.advance(second);
    expect(hanging.got).toHaveLength(8);
    await clock.advance(10 * second);
    await until(() => hanging.got.length === 16);
    expect(logged.filter(({ cause }) => cause === 'timed_out')).toHaveLength(8);
  });

  it('that answers 410 is disabled: nothing more is sent or written, what waited is dead; a test enables it', async () => {
    const { endpoint, make, run, until, webhooks, logged, clock } = await aDeliveryWorld();
    const receiver = await aReceiver(() => 410);
    const { id } = await endpoint(receiver.url);
    for (const name of ['ada', 'ben']) await make(name);
    run();
    await until(async () => (await webhooks.find(id))?.disabledAt !== undefined);
    const got = receiver.got.length;
    await make('cleo');
    await clock.advance(hour);
    expect(receiver.got).toHaveLength(got);
    expect(await webhooks.find(id)).toMatchObject({ disabledBecause: 'gone', waiting: 0, dead: 2 });
    expect(logged.filter(({ event }) => event === 'webhook_disabled')).toHaveLength(1);
    const answered = (await webhooks.deadLetters(id, 2)).filter(({ lastError }) => lastError === 'http_410');
    expect(answered.map(({ attempts }) => attempts)).toEqual(receiver.got.map(() => 1));
    const disabled = await webhooks.find(id);
    if (disabled === undefined) throw new Error('gone');
    expect(await webhooks.test(disabled)).toEqual({
      delivered: false,
      error: 'http_410',
      httpStatus: 410,
      enabledAgain: false,
    });
    receiver.react = () => 200;
    expect(await webhooks.test(disabled)).toEqual({ delivered: true, httpStatus: 200, enabledAgain: true });
    expect(await webhooks.redeliver(id)).toBe(2);
    await clock.advance(second);
    await until(() => of(receiver.got, 'ben').at(-1) === 'account.created' && receiver.got.length >= got + 4);
    expect((await webhooks.find(id))?.disabledAt).toBeUndefined();
  });

  it('gets each delivery from one process at a time, also where two deliver', async () => {
    const { endpoint, make, run, until, clock, storage } = await aDeliveryWorld();
    const receiver = await aReceiver(() => 200);
    const { id } = await endpoint(receiver.url);
    for (let person = 0; person < 40; person++) await make(`person ${person}`);
    run();
    run();
    await until(async () => (await storage.webhookDeliveries.count(id)).waiting === 0);
    await clock.advance(hour);
    expect(receiver.got).toHaveLength(40);
    expect(new Set(receiver.got.map((got) => got.id)).size).toBe(40);
  });

  it('gets what another process had taken and left once its lease ends, and not before', async () => {
    const { endpoint, make, run, until, clock, storage } = await aDeliveryWorld();
    const receiver = await aReceiver(() => 200);
    const { id } = await endpoint(receiver.url);
    await make('ada');
    const lease = { holder: 'killed', now: clock.now(), until: clock.now() + 30 * second };
    const [taken] = await storage.webhookDeliveries.claim(id, lease, 1);
    run();
    await clock.advance(29 * second);
    expect(receiver.got).toEqual([]);
    await clock.advance(2 * second);
    await until(async () => (await storage.webhookDeliveries.count(id)).waiting === 0);
    expect(receiver.got).toHaveLength(1);
    // A late word of the former holder changes nothing.
    expect(taken && (await storage.webhookDeliveries.delivered(taken, 'killed'))).toBe(false);
  });

  it('gets no event of another realm, and none once it is removed', async () => {
    const { endpoint, make, run, storage, webhooks, clock } = await aDeliveryWorld();
    const receiver = await aReceiver(() => 200);
    const { id } = await endpoint(receiver.url);
    await storage.accounts.getOrCreate({ realm: 'another', identifier: 'ada' });
    await make('ada');
    expect(await webhooks.remove(id)).toBe(true);
    run();
    await clock.advance(hour);
    expect(receiver.got).toEqual([]);
    expect(await webhooks.remove(id)).toBe(false);
  });
});
