// What PostgreSQL and the way to it can fail with: what may be tried again, and the rest in our words.
import { StorageError } from '../../model/storage-error.ts';

/** SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), or Node.js's code of a network error. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const diskFull = '53100';

/** Others were in the way: a serialization failure or a deadlock. All was rolled back. */
const isConflict = (code: string): boolean => ['40001', '40P01'].includes(code);

/**
 * Nothing was done, and another connection may lead to a server that does it: it is starting, stopping, a standby, or full, or
 * ended a session that was idle for too long at this moment.
 * Of a connection that was ended by the administrator the server says so before anything is committed.
 */
const isRefusal = (code: string): boolean => ['25006', '53300', '57P01', '57P02', '57P03', '57P05'].includes(code);

const networkCodes: readonly string[] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ENOTFOUND'],
];

/** node-postgres says these without a code. */
const connectionTexts =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** The connection is gone, or nothing can be said of it any more. */
export const isConnectionLost = (error: unknown): boolean => {
  const code = codeOf(error);
  if (/^08/.test(code) || networkCodes.includes(code)) return true;
  // Several addresses were tried (https://nodejs.org/api/net.html#netconnectoptions-connectlistener).
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost);
  return error instanceof Error && connectionTexts.test(error.message);
};

/** The server says that nothing was done, and that it may be done if it is tried again. */
export const isSafeToRetry = (error: unknown): boolean => isConflict(codeOf(error)) || isRefusal(codeOf(error));

/** A transaction stood still for too long, or lasted too long: the server has closed the connection. */
const isTimedOut = (code: string): boolean => ['25P03', '25P04'].includes(code);

/** The connection is of no use any more, though the server answered on it. */
export const endsConnection = (error: unknown): boolean =>
  isRefusal(codeOf(error)) || isTimedOut(codeOf(error)) || isConnectionLost(error);

/** The server has no memory, locks or connections left, or what its configuration allows; of a full disk see below. */
const lacksResources = (code: string): boolean => /^53/.test(code) && code !== diskFull;

const busy = (place: string): StorageError =>
  new StorageError(
    'busy',
    `The database ${place} does not answer, or is too busy. Try again in a few seconds. If it stays so, see that PostgreSQL runs and has connections left.`,
  );

const refusedAtStart: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong',
  '28000': 'the server does not let this user in from here',
  '3D000': 'there is no such database',
  '3F000': 'there is no such schema',
  '42501': 'the user lacks a right on it',
};

/** What the certificate of a server can be wrong in (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const certificateCodes = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_|HOSTNAME_MISMATCH)/;

const unusable = (place: string, why: string): StorageError =>
  new StorageError(
    'not_writable',
    `The database ${place} cannot be used: ${why}. Check POSTERN_DATABASE_URL, and the rights of its user.`,
  );

/** An error in our words where we have any; every other one is returned as it is. */
export const inOurWords = (error: unknown, place: string): unknown => {
  if (error instanceof StorageError) return error;
  const code = codeOf(error);
  const why = refusedAtStart[code];
  if (why !== undefined) return unusable(place, why);
  if (certificateCodes.test(code)) return unusable(place, `the server's certificate is not trusted (${code})`);
  if (error instanceof Error && error.message === 'The server does not support SSL connections')
    return unusable(place, 'the server does not offer TLS');
  // A statement that took too long, a lock that did not come, a transaction that stood still.
  const tookTooLong = ['57014', '55P03', '25P02'].includes(code) || isTimedOut(code);
  if (tookTooLong || lacksResources(code) || isSafeToRetry(error) || isConnectionLost(error)) return busy(place);
  if (code === diskFull)
    return new StorageError('disk_full', `The disk of the database ${place} is full. Make room, then try again.`);
  return error;
};
