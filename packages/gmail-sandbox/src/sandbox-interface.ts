// What a sandbox can do for whoever runs it. sandbox.ts makes one.
import type { GoogleAccount, NewAccount } from './accounts.ts';
import type { Fault, FaultMatch } from './faults.ts';
import type { RecordedRequest } from './traffic.ts';
import type { Verbs } from './verbs.ts';

export interface Sandbox extends Verbs {
  readonly origin: string;
  readonly clientId: string;
  /** The secret that works now. */
  readonly clientSecret: string;
  /** The whole fake Google. Rejects like a real `fetch` where a fault cuts the connection or the request is aborted. */
  fetch(request: Request): Promise<Response>;
  /** The settings that point a Postern at this sandbox. */
  env(): Record<string, string>;
  addAccount(account: NewAccount): GoogleAccount;
  /** Throws for an unknown address. */
  account(email: string): GoogleAccount;
  readonly accounts: readonly GoogleAccount[];
  /** Every request that arrived (not those to `/_sandbox`), oldest first. */
  readonly requests: readonly RecordedRequest[];
  clearRequests(): void;
  /** How many grants of this account still have a working refresh token, over all clients. */
  livingGrants(email: string): number;
  fault(match: FaultMatch, fault: Fault): void;
  clearFaults(): void;
  /** Every answer takes this many milliseconds of the clock. */
  setLatency(milliseconds: number): void;
  /** API requests of one account in flight before Google answers 429; undefined for no limit. */
  setConcurrencyLimit(count: number | undefined): void;
  /** The most API requests of one account that were in flight at once since `clearRequests`. */
  maxInFlight(email: string): number;
}
