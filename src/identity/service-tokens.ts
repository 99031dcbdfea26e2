// Short-lived bearer tokens of service keys (OAuth 2.0 client credentials, RFC 6749 §4.4), for clients that do not send the
// key itself with every request. Nothing is stored: a token names its key and its end under a MAC, and every use looks the
// key up, so that revoking it ends its tokens at once.
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { LinkPolicy } from '../model/caller.ts';
import type { ApiKeyStore } from '../storage/index.ts';
import { linkPolicyOf } from './authenticate.ts';
import { matchesRecord, parseToken } from './credentials.ts';
import { createNoteKeyUse } from './key-uses.ts';

/** A service key in force. */
export interface ServiceKey {
  readonly realm: string;
  readonly keyId: string;
  readonly linkPolicy: LinkPolicy;
  readonly connection?: string;
  readonly verifyUrl?: string;
}

export interface ServiceTokens {
  /**
   * @param clientId the id of a service key, as `api-keys list` prints it
   * @param clientSecret the key, or what follows its id in it
   * @returns undefined unless they are those of a service key in force
   */
  issue(clientId: string, clientSecret: string): Promise<{ token: string; expiresInSeconds: number } | undefined>;
  /** The key that a token stands on; undefined for every token that is not ours, has ended, or whose key was revoked. */
  find(token: string): Promise<ServiceKey | undefined>;
}

export interface ServiceTokenOptions {
  readonly apiKeys: ApiKeyStore;
  /** Under every sealing key that opens, the current one first. */
  readonly hmacs: (purpose: string, text: string) => string[];
  readonly clock: Clock;
}

const lifetimeSeconds = 15 * 60;
const grammar = /^pst_access_([0-9a-f]{16})_(\d{1,15})_([0-9a-f]{64})$/;

/** Whether this has the form of such a token; nothing of it is proven. */
export const isServiceToken = (text: string): boolean => grammar.test(text);

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export const createServiceTokens = ({ apiKeys, hmacs, clock }: ServiceTokenOptions): ServiceTokens => {
  const macs = (keyId: string, expiresAt: number): string[] =>
    hmacs('service token', JSON.stringify([keyId, expiresAt]));
  const noteUse = createNoteKeyUse(apiKeys);

  return {
    issue: async (clientId, clientSecret) => {
      const presented = parseToken(clientSecret) ?? parseToken(`pst_service_${clientId}_${clientSecret}`);
      if (presented?.kind !== 'service' || presented.id !== clientId) return undefined;
      const record = await apiKeys.find(clientId);
      if (!matchesRecord(presented, record) || record.revokedAt !== undefined) return undefined;
      noteUse(record, clock.now());
      const expiresAt = clock.now() + lifetimeSeconds * 1000;
      const [mac = ''] = macs(clientId, expiresAt);
      return { token: `pst_access_${clientId}_${expiresAt}_${mac}`, expiresInSeconds: lifetimeSeconds };
    },
    find: async (token) => {
      const [, keyId = '', until = '', mac = ''] = grammar.exec(token) ?? [];
      const expiresAt = Number(until);
      // The store is asked for nothing that was not ours to say.
      if (keyId === '' || !macs(keyId, expiresAt).some((good) => isSame(good, mac))) return undefined;
      if (expiresAt <= clock.now()) return undefined;
      const record = await apiKeys.find(keyId);
      if (record?.kind !== 'service' || record.revokedAt !== undefined) return undefined;
      noteUse(record, clock.now());
      const { realm, connection, verifyUrl } = record;
      return { realm, keyId, linkPolicy: linkPolicyOf(record), connection, verifyUrl };
    },
  };
};
