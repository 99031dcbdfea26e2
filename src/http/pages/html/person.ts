// Whether a page can call the person an account is for by a name. A product's own ids and the `me` of a laptop say
// nothing to anybody; only an address does.
import type { Account } from '../../../model/account.ts';
import { googleRealm } from '../../../model/account-key.ts';

const address = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The address the person is known by here, or undefined. */
export const addressOf = ({ key, google }: Account): string | undefined => {
  if (key.realm === googleRealm) return google?.email;
  return address.test(key.identifier) ? key.identifier : undefined;
};
