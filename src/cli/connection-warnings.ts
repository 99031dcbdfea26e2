// What is wrong with a connection where it is served, as far as its row and the settings say: for the log at start, and for
// doctor. Asks nobody.
import type { Config } from '../config/config.ts';
import { redirectFault } from '../config/listening.ts';
import type { ConnectionRecord } from '../storage/index.ts';

export const connectionWarnings = (
  connection: ConnectionRecord,
  { google, publicUrl }: Pick<Config, 'google' | 'publicUrl'>,
): string[] => {
  const { name, clientId } = connection;
  const callback = `${publicUrl.origin}/oauth/callback`;
  const redirects = {
    desktop: `The connection ${name} has a "Desktop app" client, which Google only lets return to this machine, not to ${publicUrl.origin}: create a "Web application" client with the redirect URI ${callback} and add it under another name.`,
    not_registered: `The file of the connection ${name} did not list ${callback} among its redirect URIs: unless you registered it since, Google refuses everybody (redirect_uri_mismatch). Register it in the Google Cloud console.`,
  } as const;
  const fault = redirectFault(connection, publicUrl);
  return [
    ...(fault === undefined ? [] : [redirects[fault]]),
    ...(clientId === google.client.id
      ? [`The connection ${name} has the same OAuth client as the environment: one of the two is of no use.`]
      : []),
  ];
};
