// What the sign-in pages need of the authorization server. Knows nothing of OAuth.
import type { AuthorizationServer } from '../authorization-server/index.ts';

export type { Asked, Redirect, Refused } from '../authorization-server/index.ts';

/** The authorization server as these pages see it. */
export type SignInServer = Pick<AuthorizationServer, 'asked' | 'signedIn' | 'refused'>;
