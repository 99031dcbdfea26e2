// What doctor finds of the connections: each with its client and who uses it, what keeps Google from returning people to
// it, and accounts whose connection is not there.
import type { Config } from '../../config/config.ts';
import type { FoundConnection, Storage } from '../../storage/index.ts';
import { connectionWarnings } from '../connection-warnings.ts';
import { type Finding, finding } from './finding.ts';

const callbackOf = ({ publicUrl }: Config): string => `${publicUrl.origin}/oauth/callback`;

const connectionFinding = async (storage: Storage, config: Config, found: FoundConnection): Promise<Finding> => {
  const { name, clientId, kind, capabilities } = found;
  const { accounts } = await storage.connections.use(name);
  const what = kind === 'web' ? `a Web application: register ${callbackOf(config)}` : 'a Desktop app';
  const allowed = capabilities === undefined ? '' : `; asks for ${capabilities.join(', ')} alone`;
  return finding('untried', `Connection ${name}: OAuth client ${clientId}, ${what}${allowed}; accounts: ${accounts}`);
};

/** Accounts that name a connection which is not there, or which somebody else wrote. */
const missingFindings = async ({ connections }: Storage, known: readonly string[]): Promise<Finding[]> => {
  const missing = (await connections.ofAccounts()).filter((name) => !known.includes(name));
  const findings: Finding[] = [];
  for (const name of missing) {
    const { accounts } = await connections.use(name);
    findings.push(
      finding(
        'fault',
        `The connection ${name} of ${accounts} accounts is missing or does not count: none of them works. Restore a backup, or add the same OAuth client under this name: postern connections add ${name} --credentials-file FILE`,
      ),
    );
  }
  return findings;
};

export const connectionFindings = async (storage: Storage, config: Config): Promise<Finding[]> => {
  const found = await storage.connections.list();
  const findings: Finding[] = [];
  for (const each of found)
    findings.push(
      await connectionFinding(storage, config, each),
      ...connectionWarnings(each, config).map((warning) => finding('warning', warning)),
    );
  const names = found.map(({ name }) => name);
  return [...findings, ...(await missingFindings(storage, names))];
};
