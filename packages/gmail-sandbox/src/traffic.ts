// What arrived: every request recorded without its secrets, and how many of one account were in flight at once.
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Secrets in it (`token`, `code` …) are replaced by `[secret]`. */
  readonly query: URLSearchParams;
  /** 0 while unanswered, and for ever where the connection was cut. */
  readonly status: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The names of a form's fields, never their values. */
  readonly formKeys?: readonly string[];
  readonly grantType?: string;
  /** The address of the account that a token, code or bearer belongs to. */
  readonly account?: string;
  /** OAuth's `error`, or the `reason` of an API error. */
  readonly errorReturned?: string;
}

interface OpenRecord {
  /** Fills in the answer. */
  answered(response: Response): Promise<void>;
}

export interface Traffic {
  readonly requests: RecordedRequest[];
  record(arrived: Omit<RecordedRequest, 'status' | 'query' | 'errorReturned'> & { query: URLSearchParams }): OpenRecord;
  /** Counts one request of an account; `tooMany` when the limit is exceeded. Always followed by `leave`. */
  enter(account: string): 'allowed' | 'tooMany';
  leave(account: string): void;
  maxInFlight(account: string): number;
  limit: number | undefined;
  clear(): void;
}

const secretNames = ['token', 'code', 'access_token', 'refresh_token', 'client_secret', 'code_verifier', 'key'];

const withoutSecrets = (query: URLSearchParams): URLSearchParams => {
  const copy = new URLSearchParams();
  for (const [name, value] of query) copy.append(name, secretNames.includes(name) ? '[secret]' : value);
  return copy;
};

interface ErrorBody {
  readonly error?: string | { readonly errors?: { readonly reason?: string }[]; readonly status?: string };
}

const errorIn = async (response: Response): Promise<string | undefined> => {
  if (response.status < 400 || !response.headers.get('content-type')?.includes('json')) return undefined;
  const body = (await response
    .clone()
    .json()
    .catch(() => ({}))) as ErrorBody;
  return typeof body.error === 'string' ? body.error : (body.error?.errors?.[0]?.reason ?? body.error?.status);
};

/** A sandbox may run for weeks: the oldest records give way. */
const mostRecords = 100_000;

export const createTraffic = (): Traffic => {
  const requests: RecordedRequest[] = [];
  const inFlight = new Map<string, number>();
  const most = new Map<string, number>();

  const traffic: Traffic = {
    requests,
    limit: undefined,
    record(arrived) {
      const entry: { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] } = {
        ...arrived,
        query: withoutSecrets(arrived.query),
        status: 0,
      };
      requests.push(entry);
      if (requests.length > mostRecords) requests.splice(0, requests.length - mostRecords);
      return {
        async answered(response) {
          entry.status = response.status;
          const error = await errorIn(response);
          if (error !== undefined) entry.errorReturned = error;
        },
      };
    },
    enter(account) {
      const now = (inFlight.get(account) ?? 0) + 1;
      inFlight.set(account, now);
      most.set(account, Math.max(most.get(account) ?? 0, now));
      return traffic.limit !== undefined && now > traffic.limit ? 'tooMany' : 'allowed';
    },
    leave(account) {
      inFlight.set(account, (inFlight.get(account) ?? 1) - 1);
    },
    maxInFlight: (account) => most.get(account) ?? 0,
    clear() {
      requests.length = 0;
      most.clear();
    },
  };
  return traffic;
};
