// What the routes of pages are given.
import type { Logger } from 'pino';
import type { AuthorizationServer } from '../../authorization-server/index.ts';
import type { Connection, LinkOutcome, SignInProvider } from '../../connect/accounts.ts';
import type { RandomBytes } from '../../lib/clock.ts';

export type { ConsentDetails, Denial, Redirect } from '../../authorization-server/index.ts';

/** The authorization server as these pages see it. */
export type SignInServer = Pick<AuthorizationServer, 'consentDetails' | 'approve' | 'deny'>;

export interface ConnectRoutesOptions {
  readonly connection: Connection;
  /** Where people sign in, each for a realm; none on the loopback. */
  readonly signIns?: readonly SignInProvider[];
  /** What is told how the sign-in of an MCP client ended. */
  readonly authorizationServer?: SignInServer;
  /** Where these routes are reached, as the browser sees it; decides whether cookies are `Secure`. */
  readonly origin: () => string;
  readonly random: RandomBytes;
  readonly log: Logger;
  /** Told how each callback of a link ended. */
  readonly finished?: (finish: LinkOutcome) => void;
}
