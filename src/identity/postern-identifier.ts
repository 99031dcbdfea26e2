// The `Postern-Identifier` header (and the identifier in an API path): percent-encoded UTF-8, decoded exactly once.
// Knows nothing of keys or realms.
import { identifierSchema } from '../model/account-key.ts';

export type IdentifierReading =
  | { readonly kind: 'identifier'; readonly identifier: string }
  | { readonly kind: 'malformed'; readonly description: string };

const visibleAscii = /^[\x20-\x7e]*$/;
const brokenEscape = /%(?![0-9a-f]{2})/i;

const malformed = (description: string): IdentifierReading => ({ kind: 'malformed', description });

/**
 * Reads an identifier as it stands in a header or a path segment.
 * A comma is refused before decoding: HTTP joins two headers of one name with ", " (RFC 9110 §5.3).
 * @returns the decoded identifier, or a sentence that says what is wrong (it never repeats the value).
 */
export const readIdentifier = (encoded: string): IdentifierReading => {
  if (encoded.includes(',')) return malformed('must be sent once, and must not contain a comma');
  if (!visibleAscii.test(encoded)) return malformed('must be percent-encoded UTF-8, as encodeURIComponent writes it');
  if (brokenEscape.test(encoded)) return malformed('has a "%" that is not followed by two hexadecimal digits');
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    return malformed('is not valid UTF-8 after percent-decoding');
  }
  const parsed = identifierSchema.safeParse(decoded);
  if (parsed.success) return { kind: 'identifier', identifier: parsed.data };
  return malformed(parsed.error.issues[0]?.message ?? 'is not an identifier');
};
