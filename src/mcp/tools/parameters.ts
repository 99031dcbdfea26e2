// Parameters that several tools share, so that they mean and say the same everywhere.

import type { PageRequest } from '@postern/mail-text/message';
import { z } from 'zod';

/** Long enough for anything Google gives out; ids are checked against their grammar before they reach a URL. */
const text = z.string().min(1).max(2000);

export const searchText = z.string().min(1).max(2000);
export const messageId = text;
export const attachmentId = z.string().min(1).max(4096);
export const pageToken = z.exactOptional(z.string().min(1).max(4000)).describe('nextPageToken');
export const listSize = z.int().min(1).max(100).default(10);

/** Largest page of a body, raw source or text attachment; a result that would exceed 1 MB gets a smaller one. */
const usualChars = 20_000;
/** A page of the usual length is also bounded in UTF-8 bytes: that is what a model pays for in every script. */
const usualBytes = 20_000;
export const pageOf = (maxChars: number, offset: number): PageRequest =>
  maxChars === usualChars ? { maxChars, offset, maxBytes: usualBytes } : { maxChars, offset };
export const maxChars = z.int().min(1).max(1_000_000).default(usualChars).describe('Characters per page');
export const offset = z.int().min(0).default(0).describe('nextOffset');

/** Google's names: https://developers.google.com/people/api/rest/v1/people */
const personFieldNames = [
  ...['addresses', 'ageRanges', 'biographies', 'birthdays', 'calendarUrls', 'clientData', 'coverPhotos'],
  ...['emailAddresses', 'events', 'externalIds', 'genders', 'imClients', 'interests', 'locales', 'locations'],
  ...['memberships', 'metadata', 'miscKeywords', 'names', 'nicknames', 'occupations', 'organizations'],
  ...['phoneNumbers', 'photos', 'relations', 'sipAddresses', 'skills', 'urls', 'userDefined'],
] as const;

export const personFields = z.array(z.enum(personFieldNames)).max(personFieldNames.length);

export type PersonFields = z.infer<typeof personFields>;
export const defaultPersonFields: PersonFields = ['names', 'emailAddresses', 'phoneNumbers', 'organizations'];
