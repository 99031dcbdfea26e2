// Where Postern is reached: what people and clients see, and what HTTP or the loopback listens on. Opens no socket.

import { isLoopbackHost } from '../lib/loopback-host.ts';
import { type EnvironmentReader, hostSchema, networksSchema, portSchema, urlSchema } from './environment.ts';
import type { GoogleClient } from './google.ts';

export interface Listening {
  /** What people and clients see of an HTTP Postern; without a path. */
  readonly publicUrl: URL;
  readonly host: string;
  /** Undefined unless set: then http takes `defaultHttpPort`, and the loopback of stdio a free port. */
  readonly port: number | undefined;
  /** IP addresses and networks of proxies whose forwarding headers say where a request comes from. */
  readonly trustedProxies: readonly string[];
}

export interface ListeningOptions {
  readonly transport: 'stdio' | 'http' | 'cli';
  /** http only: a public URL without TLS is allowed, and warned about. */
  readonly insecureHttp?: boolean;
}

export const defaultHttpPort = 8080;

const publicUrlSchema = urlSchema.refine((url) => url.pathname === '/', 'must not contain a path');

const ownUrl = (host: string, port: number): URL => {
  const name = isLoopbackHost(host) ? host : 'localhost';
  return new URL(`http://${name.includes(':') ? `[${name}]` : name}:${port}`);
};

/** Off this machine, plain http would show keys and links to whoever listens on the way. */
const checkScheme = (reader: EnvironmentReader, url: URL, options: ListeningOptions): void => {
  if (url.protocol === 'https:' || isLoopbackHost(url.hostname)) return;
  if (options.transport === 'http' && options.insecureHttp !== true) {
    reader.fault(
      'POSTERN_PUBLIC_URL',
      `is ${url.origin}, where keys, links and mail would travel in the clear`,
      `Put a proxy that speaks TLS in front and use https://${url.hostname}, or start with --insecure-http where nobody else is on the network.`,
    );
    return;
  }
  reader.warnings.push(
    'POSTERN_PUBLIC_URL is not https: keys and links travel in the clear, and Google refuses such a redirect URI.',
  );
};

export const readListening = (reader: EnvironmentReader, options: ListeningOptions): Listening => {
  const host = reader.parsed('POSTERN_HOST', hostSchema, 'Use an address such as 127.0.0.1 or 0.0.0.0.') ?? '127.0.0.1';
  const port = reader.parsed('POSTERN_PORT', portSchema, 'Use a number from 1 to 65535.');
  const trustedProxies =
    reader.parsed('POSTERN_TRUSTED_PROXIES', networksSchema, 'Separate addresses such as 10.0.0.0/8 with commas.') ??
    [];
  const given = reader.parsed(
    'POSTERN_PUBLIC_URL',
    publicUrlSchema,
    'Use the address people see, such as https://postern.example.com.',
  );
  const publicUrl = given ?? ownUrl(host, port ?? defaultHttpPort);
  checkScheme(reader, publicUrl, options);
  if (given === undefined && !isLoopbackHost(host)) {
    reader.warnings.push(
      `POSTERN_HOST is ${host}, but POSTERN_PUBLIC_URL is not set: links will say ${publicUrl.origin}.`,
    );
  }
  return { host, port, trustedProxies, publicUrl };
};

/**
 * What keeps Google from returning people to a public URL: a "Desktop app" client off this machine, or an address that is
 * not among those which the console's file listed.
 */
export const redirectFault = (
  client: Pick<GoogleClient, 'kind' | 'redirectUris'>,
  { origin, hostname }: Pick<URL, 'origin' | 'hostname'>,
): 'desktop' | 'not_registered' | undefined => {
  if (client.kind === 'desktop') return isLoopbackHost(hostname) ? undefined : 'desktop';
  return (client.redirectUris?.includes(`${origin}/oauth/callback`) ?? true) ? undefined : 'not_registered';
};

/** A client that cannot work where it is to be used is refused at start, not at the first person's consent. */
export const checkClient = (
  reader: EnvironmentReader,
  transport: 'stdio' | 'http' | 'cli',
  client: GoogleClient,
  listening: Listening,
): void => {
  if (transport === 'stdio' && client.kind === 'web' && reader.text('POSTERN_PORT') === undefined) {
    reader.fault(
      'POSTERN_PORT',
      'is not set, but a "Web application" client can only return to an address registered before',
      'Set POSTERN_PORT=8080 and register http://127.0.0.1:8080/oauth/callback, or use a "Desktop app" client.',
    );
  }
  const { origin } = listening.publicUrl;
  const returnsTo = transport === 'http' ? origin : `http://127.0.0.1:${listening.port ?? defaultHttpPort}`;
  const isRegistered = client.redirectUris?.includes(`${returnsTo}/oauth/callback`) ?? true;
  if (transport !== 'cli' && client.kind === 'web' && !isRegistered)
    reader.warnings.push(
      `GOOGLE_CREDENTIALS_FILE does not list ${returnsTo}/oauth/callback among its redirect URIs: unless you registered it since, Google refuses everybody (redirect_uri_mismatch). Register it in the Google Cloud console.`,
    );
  if (transport === 'http' && redirectFault(client, listening.publicUrl) === 'desktop') {
    reader.fault(
      'GOOGLE_CREDENTIALS_FILE',
      `is a "Desktop app" client, which Google only lets return to this machine, not to ${origin}`,
      `Create a "Web application" client with the redirect URI ${origin}/oauth/callback.`,
    );
  }
};
