// What doctor says of Google's token endpoint: what every process on this database was told of the operator's client.
// Contacts nobody.

import type { Config } from '../../config/config.ts';
import { authorizationFails, refusesEverybody } from '../../connect/accounts.ts';
import type { Storage } from '../../storage/index.ts';
import { type Finding, finding } from './finding.ts';

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();
const compare = 'compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the Google Cloud console';

export const aboutTokenEndpoint = async ({ tokenEndpoint }: Storage, { google }: Config): Promise<Finding[]> => {
  const standing = await tokenEndpoint.standing({ clientId: google.client.id, tokenEndpoint: google.tokenEndpoint });
  const { googleAccounts, since, acceptedAt = 0, clientRefusedAt = 0, codeRefusedAt = 0 } = standing;
  const findings: Finding[] = [];
  if (clientRefusedAt > acceptedAt)
    findings.push(
      finding(
        'warning',
        `Google refused the OAuth client at ${time(clientRefusedAt)} (invalid_client) and gave it no token since: ${compare}. Nobody is disconnected by this.`,
      ),
    );
  if (refusesEverybody(standing) && since !== undefined) {
    const authorization = authorizationFails(standing)
      ? `it refused a new authorization too, at ${time(codeRefusedAt)}: this is an accident. Look for a change of the OAuth client, ${compare}, and GOOGLE_TOKEN_ENDPOINT`
      : 'if they really all left, one of them who connects again shows it; else look for a change of the OAuth client in the Google Cloud console';
    findings.push(
      finding(
        'warning',
        `Google refuses the stored access of ${googleAccounts} unrelated Google accounts, the first since ${time(since)}, and accepts nobody; ${authorization}. They stay connected here, and each gets a link.`,
      ),
    );
  }
  return findings;
};
