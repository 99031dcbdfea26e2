// What acts for a person in MCP clients: the session tokens that a product made for them, and user keys. In a product's realm
// there is nothing else; people who sign in at the authorization server are in a realm that no service key reaches.
import type { Clock } from '../lib/clock.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { ApiKeyStore, SessionStore } from '../storage/index.ts';

/** Times in milliseconds since the epoch. */
export interface PersonClient {
  /** Names it among those of this person; no secret. */
  readonly name: string;
  readonly kind: 'session_token' | 'user_key';
  readonly label: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

export interface PersonClients {
  /** Those that are in force, oldest first. */
  list(key: AccountKey): Promise<PersonClient[]>;
  /** From now on its credential is refused. False: this person has none of this name. */
  end(key: AccountKey, name: string): Promise<boolean>;
}

const grammar = /^(session|key)_([0-9a-f]{16})$/;

export const createPersonClients = (
  { sessions, apiKeys }: { readonly sessions: SessionStore; readonly apiKeys: ApiKeyStore },
  clock: Clock,
): PersonClients => ({
  list: async (key) => {
    const living = (await sessions.list(key)).filter(({ expiresAt }) => expiresAt > clock.now());
    const keys = (await apiKeys.listOf(key)).filter(({ revokedAt }) => revokedAt === undefined);
    const clients: PersonClient[] = [
      ...living.map(({ id, createdAt, expiresAt }) => ({
        ...{ name: `session_${id}`, kind: 'session_token' as const, label: undefined },
        ...{ createdAt, expiresAt, lastUsedAt: undefined },
      })),
      ...keys.map(({ id, label, createdAt, lastUsedAt }) => ({
        ...{ name: `key_${id}`, kind: 'user_key' as const, label },
        ...{ createdAt, expiresAt: undefined, lastUsedAt },
      })),
    ];
    return clients.sort((a, b) => a.createdAt - b.createdAt);
  },
  end: async (key, name) => {
    const [, kind, id = ''] = grammar.exec(name) ?? [];
    if (kind === 'session') return sessions.remove(key, id);
    if (kind !== 'key' || !(await apiKeys.listOf(key)).some((record) => record.id === id)) return false;
    return apiKeys.revoke(id, clock.now());
  },
});
