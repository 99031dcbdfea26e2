// One account's address book in Google's three kinds (contacts, "other contacts", and the Workspace directory it shares with
// its domain), the search caches that only a warm-up request fills, and Google's prefix matching.
import { createHash } from 'node:crypto';
import type { people_v1 } from '@googleapis/people';
import type { Clock } from '../clock.ts';

export interface NewContact {
  /** Shown as the display name; its first word becomes the given name, the rest the family name. */
  readonly name?: string;
  readonly emails?: readonly string[];
  readonly phones?: readonly string[];
  readonly organization?: string;
  readonly title?: string;
  /** Any further field of Google's Person, e.g. `{ birthdays: […] }`. */
  readonly more?: people_v1.Schema$Person;
}

export interface StoredPerson {
  readonly person: people_v1.Schema$Person;
  readonly modifiedAt: number;
}

/** One Workspace domain's directory, shared by its accounts. */
export type DirectoryEntries = StoredPerson[];

export interface Contacts {
  /** Adds a contact; returns its resource name (`people/c…`). */
  add(contact: NewContact): string;
  /** Adds someone the person has only written to (`otherContacts/c…`). */
  other(contact: NewContact): string;
  /** Adds a colleague to the domain's directory (`people/1…`); a consumer account has none, so it throws. */
  directory(contact: NewContact): string;
  remove(resourceName: string): void;
  readonly all: readonly StoredPerson[];
  readonly directoryEntries: readonly StoredPerson[] | undefined;
  /** What a search sees: the contacts as they were at the last warm-up, nothing before the first. */
  cached(kind: 'contacts' | 'otherContacts'): readonly StoredPerson[];
  /** The empty query Google asks for: https://developers.google.com/people/v1/contacts#search_the_users_contacts */
  warmUp(kind: 'contacts' | 'otherContacts'): void;
}

type SourceType = 'CONTACT' | 'OTHER_CONTACT' | 'DOMAIN_PROFILE';

const fieldMetadata = (type: SourceType, id: string, primary: boolean) => ({
  primary: primary || undefined,
  source: { type, id },
});

const nameOf = (name: string): people_v1.Schema$Name => {
  const [givenName, ...rest] = name.split(' ');
  const familyName = rest.join(' ');
  return {
    displayName: name,
    displayNameLastFirst: familyName === '' ? name : `${familyName}, ${givenName}`,
    unstructuredName: name,
    givenName,
    familyName: familyName || undefined,
  };
};

const personOf = (contact: NewContact, type: SourceType, id: string, modifiedAt: number): people_v1.Schema$Person => {
  const metadata = (index: number) => ({ metadata: fieldMetadata(type, id, index === 0) });
  const organization =
    contact.organization === undefined && contact.title === undefined
      ? undefined
      : {
          ...metadata(0),
          name: contact.organization,
          title: contact.title,
        };
  const etag = createHash('sha256').update(`${id}/${modifiedAt}`).digest('base64url').slice(0, 22);
  return {
    resourceName: type === 'OTHER_CONTACT' ? `otherContacts/${id}` : `people/${id}`,
    etag: `%${etag}`,
    metadata: {
      sources: [{ type, id, etag: `#${etag}`, updateTime: new Date(modifiedAt).toISOString() }],
      objectType: 'PERSON',
    },
    ...(contact.name === undefined ? {} : { names: [{ ...metadata(0), ...nameOf(contact.name) }] }),
    ...(contact.emails === undefined
      ? {}
      : { emailAddresses: contact.emails.map((value, index) => ({ ...metadata(index), value })) }),
    ...(contact.phones === undefined
      ? {}
      : { phoneNumbers: contact.phones.map((value, index) => ({ ...metadata(index), value })) }),
    ...(organization === undefined ? {} : { organizations: [organization] }),
    ...contact.more,
  };
};

/** @param options.directory the domain's entries, undefined for a consumer account */
export const createContacts = (options: {
  owner: string;
  clock: Clock;
  directory: DirectoryEntries | undefined;
}): Contacts => {
  const live = { contacts: [] as StoredPerson[], otherContacts: [] as StoredPerson[] };
  const cache = { contacts: [] as StoredPerson[], otherContacts: [] as StoredPerson[] };
  let count = 0;

  const store = (into: StoredPerson[], contact: NewContact, type: SourceType): string => {
    count += 1;
    const digest = createHash('sha256').update(`${options.owner}/${type}/${count}`).digest();
    const digits = (digest.readBigUInt64BE() % 10n ** 18n).toString().padStart(18, '0');
    const id = type === 'DOMAIN_PROFILE' ? `1${digits}${String(count % 100).padStart(2, '0')}` : `c${digits}`;
    const modifiedAt = options.clock.now();
    const person = personOf(contact, type, id, modifiedAt);
    into.push({ person, modifiedAt });
    return person.resourceName as string;
  };
  const drop = (from: StoredPerson[], resourceName: string) => {
    const index = from.findIndex(({ person }) => person.resourceName === resourceName);
    if (index >= 0) from.splice(index, 1);
  };

  return {
    add: (contact) => store(live.contacts, contact, 'CONTACT'),
    other: (contact) => store(live.otherContacts, contact, 'OTHER_CONTACT'),
    directory(contact) {
      if (options.directory === undefined)
        throw new Error(`${options.owner} is a consumer account and has no directory; give it a hostedDomain.`);
      return store(options.directory, contact, 'DOMAIN_PROFILE');
    },
    remove(resourceName) {
      drop(live.contacts, resourceName);
      drop(live.otherContacts, resourceName);
    },
    all: live.contacts,
    directoryEntries: options.directory,
    cached: (kind) => cache[kind],
    warmUp(kind) {
      cache[kind] = [...live[kind]];
    },
  };
};

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
 * Whether the query finds the person by one of these fields: "foo name" is found by "f", "foo n" and "nam", not by
 * "oo n" (https://developers.google.com/people/api/rest/v1/people/searchContacts).
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
