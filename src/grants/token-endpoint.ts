// Observes what Google's token endpoint answers, and passes it on unchanged: every success says that it is in order, a
// refused client or code is noted for every process, and every new refresh token is counted towards Google's cap of 100.
import { refreshTokenWarning } from '../model/account.ts';
import type { GoogleOAuth } from '../oauth/google-oauth.ts';
import type { TokenFailure } from '../oauth/token-client.ts';
import type { TokenEndpointAnswer } from '../storage/index.ts';
import type { AccountsOptions } from './options.ts';

type Observed = Pick<AccountsOptions, 'storage' | 'clock' | 'log'> & {
  readonly oauth: GoogleOAuth;
  /** Google gave tokens to somebody (refused-grants.ts). */
  readonly accepted: (what: 'grant' | 'code') => Promise<void>;
};

export const observeTokenEndpoint = ({ oauth, storage, clock, log, accepted }: Observed): GoogleOAuth => {
  let clientRefused = false;

  const note = async (answer: TokenEndpointAnswer): Promise<void> => {
    // What Google answered is worth more than its note.
    await storage.tokenEndpoint
      .noteAnswer(oauth, answer, clock.now())
      .catch(() => log({ event: 'token_endpoint_not_noted', level: 'warn' }));
  };
  const succeeded = (what: 'grant' | 'code'): Promise<void> => {
    if (clientRefused) log({ event: 'oauth_client_accepted_again', level: 'warn' });
    clientRefused = false;
    return accepted(what);
  };
  const failed = async (failure: TokenFailure, what: 'grant' | 'code'): Promise<void> => {
    if (what === 'code' && failure.kind === 'grant_ended' && failure.error === 'invalid_grant')
      await note('code_refused');
    // Once, not for every call of everybody.
    if (failure.kind !== 'client_invalid' || clientRefused) return;
    clientRefused = true;
    log({ event: 'oauth_client_refused', level: 'error' });
    await note('client_refused');
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
      await (outcome.kind === 'failed' ? failed(outcome.failure, 'code') : succeeded('code'));
      if (outcome.kind === 'granted' && outcome.tokens.refreshToken !== undefined) await count(outcome.identity.sub);
      return outcome;
    },
    refresh: async (refreshToken) => {
      const outcome = await oauth.refresh(refreshToken);
      await (outcome.kind === 'failed' ? failed(outcome.failure, 'grant') : succeeded('grant'));
      return outcome;
    },
  };
};
