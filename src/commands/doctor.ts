// `postern doctor`: what is configured, what is wrong, what to do. Changes nothing and contacts nobody.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { refreshTokenWarning } from '../accounts/index.ts';
import { type Config, defaultHttpPort, type Environment, type Fault, readConfig } from '../config.ts';
import type { Account } from '../model/account.ts';
import { accountKeyText } from '../model/account-key.ts';
import { systemClock } from '../model/clock.ts';
import { createSealer, openStorage, StorageError } from '../storage/index.ts';
import { CommandError } from './command-error.ts';
import { type Finding, finding } from './doctor/finding.ts';
import { aboutRows } from './doctor/refused-rows.ts';
import { aboutSignIn } from './doctor/sign-in.ts';
import { aboutTokenEndpoint } from './doctor/token-endpoint.ts';
import { faultLine } from './settings.ts';
import { plain, say, sayJson } from './terminal.ts';

/** A laptop without a key is no fault: the key is made at the first start. A stand-in lets the rest be read. */
const read = (): { config?: Config; faults: readonly Fault[]; keyMissing: boolean } => {
  const attempt = (environment: Environment) => readConfig(environment, { transport: 'cli', generateKey: false });
  const first = attempt(process.env);
  if (first.ok) return { config: first.config, faults: [], keyMissing: false };
  const keyMissing = first.faults.some(
    ({ variable, problem }) => `${variable} ${problem}` === 'POSTERN_ENCRYPTION_KEY is not set',
  );
  if (!keyMissing) return { faults: first.faults, keyMissing };
  const second = attempt({ ...process.env, POSTERN_ENCRYPTION_KEY: randomBytes(32).toString('base64') });
  return second.ok ? { config: second.config, faults: [], keyMissing } : { faults: second.faults, keyMissing };
};

/** Only the console's file says of which kind the client is; the two variables do not. */
const saysItsKind = (environment: Environment): boolean => (environment.GOOGLE_CREDENTIALS_FILE ?? '').trim() !== '';

const aboutClient = (config: Config): Finding[] => {
  const { client, overridden } = config.google;
  const { port = defaultHttpPort } = config;
  const httpRedirect = `${config.publicUrl.origin}/oauth/callback`;
  const registered = client.redirectUris;
  const onHttp = `register ${httpRedirect}`;
  const onStdio = `set POSTERN_PORT=${port} and register http://127.0.0.1:${port}/oauth/callback`;
  const redirects = saysItsKind(process.env)
    ? client.kind === 'desktop'
      ? `a Desktop app: nothing to register for stdio; http needs a Web application with ${httpRedirect}, except on this machine`
      : `a Web application: for http ${onHttp}; for stdio ${onStdio}`
    : `a Desktop app has nothing to register for stdio; with a Web application, for http ${onHttp}; for stdio ${onStdio}`;
  return [
    finding('ok', `OAuth client ${client.id}, ${redirects}`),
    ...(client.kind === 'web' && registered !== undefined && !registered.includes(httpRedirect)
      ? [
          finding(
            'warning',
            `${httpRedirect} is not among the redirect URIs in GOOGLE_CREDENTIALS_FILE; register it before using http.`,
          ),
        ]
      : []),
    ...overridden.map(({ variable, url }) => finding('warning', `${variable} points away from Google, to ${url}`)),
  ];
};

const aboutKey = (config: Config, keyMissing: boolean): Finding => {
  if (keyMissing) {
    return finding(
      'warning',
      'Sealing key: none yet. stdio makes one at its first start; http needs POSTERN_ENCRYPTION_KEY or --generate-key.',
    );
  }
  const from = config.keys.source === 'file' ? `the folder ${config.configFolder}` : 'POSTERN_ENCRYPTION_KEY';
  return finding('ok', `Sealing key: from ${from}; retired keys: ${config.keys.retired.length}`);
};

/** Google counts for the Google account: several accounts here that use one have one warning. */
const aboutCrowdedMailboxes = (accounts: readonly Account[]): Finding[] => {
  const mailboxes = new Map<string, Account[]>();
  for (const account of accounts) {
    const mailbox = account.google?.sub ?? accountKeyText(account.key);
    mailboxes.set(mailbox, [...(mailboxes.get(mailbox) ?? []), account]);
  }
  return [...mailboxes.values()].map((sharing) => {
    const names = sharing.map(({ key }) => `${key.identifier} (realm ${key.realm})`).join(', ');
    const issued = Math.max(...sharing.map(({ refreshTokensIssued = 0 }) => refreshTokensIssued));
    return finding(
      'warning',
      `${names}: Google gave ${issued} refresh tokens for this mailbox and ends the oldest beyond 100. Remove accounts that nobody needs.`,
    );
  });
};

const aboutDatabase = async (config: Config): Promise<Finding[]> => {
  const path = config.databasePath;
  if (!existsSync(path)) return [finding('ok', `Database: ${path}, made at the first start`)];
  const sealer = createSealer(config.keys, randomBytes);
  try {
    const storage = await openStorage({ path, sealer, clock: systemClock, random: randomBytes });
    try {
      const counts = await storage.operations.countsByStatus();
      const keys = (await storage.apiKeys.list()).filter((key) => key.revokedAt === undefined);
      const crowded = await storage.operations.manyRefreshTokens(refreshTokenWarning);
      const weak = keys.filter((key) => key.unverifiedLinks);
      return [
        finding(
          'ok',
          `Database: ${path}; accounts: ${counts.ACTIVE} active, ${counts.PENDING} pending, ${counts.REVOKED} revoked`,
        ),
        finding('ok', `API keys: ${keys.length}`),
        ...(await aboutRows(storage)),
        ...aboutCrowdedMailboxes(crowded),
        ...(await aboutTokenEndpoint(storage, config)),
        ...weak.map((key) =>
          finding(
            'warning',
            `API key ${key.id}${key.label ? ` (${key.label})` : ''} has --unverified-links, which is weaker: whoever opens its links may complete them.`,
          ),
        ),
      ];
    } finally {
      await storage.close();
    }
  } catch (error) {
    if (error instanceof StorageError) return [finding('fault', error.message)];
    throw error;
  }
};

/** Prints what it found; exit code 2 when the configuration is wrong, 1 when the database cannot be used. */
export const doctor = async (options: { json?: boolean }): Promise<void> => {
  const { config, faults, keyMissing } = read();
  const findings = [
    finding('ok', `Node ${process.versions.node} (${process.execPath})`),
    ...faults.map((fault) => finding('fault', faultLine(fault))),
    ...(config === undefined
      ? []
      : [
          ...aboutClient(config),
          ...aboutSignIn(config),
          aboutKey(config, keyMissing),
          ...(await aboutDatabase(config)),
          finding('ok', `Tools: ${config.tools.join(', ')}`),
          ...config.warnings.map((warning) => finding('warning', warning)),
        ]),
  ];
  if (options.json) sayJson(findings);
  else
    for (const { verdict, text } of findings) say(`${{ ok: '✓', warning: '!', fault: '✗' }[verdict]} ${plain(text)}`);
  if (faults.length > 0) throw new CommandError('The configuration has to be corrected first.', { exitCode: 2 });
  if (findings.some(({ verdict }) => verdict === 'fault')) throw new CommandError('Postern cannot run like this.');
};
