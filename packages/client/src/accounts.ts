// The accounts of a product's people: who they are is the product's own name for them, their `identifier`.
import { answerAs, type CallOptions, pathPart, type Send } from './http.ts';
import type { Account, AccountSettings, Disconnected, Link, LinkSettings, Session } from './types.ts';

/** Which accounts to list; all that is said has to hold. */
export interface AccountFilter {
  readonly status?: Account['status'];
  readonly reason?: string;
  /** The connected Gmail address. */
  readonly mailbox?: string;
  /** Part of the identifier or of the address. */
  readonly text?: string;
  /** ISO 8601. What was never used is before every time. */
  readonly last_used_before?: string;
}

export interface AccountPage {
  readonly accounts: readonly Account[];
  /** Of the next page; null on the last. */
  readonly next_cursor: string | null;
}

/** What acts for a person: an MCP client they signed in, a key or a session token of theirs. */
export interface ActingClient {
  /** Its name here, for `remove`. */
  readonly client: string;
  readonly kind: string;
  readonly label: string | null;
  readonly created_at: string | null;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

const pathOf = (identifier: string, rest = ''): string => `/accounts/${pathPart('identifier', identifier)}${rest}`;

/** Tokens for one person, which an agent gets instead of the key. */
const createSessions = (send: Send) => ({
  /** @param settings.expires_in seconds, 60 to 86 400; an hour when not said */
  create: (identifier: string, settings: { readonly expires_in?: number } = {}, options?: CallOptions) =>
    answerAs<Session>(send({ method: 'POST', path: pathOf(identifier, '/sessions'), body: settings }, options)),
  /** Ends all of this person. */
  endAll: async (identifier: string, options?: CallOptions): Promise<void> => {
    await send({ method: 'DELETE', path: pathOf(identifier, '/sessions') }, options);
  },
});

/** What acts for a person. */
const createClients = (send: Send) => ({
  list: async (identifier: string, options?: CallOptions): Promise<readonly ActingClient[]> => {
    const path = pathOf(identifier, '/clients');
    return (await answerAs<{ clients: ActingClient[] }>(send({ method: 'GET', path }, options))).clients;
  },
  /** Ends what this client may do for the person. */
  remove: async (identifier: string, client: string, options?: CallOptions): Promise<void> => {
    await send({ method: 'DELETE', path: pathOf(identifier, `/clients/${pathPart('client', client)}`) }, options);
  },
});

export const createAccounts = (send: Send) => {
  const page = (
    filter: AccountFilter & { readonly limit?: number; readonly cursor?: string } = {},
    options?: CallOptions,
  ): Promise<AccountPage> => answerAs(send({ method: 'GET', path: '/accounts', query: { ...filter } }, options));

  return {
    /** Creates it when it is new. One that exists stays as it is: where it differs from the settings, ConflictError. */
    getOrCreate: (identifier: string, settings: AccountSettings = {}, options?: CallOptions): Promise<Account> =>
      answerAs(send({ method: 'POST', path: '/accounts', body: { identifier, ...settings } }, options)),

    /** Throws NotFoundError where there is none. */
    get: (identifier: string, options?: CallOptions): Promise<Account> =>
      answerAs(send({ method: 'GET', path: pathOf(identifier) }, options)),

    /** All accounts that fit, fetched page by page as they are asked for. */
    async *list(
      filter: AccountFilter & { readonly limit?: number } = {},
      options?: CallOptions,
    ): AsyncGenerator<Account, void, undefined> {
      let cursor: string | undefined;
      do {
        const { accounts, next_cursor } = await page({ ...filter, cursor }, options);
        yield* accounts;
        cursor = next_cursor ?? undefined;
      } while (cursor !== undefined);
    },

    /** One page, for lists that people leaf through. */
    page,

    /** Changes what is said; `null` takes a setting away. A connected mailbox that does not fit any more is erased. */
    change: (identifier: string, settings: AccountSettings, options?: CallOptions): Promise<Account> =>
      answerAs(send({ method: 'PATCH', path: pathOf(identifier), body: settings }, options)),

    /** Asks Google now what works. Throws TemporaryError where Google cannot be asked; the account stays as it was. */
    check: (identifier: string, options?: CallOptions): Promise<Account> =>
      answerAs(send({ method: 'POST', path: pathOf(identifier, '/check') }, options)),

    /** An address to redirect the person to, where they approve at Google. */
    link: (identifier: string, settings: LinkSettings = {}, options?: CallOptions): Promise<Link> =>
      answerAs(send({ method: 'POST', path: pathOf(identifier, '/link'), body: settings }, options)),

    /** Ends the access and erases it; the account stays. */
    disconnect: (identifier: string, options?: CallOptions): Promise<Disconnected> =>
      answerAs(send({ method: 'POST', path: pathOf(identifier, '/disconnect') }, options)),

    /** The same, and no row is left. */
    delete: async (identifier: string, options?: CallOptions): Promise<void> => {
      await send({ method: 'DELETE', path: pathOf(identifier) }, options);
    },

    sessions: createSessions(send),
    clients: createClients(send),
  };
};
