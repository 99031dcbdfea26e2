// The log of the running process: JSON lines on stderr, because stdout may belong to JSON-RPC.
import { type Logger, pino } from 'pino';

export const createLogger = (): Logger =>
  pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));
