// The scene in which nobody hands out a key: an app that knows only the address registers itself, the person signs in
// with Google, and the first call has mail.
import type { Client } from '@modelcontextprotocol/client';
import { plain, say } from '../terminal.ts';
import { connectSigningIn } from './mcp-clients.ts';
import { openRemoteApp, type RemoteApp } from './remote-app.ts';
import { walkForReader } from './walk-for-reader.ts';

const lead = async (app: RemoteApp, url: string, email: string, interactive: boolean): Promise<void> => {
  say('  Postern answered 401 and where to sign in. The app went there and registered itself; nobody had to know it:');
  say(`    client_id ${app.clientInformation()?.client_id ?? ''}`);
  if (!interactive) return walkForReader(url, email);
  say(`  Open it, go on, and approve as ${plain(email)}; the app waits for your browser to come back:\n\n    ${url}\n`);
};

/**
 * Signs a person in from an app, and lets it make its first call.
 * @param interactive the reader clicks through the pages; the app waits for their browser
 * @param firstCall what the app does with its token, at once
 * @throws CommandError where nobody was signed in
 */
export const signInFromApp = async (
  origin: string,
  email: string,
  { interactive, firstCall }: { interactive: boolean; firstCall: (client: Client) => Promise<void> },
): Promise<void> => {
  say(`  The app knows nothing but ${new URL('/mcp', origin)}`);
  const app = await openRemoteApp('Demo app');
  try {
    const client = await connectSigningIn(origin, app, (url) => lead(app, url, email, interactive));
    const { expires_in: lifetime, scope } = app.tokens() ?? {};
    say(`  The app got a token of Postern's for ${lifetime} seconds (${scope}) and one to renew it; none of Google's.`);
    await firstCall(client);
    await client.close();
  } finally {
    await app.close();
  }
};
