// Where long-lived things are made and wired together; what only HTTP needs beside is in compose-http.ts.
import { randomBytes } from 'node:crypto';
import type { McpServer } from '@modelcontextprotocol/server';
import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import type { Config, SignInSettings } from './config/config.ts';
import { createKeyReader } from './config/sealing-keys.ts';
import { type Accounts, createAccounts } from './connect/accounts.ts';
import type { GoogleServices } from './google/ports.ts';
import { createGoogleServices, probe } from './google/services.ts';
import type { Clock, RandomBytes } from './lib/clock.ts';
import type { OutsideFetch } from './lib/outside-fetch.ts';
import { type CreateLimit, limitsInMemory } from './lib/rate-limit.ts';
import { sharedLimits } from './lib/shared-rate-limit.ts';
import { callableTools } from './mcp/call-tool.ts';
import type { Tool } from './mcp/define-tool.ts';
import {
  attachmentsToFolder,
  attachmentsToUrl,
  createFetchAttachment,
  type FetchAttachment,
} from './mcp/deliver-attachment.ts';
import { createToolService, type ToolService } from './mcp/execute-tool.ts';
import { createRunnerFor } from './mcp/jobs/job-runner.ts';
import { createPool, type Pool } from './mcp/jobs/worker-pool.ts';
import { createMcpServerFactory } from './mcp/mcp-server.ts';
import { catalogue } from './mcp/tools/index.ts';
import { type AccountKey, accountKeyText } from './model/account-key.ts';
import type { Caller } from './model/caller.ts';
import { createGoogleOAuth } from './oauth/google-oauth.ts';
import { createIssuerSignIn } from './oauth/issuer-sign-in.ts';
import type { OAuthClient } from './oauth/token-client.ts';
import { createSealer, openStorage, type Sealer, type Storage } from './storage/index.ts';

/** Milliseconds one Google request may take, and one tool call in all. */
const googleTimeoutMs = 30_000;
const dayMs = 24 * 60 * 60_000;
const callDeadlineMs = 120_000;

export interface ComposeOptions {
  readonly transport: 'stdio' | 'http' | 'cli';
  readonly log: Logger;
  /** Where the connect pages are served, without a trailing slash; on stdio asking for it starts them. */
  readonly linkOrigin: () => Promise<string>;
  /** Instead of the storage's. */
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  readonly fetch?: typeof fetch;
  /** For addresses that somebody outside named, under `trustedOrigin` for the operator's own; the network's by default. */
  readonly outside?: (trustedOrigin?: string, bodies?: 'ignored') => OutsideFetch;
  /** See AccountsOptions. */
  readonly leaseMs?: number;
  /** Threads that others use too and that whoever gives them ends; else it starts its own. */
  readonly workers?: Pool;
}

export interface Postern {
  readonly storage: Storage;
  readonly accounts: Accounts;
  readonly google: GoogleServices;
  readonly mcpServer: (caller: Caller) => McpServer;
  /** The same tools for programs. */
  readonly tools: ToolService;
  readonly fetchAttachment: FetchAttachment;
  /** Whether this process can serve: the database answers. What Google thinks is no reason to take it out of service. */
  readonly ready: () => Promise<boolean>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly createLimit: CreateLimit;
  readonly outside: (trustedOrigin?: string, bodies?: 'ignored') => OutsideFetch;
  close(): Promise<void>;
}

/** How people sign in in a browser, as far as the operator set it up. */
const signInOf = ({ google, issuer }: SignInSettings, outside: Postern['outside'], clock: Clock) => ({
  ...(google === undefined ? {} : { signIn: { allowed: google.allowed } }),
  ...(issuer?.client === undefined
    ? {}
    : {
        issuer: {
          realm: issuer.realm,
          signIn: createIssuerSignIn({
            issuer: issuer.url,
            client: issuer.client,
            identifierClaim: issuer.identifierClaim,
            fetch: outside(new URL(issuer.url).origin),
            clock,
          }),
        },
      }),
});

/** Loaded at the first request: most processes send none. */
const toOutside =
  (clock: Clock, trustedOrigin: string | undefined, bodies: 'ignored' | undefined): OutsideFetch =>
  async (...request) => {
    const { createOutsideFetch } = await import('./lib/outside-fetch.ts');
    return createOutsideFetch({ clock, trustedOrigin, bodies })(...request);
  };

interface OpenOptions {
  readonly sealer: Sealer;
  readonly clock: Clock | undefined;
  readonly random: RandomBytes;
  readonly log: Logger;
  readonly nameInLog: (key: AccountKey) => string;
  readonly accountChanged: (key: AccountKey) => void;
}

/** The database of a configuration, for keys that it knows, and swept of what has expired. */
const openFor = async (
  config: Config,
  { sealer, clock, random, log, nameInLog, accountChanged }: OpenOptions,
): Promise<Storage> => {
  const storage = await openStorage({
    location: config.database,
    sealer,
    clock,
    random,
    ...(config.retentionDays === undefined ? {} : { retentionMs: config.retentionDays * dayMs }),
    accountChanged,
    signedAtUpgrade: (rows) => log.warn({ event: 'rows_signed_at_upgrade', rows }),
    refused: ({ table, cause, key: { realm, identifier } }) =>
      log.error({
        event: 'row_refused',
        table,
        cause,
        ...(table === 'accounts'
          ? { account: nameInLog({ realm: String(realm), identifier: String(identifier) }) }
          : {}),
        next: 'Run `postern doctor`: it names the row.',
      }),
  });
  try {
    await storage.demandKey();
    await storage.sealingKeys.follow();
    await storage.endCopying();
    await storage.operations.sweep(storage.clock.now());
  } catch (error) {
    await storage.close();
    throw error;
  }
  return storage;
};

/** Whether rate limits are counted by each process or by all together. */
const createLimitOf = (
  { limits }: Config,
  { storage, sealer, clock, log }: Pick<Postern, 'storage' | 'sealer' | 'clock'> & Pick<ComposeOptions, 'log'>,
): CreateLimit =>
  limits === 'memory'
    ? limitsInMemory(clock)
    : sharedLimits({
        store: storage.rateLimits,
        clock,
        hash: (text) => sealer.hmac('limit', text),
        log: (level, entry) => log[level](entry),
      });

/** What consent asks for at first, beside that, and only where a call wants it. */
const capabilitiesOf = (tools: readonly Tool[]) => ({
  requiredCapabilities: [...new Set(tools.flatMap(({ requires }) => requires))],
  optionalCapabilities: [...new Set(tools.flatMap(({ optional }) => optional))],
  stepUpCapabilities: [...new Set(tools.flatMap(({ stepUp }) => stepUp?.capabilities ?? []))],
});

/** Opens the database and wires one Postern. Throws StorageError when the database cannot be used. */
export const compose = async (config: Config, options: ComposeOptions): Promise<Postern> => {
  const { log, linkOrigin } = options;
  const random: RandomBytes = options.random ?? randomBytes;
  const send = options.fetch ?? fetch;
  const sealer = createSealer(config.keys, random, createKeyReader(config.keys));
  const nameInLog = (key: AccountKey): string => sealer.hmac('log', accountKeyText(key)).slice(0, 12);
  const { gmailRootUrl, peopleRootUrl, client, ...endpoints } = config.google;
  // Whatever is cached of an account is dropped; what another process changes, caches notice by the grant's version.
  const accountChanged = (key: AccountKey): void => google.forget(key);
  const storage = await openFor(config, { sealer, clock: options.clock, random, log, nameInLog, accountChanged });
  const { clock } = storage;
  const outside = options.outside ?? ((trustedOrigin, bodies) => toOutside(clock, trustedOrigin, bodies));
  const google = createGoogleServices({
    fetch: send,
    clock,
    random,
    gmailRootUrl,
    peopleRootUrl,
    callTimeoutMs: googleTimeoutMs,
    log: (entry) => log.warn(entry),
  });
  const createLimit = createLimitOf(config, { storage, sealer, clock, log });
  const oauthFor = (of: OAuthClient) => createGoogleOAuth({ client: of, endpoints, fetch: send, clock, random });
  const enabled = catalogue.filter(({ name }) => config.tools.includes(name));
  const accounts: Accounts = createAccounts({
    storage,
    oauth: oauthFor(client),
    oauthFor,
    clock,
    random,
    createLimit,
    ...capabilitiesOf(enabled),
    probe: (key, capability, freshToken, signal) =>
      probe(
        google.forCaller({ key, freshToken, record: (answered) => accounts.recordAnswer(key, answered), signal }),
        capability,
      ),
    linkOrigin,
    log: ({ key, level, ...entry }) =>
      log[level ?? 'info']({ ...entry, ...(key === undefined ? {} : { account: nameInLog(key) }) }),
    ...signInOf(config.signIn, outside, clock),
    leaseMs: options.leaseMs,
  });
  const workers = options.workers ?? createPool({ clock, log: (entry) => log.warn(entry) });
  const jobsFor = createRunnerFor(workers);
  const callable = callableTools(
    {
      accounts,
      google,
      jobsFor,
      deliver:
        options.transport === 'http'
          ? (caller) => attachmentsToUrl(accounts.downloads, caller.key)
          : () => attachmentsToFolder(config.downloadFolder),
      delivery: options.transport === 'http' ? 'http' : 'stdio',
      inlineLimit: config.inlineLimit,
      clock,
      log,
      callDeadlineMs,
    },
    enabled,
  );
  const mcpServer = createMcpServerFactory({ tools: callable, random, version: packageJson.version });
  const tools = createToolService(callable);
  const fetchAttachment = createFetchAttachment(accounts, google, jobsFor);
  const close = async (): Promise<void> => {
    accounts.close();
    if (workers !== options.workers) await workers.close();
    await storage.close();
  };
  return {
    storage,
    accounts,
    google,
    mcpServer,
    tools,
    fetchAttachment,
    ready: storage.ready,
    sealer,
    clock,
    random,
    createLimit,
    outside,
    close,
  };
};
