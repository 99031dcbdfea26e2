// What the authorization server writes into the log: what happened to which kind of client. Never a token, a code, an
// address or a parameter.
import type { EventEmitter } from 'node:events';
import type Provider from 'oidc-provider';
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';

/** Part of a pino logger. */
export interface AuthorizationServerLog {
  info(line: object): void;
  warn(line: object): void;
  error(line: object): void;
}

/** The host of a metadata document; otherwise clients have no name that they did not choose themselves. */
const clientOf = (client: Client | undefined): { readonly client?: string } => {
  if (client === undefined) return {};
  return { client: URL.parse(client.clientId)?.hostname || 'registered' };
};

const failures = {
  'authorization.error': 'authorization_refused',
  'grant.error': 'token_refused',
  'registration_create.error': 'registration_refused',
  'revocation.error': 'revocation_refused',
} as const;

/** Where in the code, without any message: it could repeat what somebody sent. */
const describe = (error: Error) => ({
  name: error.name,
  at: (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 5)
    .map((line) => line.trim()),
});

export const logEvents = (provider: Provider, log: AuthorizationServerLog): void => {
  const emitter: EventEmitter = provider;
  const on = (name: string, listener: (ctx: KoaContextWithOIDC, error: Error) => void) => emitter.on(name, listener);
  const client = (ctx: KoaContextWithOIDC) => clientOf(ctx.oidc?.client);
  for (const [name, event] of Object.entries(failures))
    on(name, (ctx, error) => {
      log.info({ event, error: error instanceof errors.OIDCProviderError ? error.error : 'unknown', ...client(ctx) });
    });
  on('authorization.success', (ctx) => log.info({ event: 'authorized', ...client(ctx) }));
  on('grant.success', (ctx) => {
    log.info({ event: 'tokens_made', grant_type: ctx.oidc.params?.grant_type, ...client(ctx) });
  });
  on('grant.revoked', (ctx) => log.info({ event: 'grant_ended', ...client(ctx) }));
  on('registration_create.success', () => log.info({ event: 'client_registered' }));
  const defect = (error: Error) => log.error({ event: 'authorization_server_defect', ...describe(error) });
  on('server_error', (_ctx, error) => defect(error));
  // Without a listener, Koa writes such errors to stderr itself.
  emitter.on('error', defect);
};
