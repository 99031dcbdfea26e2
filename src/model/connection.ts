// A connection: one OAuth client at Google, by the name that the operator gave it. The client of the environment has the
// name `default`. What an account's grant came through is decided when the account is made.
import { z } from 'zod';

/** The client that GOOGLE_CLIENT_ID or GOOGLE_CREDENTIALS_FILE names. */
export const defaultConnection = 'default';

export const connectionNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'must have 1–63 lower-case letters, digits and hyphens, and begin with a letter or digit',
  );
