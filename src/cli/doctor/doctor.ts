// `postern doctor`: what is configured, what is wrong, what to do. A tick means that it was tried. Changes nothing; only
// with `--online` does it ask anybody.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { compose } from '../../compose.ts';
import { type Config, type Environment, type Fault, readConfig } from '../../config/config.ts';
import { systemClock } from '../../lib/clock.ts';
import { createOutsideFetch } from '../../lib/outside-fetch.ts';
import { toolNames } from '../../mcp/tools/index.ts';
import { databaseName } from '../../model/database-location.ts';
import { createGoogleOAuth } from '../../oauth/google-oauth.ts';
import type { OAuthClient } from '../../oauth/token-client.ts';
import { createLogger } from '../log.ts';
import { faultLine } from '../settings.ts';
import { CommandError, plain, printJson, printLine, printNote } from '../terminal.ts';
import { clientFindings, folderFindings, signInFindings } from './configuration.ts';
import { databaseFindings } from './database.ts';
import { type Finding, finding, type Verdict } from './finding.ts';
import { tryApis, tryClient, tryConnections, tryIssuer } from './online.ts';

/** A laptop without a key is no fault: the key is made at the first start. A stand-in lets the rest be read. */
const readSettings = (): { config?: Config; faults: readonly Fault[]; keyMissing: boolean } => {
  const attempt = (environment: Environment) =>
    readConfig(environment, { transport: 'cli', generateKey: false, toolNames });
  const first = attempt(process.env);
  if (first.ok) return { config: first.config, faults: [], keyMissing: false };
  const keyMissing = first.faults.some(
    ({ variable, problem }) => `${variable} ${problem}` === 'POSTERN_ENCRYPTION_KEY is not set',
  );
  if (!keyMissing) return { faults: first.faults, keyMissing };
  const second = attempt({ ...process.env, POSTERN_ENCRYPTION_KEY: randomBytes(32).toString('base64') });
  return second.ok ? { config: second.config, faults: [], keyMissing } : { faults: second.faults, keyMissing };
};

const keyFinding = (config: Config, keyMissing: boolean, tried: boolean): Finding => {
  if (keyMissing) {
    return finding(
      'warning',
      'Sealing key: none yet. stdio makes one at its first start; http needs POSTERN_ENCRYPTION_KEY or --generate-key.',
    );
  }
  const from = config.keys.source === 'file' ? `the folder ${config.configFolder}` : 'POSTERN_ENCRYPTION_KEY';
  return finding(tried ? 'ok' : 'untried', `Sealing key: from ${from}; retired keys: ${config.keys.retired.length}`);
};

const isFault = ({ verdict }: Finding): boolean => verdict === 'fault';

/** Findings that need requests to others; the APIs can only be tried with a grant of the database. */
const onlineFindings = async (config: Config, hasDatabase: boolean) => {
  const { client, ...endpoints } = config.google;
  const oauthFor = (of: OAuthClient) =>
    createGoogleOAuth({ client: of, endpoints, fetch, clock: systemClock, random: randomBytes });
  const { issuer } = config.signIn;
  const trusting = (origin: string) => createOutsideFetch({ clock: systemClock, trustedOrigin: origin });
  const apis = async (): Promise<Finding[]> => {
    if (!hasDatabase)
      return [
        finding('untried', 'Gmail API and People API: whether they are enabled shows once somebody is connected'),
      ];
    const log = createLogger();
    log.level = 'silent';
    const postern = await compose(config, { transport: 'cli', log, linkOrigin: async () => config.publicUrl.origin });
    try {
      return [...(await tryApis(postern)), ...(await tryConnections(config, postern, oauthFor))];
    } finally {
      await postern.close();
    }
  };
  return {
    client: [await tryClient(config, oauthFor(client)), ...(await apis())],
    issuer: issuer === undefined ? [] : [await tryIssuer(issuer, trusting(new URL(issuer.url).origin))],
  };
};

const examine = async (config: Config, keyMissing: boolean, online: boolean): Promise<Finding[]> => {
  const folders = folderFindings(config);
  const hasDatabase = config.database.engine !== 'sqlite' || existsSync(config.database.path);
  const database = hasDatabase
    ? await databaseFindings(config)
    : [finding('untried', `Database: ${databaseName(config.database)}, made at the first start`)];
  const usable = hasDatabase && !keyMissing && !database.some(isFault);
  const tried = online ? await onlineFindings(config, usable) : { client: [], issuer: [] };
  return [
    ...clientFindings(config, process.env, tried.client),
    ...signInFindings(config),
    ...tried.issuer,
    keyFinding(config, keyMissing, usable),
    ...folders,
    ...database,
    finding('ok', `Tools: ${config.tools.join(', ')}`),
    ...config.warnings.map((warning) => finding('warning', warning)),
  ];
};

const marks: Readonly<Record<Verdict, string>> = { ok: '✓', untried: '·', warning: '!', fault: '✗' };

/** Prints what it found; exit code 2 when the configuration is wrong, 1 when something cannot work. */
export const doctor = async (options: { json?: boolean; online?: boolean }): Promise<void> => {
  const { config, faults, keyMissing } = readSettings();
  const findings = [
    finding('ok', `Node ${process.versions.node} (${process.execPath})`),
    ...faults.map((fault) => finding('fault', faultLine(fault))),
    ...(config === undefined ? [] : await examine(config, keyMissing, options.online === true)),
  ];
  if (options.json) printJson(findings);
  else for (const { verdict, text } of findings) printLine(`${marks[verdict]} ${plain(text)}`);
  if (options.json !== true && options.online !== true && findings.some(({ verdict }) => verdict === 'untried'))
    printNote('· was not tried. `postern doctor --online` asks Google, and your issuer.');
  if (faults.length > 0) throw new CommandError('The configuration has to be corrected first.', { exitCode: 2 });
  if (findings.some(isFault)) throw new CommandError('Postern cannot run like this.');
};
