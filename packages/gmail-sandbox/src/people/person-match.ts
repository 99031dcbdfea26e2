// Google's prefix matching over a person: "foo name" is found by "f", "foo n" and "nam", not by "oo n".
// Source: https://developers.google.com/people/api/rest/v1/people/searchContacts
import type { people_v1 } from '@googleapis/people';

/** Lower case, without accents, single spaces. */
const fold = (text: string): string =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();

/** Whether the query stands at the beginning of the text or of one of its words. */
const isPrefixPhrase = (text: string, query: string): boolean => {
  for (let at = text.indexOf(query); at >= 0; at = text.indexOf(query, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] as string)) return true;
  }
  return false;
};

const digits = (text: string): string => text.replace(/\D/g, '');

const phoneMatches = (phone: string, query: string): boolean =>
  /^[+\d\s().-]+$/.test(query) && digits(query) !== '' && digits(phone).startsWith(digits(query));

type Matched = 'names' | 'nicknames' | 'emailAddresses' | 'phoneNumbers' | 'organizations';

const textsOf = (
  person: people_v1.Schema$Person,
  field: Exclude<Matched, 'phoneNumbers'>,
): (string | null | undefined)[] => {
  switch (field) {
    case 'names':
      return (person.names ?? []).flatMap((name) => [name.displayName, name.displayNameLastFirst]);
    case 'nicknames':
      return (person.nicknames ?? []).map((nickname) => nickname.value);
    case 'emailAddresses':
      return (person.emailAddresses ?? []).map((email) => email.value);
    case 'organizations':
      return (person.organizations ?? []).flatMap((organization) => [organization.name, organization.title]);
  }
};

/**
 * Whether the query finds the person by one of these fields.
 * @param query not empty after trimming
 */
export const personMatches = (person: people_v1.Schema$Person, query: string, fields: readonly Matched[]): boolean => {
  const folded = fold(query);
  return fields.some((field) => {
    if (field === 'phoneNumbers')
      return (person.phoneNumbers ?? []).some(({ value }) => phoneMatches(value ?? '', folded));
    return textsOf(person, field).some((text) => isPrefixPhrase(fold(text ?? ''), folded));
  });
};

/** What a search of contacts and of the directory looks at. */
export const contactFields: readonly Matched[] = [
  'names',
  'nicknames',
  'emailAddresses',
  'phoneNumbers',
  'organizations',
];
/** What a search of "other contacts" looks at. */
export const otherFields: readonly Matched[] = ['names', 'emailAddresses', 'phoneNumbers'];
