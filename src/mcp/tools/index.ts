// The catalogue: every tool there is, in the order in which it is listed. All other lists of tools are made from it.
import type { Tool } from '../define-tool.ts';
import { gmailFetchMails } from './gmail-fetch-mails.ts';
import { gmailGetAttachmentById } from './gmail-get-attachment-by-id.ts';
import { gmailGetContacts } from './gmail-get-contacts.ts';
import { gmailGetMessageById } from './gmail-get-message-by-id.ts';
import { gmailListDrafts } from './gmail-list-drafts.ts';
import { gmailSearchPeople } from './gmail-search-people.ts';

export const catalogue: readonly Tool[] = [
  gmailFetchMails,
  gmailGetMessageById,
  gmailGetAttachmentById,
  gmailListDrafts,
  gmailSearchPeople,
  gmailGetContacts,
];

export const toolNames: readonly string[] = catalogue.map(({ name }) => name);
