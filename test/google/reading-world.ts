// The Google services over the sandbox: one connected person with mail, and what arrived at Google.
import type { gmail_v1 } from '@googleapis/gmail';
import { type Answer, type Body, contentOf } from '@postern/mail-text/answer';
import type { CallerGoogle, Fetched, GoogleServices } from '../../src/google/ports.ts';
// Loaded before any test: loading takes real time, in which a test would turn its clock past every deadline.
import '@googleapis/gmail';
import '@googleapis/people';
import type { RecordedRequest } from '@postern/gmail-sandbox';
import {
  contactsReadonly,
  directoryReadonly,
  type GoogleWorld,
  gmailReadonly,
  googleWorld,
  otherContactsReadonly,
} from '../../packages/gmail-sandbox/test/google-world.ts';
import { createGoogleServices } from '../../src/google/services.ts';
import type { AccountKey } from '../../src/model/account-key.ts';
import { type AnsweredCapability, capabilityStates, type Refusals } from '../../src/model/capability.ts';
import type { AccessToken, FreshToken } from '../../src/model/fresh-token.ts';
import { ok, type Result } from '../../src/model/result.ts';

export const person: AccountKey = { realm: 'default', identifier: 'alex' };
const allScopes = ['openid email', gmailReadonly, contactsReadonly, directoryReadonly, otherContactsReadonly].join(' ');

/** A token of an account that is known to work, whatever Google says of it. */
export const aToken = (token: string, refusals: Refusals = {}, grantVersion = 1): Result<AccessToken> =>
  ok({ token, grantVersion, capabilities: capabilityStates(allScopes.split(' '), refusals) });

export interface ReadingWorld extends GoogleWorld {
  readonly services: GoogleServices;
  readonly google: CallerGoogle;
  readonly logged: object[];
  /** What Google's APIs answered, where that was news. */
  readonly recorded: readonly AnsweredCapability[];
  /** The API requests that arrived since the last `clearRequests`. */
  arrived(): readonly RecordedRequest[];
  /** Readers for another call of the same person. */
  call(options?: { signal?: AbortSignal; freshToken?: FreshToken }): CallerGoogle;
  /** Turns the clock until the promise is settled. */
  settled<T>(promise: Promise<T>): Promise<T>;
}

export const rfc822 = (fields: Record<string, string>, body: string): Uint8Array =>
  Buffer.from(
    `${Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n${body}`,
  );

/** @param email whose mailbox; an account of the sandbox. */
export const readingWorld = async (scope = allScopes, email = 'alex@example.com'): Promise<ReadingWorld> => {
  const world = googleWorld();
  const { sandbox, clock } = world;
  if (email !== 'alex@example.com') sandbox.addAccount({ email });
  const { access_token: token } = await world.connect({ scope, login_hint: email });
  const logged: object[] = [];
  const recorded: AnsweredCapability[] = [];
  const services = createGoogleServices({
    fetch: (input, init) => sandbox.fetch(new Request(input, init)),
    clock,
    random: (length) => new Uint8Array(length),
    gmailRootUrl: `${sandbox.origin}/`,
    peopleRootUrl: `${sandbox.origin}/`,
    callTimeoutMs: 30_000,
    log: (entry) => logged.push(entry),
  });
  const call: ReadingWorld['call'] = ({ signal = new AbortController().signal, freshToken } = {}) =>
    services.forCaller({
      key: person,
      freshToken: freshToken ?? (async () => aToken(token)),
      record: async (answered) => void recorded.push(answered),
      signal,
    });
  sandbox.clearRequests();
  return {
    ...world,
    services,
    google: call(),
    logged,
    recorded,
    call,
    arrived: () => sandbox.requests,
    settled: async (promise) => {
      let done = false;
      const end = () => {
        done = true;
      };
      promise.then(end, end);
      while (!done) await clock.advance(250);
      return promise;
    },
  };
};

/** Puts `count` short messages into the mailbox; returns their ids, newest first. */
export const fillMailbox = ({ sandbox, clock }: GoogleWorld, count: number, email = 'alex@example.com'): string[] => {
  const { mailbox } = sandbox.account(email);
  return Array.from({ length: count }, (_, index) => {
    const fields = {
      From: `Sender ${index} <sender${index}@example.org>`,
      To: 'Alex Marsh <alex@example.com>',
      Subject: `Message ${index}`,
      'Message-ID': `<m${index}@example.org>`,
    };
    const internalDate = clock.now() - (count - index) * 60_000;
    return mailbox.importMessage(rfc822(fields, `Body ${index}\r\n`), { labelIds: ['INBOX'], internalDate });
  }).reverse();
};

/** What a fetched message says. */
export const contents = async ({ answer }: Fetched): Promise<Result<gmail_v1.Schema$Message>> => ok(contentOf(answer));
/** What a fetched draft says. */
export const draftContents = async (answer: Answer<gmail_v1.Schema$Draft>): Promise<Result<gmail_v1.Schema$Draft>> =>
  ok(contentOf(answer));
/** The bytes of an attachment. */
export const bytesOf = async ({ bytes }: Body): Promise<Result<Uint8Array>> => ok(bytes);
