// What a page calls the person an account is for. People who sign in with Google have a number for an identifier, which
// says nothing to anybody.

import type { Account } from '../../model/account.ts';
import { googleRealm } from '../../model/account-key.ts';
import { foreign, type Html, html } from './html.ts';

export const personOf = ({ key, google }: Account): Html => {
  if (key.realm !== googleRealm) return foreign(key.identifier);
  return google === undefined ? html`the Google account you signed in with` : foreign(google.email);
};
