// The Google accounts that exist in the sandbox: who they are, their mailbox and their contacts.
import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import { createMailbox, type Mailbox } from './gmail/mailbox.ts';
import { type Contacts, createContacts, type DirectoryEntries } from './people/contacts.ts';

export interface NewAccount {
  readonly email: string;
  readonly name?: string;
  /** The Workspace domain (`hd`); absent for a consumer account. */
  readonly hostedDomain?: string;
  /** Google's account id, 21 digits; derived from the address when absent. */
  readonly sub?: string;
  /** A Google account on which Gmail is not turned on. */
  readonly noMailbox?: boolean;
}

export interface GoogleAccount {
  readonly email: string;
  readonly name: string;
  readonly sub: string;
  readonly hostedDomain: string | undefined;
  readonly mailbox: Mailbox;
  readonly contacts: Contacts;
  gmailEnabled: boolean;
  deleted: boolean;
}

export interface AccountRegistry {
  add(account: NewAccount): GoogleAccount;
  /** By address; throws when there is none (deleted ones are still found: verbs and assertions name them). */
  get(email: string): GoogleAccount;
  /** By address or `sub`, as `login_hint` may be; undefined for deleted and unknown ones. */
  find(hint: string): GoogleAccount | undefined;
  /** Those that are not deleted. */
  existing(): GoogleAccount[];
}

/** 21 digits that never begin with 0 and are the same in every run for one address. */
const subFor = (email: string): string =>
  `1${BigInt(`0x${createHash('sha256').update(email).digest('hex')}`)
    .toString()
    .slice(0, 20)}`;

/** The domain whose admin decides over this account. */
export const domainOf = (account: GoogleAccount): string =>
  account.hostedDomain ?? (account.email.split('@')[1] as string);

/** @param clock what the mailboxes take "now" from */
export const createAccountRegistry = (clock: Clock): AccountRegistry => {
  const accounts = new Map<string, GoogleAccount>();
  const directories = new Map<string, DirectoryEntries>();

  const directoryOf = (domain: string | undefined): DirectoryEntries | undefined => {
    if (domain === undefined) return undefined;
    const entries = directories.get(domain) ?? [];
    directories.set(domain, entries);
    return entries;
  };
  const existing = () => [...accounts.values()].filter((account) => !account.deleted);

  return {
    add(options) {
      const email = options.email.toLowerCase();
      if (accounts.has(email)) throw new Error(`The sandbox already has an account ${email}.`);
      const account: GoogleAccount = {
        email,
        name: options.name ?? (email.split('@')[0] as string),
        sub: options.sub ?? subFor(email),
        hostedDomain: options.hostedDomain,
        mailbox: createMailbox({ owner: email, clock }),
        contacts: createContacts({ owner: email, clock, directory: directoryOf(options.hostedDomain) }),
        gmailEnabled: options.noMailbox !== true,
        deleted: false,
      };
      accounts.set(email, account);
      return account;
    },
    get(email) {
      const account = accounts.get(email.toLowerCase());
      if (account === undefined) throw new Error(`The sandbox has no account ${email}; add it with addAccount first.`);
      return account;
    },
    find: (hint) => existing().find((account) => account.email === hint.toLowerCase() || account.sub === hint),
    existing,
  };
};
