// Which addresses may be a `verify_url`: browsers are sent there with a secret in the query. Knows nothing of keys.
import { z } from 'zod';
import { isLoopbackHost } from '../lib/loopback-host.ts';
import { authRequestParameter } from '../model/caller.ts';

const parse = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** An absolute https address (http on this machine, for trying things), normalised; without user, fragment or that parameter. */
export const verifyUrlSchema = z
  .string()
  .max(2000, 'must have at most 2000 characters')
  .refine((text) => parse(text) !== undefined, 'must be an absolute URL such as https://app.example.com/postern/verify')
  .transform((text) => new URL(text))
  .refine(
    ({ protocol, hostname }) => protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname)),
    'must begin with https:// (http:// is for this machine only)',
  )
  .refine(({ username, password }) => username === '' && password === '', 'must not carry a user name or password')
  .refine(({ hash }) => hash === '', 'must not have a fragment')
  .refine(
    ({ searchParams }) => !searchParams.has(authRequestParameter),
    `must not have ${authRequestParameter} in its query`,
  )
  .transform(({ href }) => href);
