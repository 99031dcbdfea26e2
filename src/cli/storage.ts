// `postern storage copy`: a whole Postern from one database into another, of whichever engines. It needs no settings and no
// sealing key: both databases are named in the command, and nothing sealed is opened.
import { randomBytes } from 'node:crypto';
import { thisMachine } from '../config/config.ts';
import { locationOf } from '../config/database.ts';
import { systemClock } from '../lib/clock.ts';
import { type DatabaseLocation, databaseName } from '../model/database-location.ts';
import { type CopyStep, compareStorage, copyStorage, type TableComparison } from '../storage/index.ts';
import { CommandError, printJson, printLine, printNote, printTable } from './terminal.ts';

export interface CopyCommandOptions {
  readonly from: string;
  readonly to: string;
  readonly compareOnly?: boolean;
  readonly json?: boolean;
}

/** A URL, or `env:NAME` for one that nobody else on this machine is to read in the list of processes. */
const urlOf = (option: string, given: string): string => {
  const variable = /^env:(\w+)$/.exec(given)?.[1];
  if (variable === undefined) return given;
  const url = process.env[variable];
  if (url === undefined || url === '')
    throw new CommandError(`${option} names the variable ${variable}, which is not set.`, { exitCode: 2 });
  return url;
};

const location = (option: '--from' | '--to', given: string): DatabaseLocation => {
  const fault = (problem: string, fix: string): never => {
    throw new CommandError(`${option} ${problem}.`, { fix, exitCode: 2 });
  };
  const found = locationOf(urlOf(option, given), thisMachine(), fault);
  if (found === undefined || (found.engine === 'sqlite' && found.path === ':memory:'))
    return fault('is in memory', 'Use sqlite:PATH, or postgres://USER:PASSWORD@HOST:5432/DATABASE.');
  return found;
};

/** Rows between two lines about the same table. */
const rowsPerLine = 50_000;

/** Says every so often how far it is, and how much was written of each table. */
const createProgress = (): ((step: CopyStep) => void) => {
  let last = { name: '', rows: 0 };
  return ({ doing, table, rows, written }) => {
    const name = `${doing} ${table}`;
    if (last.name !== name) last = { name, rows: 0 };
    if (rows - last.rows < rowsPerLine) return;
    last = { name, rows };
    printNote(`${name}: ${rows} rows${written === 0 ? '' : `, ${written} of them written`} so far`);
  };
};

/** Runs `work` until its end or the first signal; a second one ends the process at once. */
const untilStopped = async <T>(work: (signal: AbortSignal) => Promise<T>, stopped: CommandError): Promise<T> => {
  const controller = new AbortController();
  const stop = () => {
    leave();
    printNote('Stopping …');
    controller.abort(stopped);
  };
  const leave = () => void process.off('SIGINT', stop).off('SIGTERM', stop);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    leave();
  }
};

const report = (compared: readonly TableComparison[], json: boolean, names: { from: string; to: string }): void => {
  const different = compared.reduce((sum, table) => sum + table.different, 0);
  if (json) printJson({ ...names, equal: different === 0, tables: compared });
  else
    printTable(
      ['Table', 'Rows equal', 'Rows different'],
      compared.map((table) => [table.table, String(table.equal), String(table.different)]),
    );
  if (different > 0)
    throw new CommandError(`${different} rows of ${names.to} are not as in ${names.from}.`, {
      fix: 'See that nothing else writes to the target, then run `postern storage copy` again, and start no Postern on it before every row is equal.',
    });
};

export const copy = async (options: CopyCommandOptions): Promise<void> => {
  const { compareOnly = false, json = false } = options;
  const [from, to] = [location('--from', options.from), location('--to', options.to)];
  const names = { from: databaseName(from), to: databaseName(to) };
  printNote(`${compareOnly ? 'Comparing' : 'Copying'} ${names.from} ${compareOnly ? 'with' : 'to'} ${names.to}.`);
  const stopped = new CommandError(compareOnly ? 'Stopped.' : 'Stopped, before the copy was whole.', {
    fix: compareOnly ? 'Nothing was changed.' : 'Run the same command again: it goes on from here.',
  });
  const compared = await untilStopped((signal) => {
    const common = { from, to, clock: systemClock, random: randomBytes, signal, progress: createProgress() };
    return compareOnly ? compareStorage(common) : copyStorage(common);
  }, stopped);
  report(compared, json, names);
  if (json) return;
  const rows = compared.reduce((sum, table) => sum + table.equal, 0);
  printLine(`All ${rows} rows are equal.`);
  if (!compareOnly)
    printNote(
      'The target is the source as it was when this began. Stop every Postern on the source, run the same command once more, then start Postern on the target with the same sealing key.',
    );
};
