// Who an account belongs to: (realm, identifier). Which realm it is, a credential alone decides.
import { z } from 'zod';

const printable = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/**
 * The caller's own name for a person: 1–256 printable characters, NFC, without comma or edge spaces
 * (a comma would make two HTTP header values look like one), and not `.` or `..`, which no URL path can carry.
 */
export const identifierSchema = z
  .string()
  .min(1, 'must not be empty')
  .refine((text) => [...text].length <= 256, 'must have at most 256 characters')
  .refine((text) => printable.test(text), 'must consist of printable characters')
  .refine((text) => !text.includes(','), 'must not contain a comma')
  .refine((text) => text !== '.' && text !== '..', 'must not be "." or ".."')
  .refine((text) => text === text.trim(), 'must not begin or end with a space')
  .refine((text) => text === text.normalize('NFC'), 'must be in Unicode normal form C')
  .meta({
    id: 'Identifier',
    description:
      "The product's own name for a person: printable characters in Unicode normal form C, without comma, not beginning or ending with a space, and neither `.` nor `..`.",
    override: { maxLength: 256, pattern: '^[^,]+$' },
  });

/** The name of a namespace of identifiers: lower-case letters, digits, `.`, `_`, `-`; 1–64 characters. */
export const realmSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1–64 lower-case letters, digits, ".", "_" or "-"');

/** Where people are who sign in with Google at the embedded authorization server; their identifier is Google's `sub`. */
export const googleRealm = 'google';

/** Realms that no product may take: they belong to stdio and to the embedded sign-in. */
export const reservedRealms: readonly string[] = ['local', googleRealm];

/** The key of one account everywhere: rows, sealing, caches, limits, downloads, audit. */
export interface AccountKey {
  readonly realm: string;
  readonly identifier: string;
}

/** An unambiguous text for maps; two different keys never give the same one. */
export const accountKeyText = (key: AccountKey): string => JSON.stringify([key.realm, key.identifier]);
