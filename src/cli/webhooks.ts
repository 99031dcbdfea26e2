// `postern webhooks`: where events are sent. Runs beside a running `http`, which delivers what is written here. A secret goes
// to stdout once; it is sealed in the database and not shown again.
import { randomBytes } from 'node:crypto';
import {
  deadLetterJson,
  eventList,
  newWebhookJson,
  overlapText,
  redeliveredJson,
  rotatedJson,
  testedJson,
  webhookJson,
} from '../http/api/webhook-schemas.ts';
import { createOutsideFetch } from '../lib/outside-fetch.ts';
import { type CountedEndpoint, createWebhooks, type Tested, type Webhooks } from '../webhooks/endpoints.ts';
import { parseRealm } from './accounts/options.ts';
import { forHttp, withStorage } from './settings.ts';
import { CommandError, printJson, printLine, printNote, printTable, shortTime } from './terminal.ts';

const withWebhooks = (use: (webhooks: Webhooks) => Promise<void>): Promise<void> =>
  withStorage(
    ({ storage }) =>
      use(
        createWebhooks({
          storage,
          outside: (trustedOrigin, bodies) => createOutsideFetch({ clock: storage.clock, trustedOrigin, bodies }),
          clock: storage.clock,
          random: randomBytes,
        }),
      ),
    forHttp,
  );

const noSuchEndpoint = (): CommandError =>
  new CommandError('There is no such webhook endpoint.', { fix: 'See: postern webhooks list' });

const found = async (webhooks: Webhooks, id: string): Promise<CountedEndpoint> => {
  const endpoint = await webhooks.find(id);
  if (endpoint === undefined) throw noSuchEndpoint();
  return endpoint;
};

export interface AddOptions {
  readonly realm: string;
  readonly events?: string;
  readonly allowPrivate?: boolean;
  readonly json?: boolean;
}

const parseEvents = (text: string | undefined) => {
  if (text === undefined) return undefined;
  const parsed = eventList.safeParse(text.split(',').map((name) => name.trim()));
  if (parsed.success) return parsed.data;
  throw new CommandError(`--events ${parsed.error.issues[0]?.message ?? 'is not valid'}.`, { exitCode: 2 });
};

export const add = (url: string, options: AddOptions): Promise<void> => {
  const events = parseEvents(options.events);
  const realm = parseRealm(options.realm);
  return withWebhooks(async (webhooks) => {
    const added = await webhooks.add({ realm, url, events, allowPrivate: options.allowPrivate === true });
    switch (added.kind) {
      case 'url_refused':
        throw new CommandError(`The URL ${added.because}.`, {
          fix: added.unlessPrivate ? 'An address of your own network is allowed with --allow-private.' : undefined,
          exitCode: 2,
        });
      case 'too_many':
        throw new CommandError(`The realm ${realm} has ${added.most} endpoints already.`, {
          fix: 'Remove one with: postern webhooks remove ID',
        });
      case 'added':
        if (options.json) printJson(newWebhookJson({ ...added.endpoint, waiting: 0, dead: 0 }, added.secret));
        else printLine(added.secret);
        printNote(`Added ${added.endpoint.id} (realm ${realm}). This is the only time its secret is shown.`);
        printNote(`Try it with: postern webhooks test ${added.endpoint.id}`);
    }
  });
};

const listDead = async (webhooks: Webhooks, endpoints: readonly CountedEndpoint[], json: boolean): Promise<void> => {
  const letters = (
    await Promise.all(endpoints.map(async ({ id, dead }) => (dead === 0 ? [] : webhooks.deadLetters(id, dead))))
  ).flat();
  if (json) return printJson(letters.map((letter) => ({ webhook_id: letter.endpointId, ...deadLetterJson(letter) })));
  if (letters.length === 0) return printNote('No dead letter.');
  printTable(
    ['ENDPOINT', 'EVENT', 'TYPE', 'REALM', 'PERSON', 'WRITTEN', 'DEAD SINCE', 'ATTEMPTS', 'LAST ERROR'],
    letters.map((letter) => [
      letter.endpointId,
      letter.eventId,
      letter.type,
      letter.key.realm,
      letter.key.identifier,
      shortTime(letter.createdAt),
      shortTime(letter.deadAt),
      String(letter.attempts),
      letter.lastError,
    ]),
  );
};

export interface ListOptions {
  readonly realm?: string;
  readonly dead?: boolean;
  readonly json?: boolean;
}

/** Prints every endpoint, or the events that none of them took. */
export const list = (options: ListOptions): Promise<void> => {
  const realm = options.realm === undefined ? undefined : parseRealm(options.realm);
  return withWebhooks(async (webhooks) => {
    const endpoints = await webhooks.list(realm);
    if (options.dead) return listDead(webhooks, endpoints, options.json === true);
    if (options.json) return printJson(endpoints.map(webhookJson));
    if (endpoints.length === 0) return printNote('No endpoint yet. Add one with: postern webhooks add URL');
    printTable(
      ['ID', 'REALM', 'URL', 'EVENTS', 'MADE', 'WAITING', 'DEAD', 'DISABLED'],
      endpoints.map((endpoint) => [
        endpoint.id,
        endpoint.realm,
        endpoint.url,
        endpoint.events?.join(',') ?? 'all',
        shortTime(endpoint.createdAt),
        String(endpoint.waiting),
        String(endpoint.dead),
        endpoint.disabledAt === undefined ? '–' : `${shortTime(endpoint.disabledAt)} (${endpoint.disabledBecause})`,
      ]),
    );
  });
};

export const remove = (id: string): Promise<void> =>
  withWebhooks(async (webhooks) => {
    if (!(await webhooks.remove(id))) throw noSuchEndpoint();
    printLine(`Removed ${id}, and what waited for it.`);
  });

const remedy = (id: string, { error }: Tested): string =>
  error === 'address_not_public'
    ? `Where its address is of your own network, replace it: postern webhooks remove ${id}, then add it with --allow-private.`
    : 'It has to answer a POST with 200–299 within 10 seconds.';

/** Sends `webhook.test` now; exit code 1 where the endpoint does not take it. */
export const test = (id: string, options: { json?: boolean }): Promise<void> =>
  withWebhooks(async (webhooks) => {
    const tested = await webhooks.test(await found(webhooks, id));
    if (options.json) printJson(testedJson(tested));
    if (!tested.delivered)
      throw new CommandError(`The endpoint did not take the event: ${tested.error}.`, { fix: remedy(id, tested) });
    if (!options.json) printLine(`Delivered: the endpoint answered ${tested.httpStatus}.`);
    if (tested.enabledAgain) printNote('It was disabled, and is enabled again.');
  });

/** Sends dead letters again, behind what waits: all of an endpoint, or one. */
export const redeliver = (id: string, options: { event?: string; json?: boolean }): Promise<void> =>
  withWebhooks(async (webhooks) => {
    const endpoint = await found(webhooks, id);
    if (endpoint.disabledAt !== undefined)
      throw new CommandError('The endpoint is disabled.', { fix: `Enable it with: postern webhooks test ${id}` });
    const redelivered = await webhooks.redeliver(id, options.event);
    if (options.event !== undefined && redelivered === 0)
      throw new CommandError('The endpoint has no dead letter of this event.', {
        fix: 'See: postern webhooks list --dead',
      });
    if (options.json) return printJson(redeliveredJson(redelivered));
    if (redelivered === 0) return printNote('No dead letter.');
    printLine(`${redelivered} ${redelivered === 1 ? 'event is' : 'events are'} sent again.`);
  });

/** A new secret, shown once; for a day both sign. */
export const rotateSecret = (id: string, options: { json?: boolean }): Promise<void> =>
  withWebhooks(async (webhooks) => {
    const rotated = await webhooks.rotateSecret(id);
    if (rotated === undefined) throw noSuchEndpoint();
    if (options.json) printJson(rotatedJson(rotated));
    else printLine(rotated.secret);
    printNote(`The former secret signs too for ${overlapText}, until ${shortTime(rotated.formerUntil)}.`);
  });
