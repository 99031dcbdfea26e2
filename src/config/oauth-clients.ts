// OAuth clients that the operator registered in a file, for apps that neither publish a metadata document nor register
// themselves. Checks their form; what they may do is not known here.
import { z } from 'zod';
import { PathError, readSettingsFile } from '../lib/checked-paths.ts';
import { readRedirectUri } from '../model/redirect-uri.ts';
import type { EnvironmentReader } from './environment.ts';

/** An OAuth client that the operator registered in a file. Without a secret it is a public one. */
export interface PreregisteredClient {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
}

/** The operator knows their apps, and so may use a scheme that is unknown here; not one that leads to nobody's app. */
const isRedirectUri = (text: string): boolean => readRedirectUri(text).kind !== 'refused';

const clientsFile = z
  .array(
    z.strictObject({
      client_id: z.string().min(1).max(200),
      client_secret: z.exactOptional(z.string().min(16)),
      client_name: z.string().min(1).max(100),
      redirect_uris: z.array(z.string().refine(isRedirectUri)).min(1),
    }),
  )
  .refine(
    (clients) => new Set(clients.map((client) => client.client_id)).size === clients.length,
    'names a client twice',
  );

const faultOfClients = (error: unknown): string => {
  if (error instanceof PathError) return `names a file that cannot be read: ${error.message}`;
  const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
  if (issue === undefined) return 'names a file that cannot be read as JSON';
  if (issue.code === 'custom' && issue.path.length === 0) return issue.message;
  return issue.path.length === 0
    ? 'is not a list of clients'
    : `is not a list of clients (look at ${issue.path.join('.')})`;
};

/** @param path `POSTERN_OAUTH_CLIENTS_FILE`, expanded. Faults are recorded and leave the list empty. */
export const readClients = (reader: EnvironmentReader, path: string | undefined): PreregisteredClient[] => {
  if (path === undefined) return [];
  const variable = 'POSTERN_OAUTH_CLIENTS_FILE';
  const fix = 'Write [{"client_id": "…", "client_name": "…", "redirect_uris": ["https://…"]}] into it.';
  try {
    const clients = clientsFile.parse(JSON.parse(readSettingsFile(path))).map((client) => ({
      clientId: client.client_id,
      name: client.client_name,
      redirectUris: client.redirect_uris,
      ...(client.client_secret === undefined ? {} : { clientSecret: client.client_secret }),
    }));
    for (const { clientId, redirectUris } of clients)
      for (const uri of redirectUris.filter((each) => readRedirectUri(each).kind === 'unknown_app'))
        reader.warnings.push(
          `POSTERN_OAUTH_CLIENTS_FILE sends answers of ${JSON.stringify(clientId)} to ${JSON.stringify(uri)}: no agent is known under that scheme, and any program may take it. Make sure that it is an app's, not a browser's.`,
        );
    return clients;
  } catch (error) {
    reader.fault(variable, faultOfClients(error), fix);
    return [];
  }
};
