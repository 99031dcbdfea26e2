// Every use of an API key is noted, whatever stands on it: the key itself, a session token, an access token of its product.
import { createNotesOfUse } from '../lib/notes-of-use.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../storage/index.ts';

export type NoteKeyUse = (record: ApiKeyRecord, now: number) => void;

export const createNoteKeyUse = (apiKeys: ApiKeyStore): NoteKeyUse => {
  const note = createNotesOfUse<string>({
    nameOf: (id) => id,
    write: (id, at) => apiKeys.markUsed(id, at),
    failed: () => {},
  });
  return ({ id, lastUsedAt }, now) => note(id, lastUsedAt, now);
};
