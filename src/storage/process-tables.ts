// The tables of what processes do on a database, as Kysely sees them, a part of schema.ts: nothing of it is anybody's.

/** Processes that run on this database. A row that was not renewed for minutes is of one that was killed. */
export interface ProcessesTable {
  id: string;
  /** JSON array of the ids of the sealing keys that it knows. */
  key_ids: string;
  sealing_key_id: string;
  /** Whether it learns further keys without a restart. */
  rereads_keys: 0 | 1;
  seen_at: number;
  /** Whether it says that it runs when it is asked; those of former versions do so once a minute only. */
  answers: 0 | 1;
}

/** What only one process does at a time, and who does it. */
export interface LeasesTable {
  name: string;
  holder: string;
  until: number;
}

/** The buckets of rate limits that processes count together. */
export interface RateLimitsTable {
  /** HMAC of which limit it is and of whom it counts. */
  name: string;
  /** When its bucket is full again, in microseconds since the epoch. */
  full_at: number;
}

/** A database that `postern storage copy` fills; there is no row once a Postern served on it. */
export interface CopiedFromTable {
  only_row: 1;
  /** What messages call the database that it is a copy of. */
  source: string;
  /** 0: it holds only a part, or another one is being made over it. */
  finished: 0 | 1;
}
