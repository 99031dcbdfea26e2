// Google's OAuth with two listeners: every success says that the token endpoint is in order, and every new refresh token
// is counted towards Google's cap of 100. Changes nothing of what Google answers.
import type { GoogleOAuth } from '../oauth/google-oauth.ts';
import type { Breaker } from './breaker.ts';
import { refreshTokenCap } from './diagnosis.ts';
import type { AccountsOptions } from './options.ts';

/** From so many refresh tokens of one Google account on, the operator is warned. */
export const refreshTokenWarning = Math.floor(refreshTokenCap * 0.9);

type Watched = Pick<AccountsOptions, 'oauth' | 'storage' | 'clock' | 'log'> & { readonly breaker: Breaker };

export const watchTokenEndpoint = ({ oauth, storage, clock, log, breaker }: Watched): GoogleOAuth => {
  const succeeded = (): void => {
    if (breaker.succeeded()) log({ event: 'grants_believed_again', level: 'warn' });
  };
  const count = async (googleSub: string): Promise<void> => {
    try {
      const issued = await storage.refreshTokenCount.issued(googleSub, oauth.clientId, clock.now());
      if (issued >= refreshTokenWarning) log({ event: 'token_cap_near', cause: `${issued} issued`, level: 'warn' });
    } catch {
      // A connection is worth more than its count.
      log({ event: 'refresh_token_not_counted', level: 'warn' });
    }
  };
  return {
    ...oauth,
    exchangeCode: async (code) => {
      const outcome = await oauth.exchangeCode(code);
      if (outcome.kind !== 'failed') succeeded();
      if (outcome.kind === 'granted' && outcome.tokens.refreshToken !== undefined) await count(outcome.identity.sub);
      return outcome;
    },
    refresh: async (refreshToken) => {
      const outcome = await oauth.refresh(refreshToken);
      if (outcome.kind === 'refreshed') succeeded();
      return outcome;
    },
  };
};
