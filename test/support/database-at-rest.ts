// Whether anything in this process waits for PostgreSQL. SQLite answers within a turn of the event loop, so that there
// nothing has to be counted.
import pg from 'pg';

let waiting = 0;
let whenAtRest: (() => void)[] = [];

const counted = <T>(answer: Promise<T>): Promise<T> => {
  waiting += 1;
  const over = () => {
    waiting -= 1;
    if (waiting > 0) return;
    const woken = whenAtRest;
    whenAtRest = [];
    for (const wake of woken) wake();
  };
  answer.then(over, over);
  return answer;
};

/** Postern's connections; not those of a test that looks at the database from outside. */
const isPosterns = (client: object): boolean =>
  'connectionParameters' in client && (client.connectionParameters as pg.ClientConfig).application_name === 'postern';

type Method = (this: object, ...values: unknown[]) => unknown;

const counting = (original: Method, counts: (of: object) => boolean): Method =>
  function (...values) {
    const answer = original.apply(this, values);
    return answer instanceof Promise && counts(this) ? counted(answer) : answer;
  };

/** For as long as the process lives: all of its tests are on PostgreSQL. */
if (process.env.POSTERN_TEST_ENGINE === 'postgres') {
  const [client, pool] = [pg.Client.prototype, pg.Pool.prototype] as { query: Method; connect: Method }[];
  if (client !== undefined) client.query = counting(client.query, isPosterns);
  if (pool !== undefined) pool.connect = counting(pool.connect, () => true);
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Resolves when nobody waits for the database, and what was waited for has gone on. */
export const databaseAtRest = async (): Promise<void> => {
  await nextTurn();
  while (waiting > 0) {
    await new Promise<void>((resolve) => whenAtRest.push(resolve));
    await nextTurn();
  }
};
