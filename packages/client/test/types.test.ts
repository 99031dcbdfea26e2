// The types are the server's: whoever changes what the API takes or answers changes them here too, or this does not compile.
import { expect, it } from 'vitest';
import type { z } from 'zod';
import type { ConnectionsAnswer } from '../../../src/http/api/answers.ts';
import type { accountChangeInput, accountInput, linkInput } from '../../../src/http/api/input.ts';
import type { deadLettersAnswer, testedAnswer, webhookAnswer } from '../../../src/http/api/webhook-schemas.ts';
import type { gmailFetchMails } from '../../../src/mcp/tools/gmail-fetch-mails.ts';
import type { gmailGetAttachmentById } from '../../../src/mcp/tools/gmail-get-attachment-by-id.ts';
import type { gmailGetContacts } from '../../../src/mcp/tools/gmail-get-contacts.ts';
import type { gmailGetMessageById } from '../../../src/mcp/tools/gmail-get-message-by-id.ts';
import type { gmailListDrafts } from '../../../src/mcp/tools/gmail-list-drafts.ts';
import type { gmailSearchPeople } from '../../../src/mcp/tools/gmail-search-people.ts';
import { catalogue } from '../../../src/mcp/tools/index.ts';
import type { accountJson } from '../../../src/model/account-json.ts';
import type { WebhookEventType as ServerEventType } from '../../../src/model/webhook-event.ts';
import type { FullPart } from '../../mail-text/src/message/rows.ts';
import type {
  Account,
  AccountSettings,
  Connection,
  DeadLetter,
  LinkSettings,
  MessagePart,
  TestedWebhook,
  ToolInputs,
  ToolOutputs,
  WebhookEndpoint,
  WebhookEventType,
} from '../src/index.ts';

/** The tools of the server, by their names. */
interface ServerTools {
  gmail_fetch_mails: typeof gmailFetchMails;
  gmail_get_message_by_id: typeof gmailGetMessageById;
  gmail_get_attachment_by_id: typeof gmailGetAttachmentById;
  gmail_list_drafts: typeof gmailListDrafts;
  gmail_search_people: typeof gmailSearchPeople;
  gmail_get_contacts: typeof gmailGetContacts;
}
type ServerTool = keyof ServerTools;
type ServerInput<Name extends ServerTool> = z.input<ServerTools[Name]['input']>;
type ServerOutput<Name extends ServerTool> =
  NonNullable<ServerTools[Name]['output']> extends z.ZodType<infer Output> ? Output : never;
/** Declares no output: its answers are compared where they are listed (tools.test.ts). */
type WithoutOutput = 'gmail_get_attachment_by_id';

/** Compiles where `Here` holds everything that `There` is. */
type Holds<Here, There extends Here> = There;
/** Compiles where both have the same fields. */
type SameFields<Here, There extends Record<keyof Here, unknown>> =
  Exclude<keyof There, keyof Here> extends never ? true : never;
/** The name of a tool of which `Here` does not hold all that `There` is. */
type Fault<Here, There, Name> = [There] extends [Here] ? never : Name;
/** Compiles where no tool has a fault. */
type None<Faults extends Record<ServerTool, never>> = Faults;
/** Lists of names may be longer than the names that Google has: the server says which it does not know. */
type Named<T> = { [Field in keyof T]: NonNullable<T[Field]> extends readonly string[] ? readonly string[] : T[Field] };

type ServerAccount = ReturnType<typeof accountJson>;

/** Nothing runs here: what is wrong does not compile. */
export type Checked = [
  Holds<Account, ServerAccount>,
  SameFields<Account, ServerAccount>,
  Holds<
    z.input<typeof accountChangeInput>,
    { -readonly [Field in keyof AccountSettings]: Mutable<AccountSettings[Field]> }
  >,
  SameFields<Required<AccountSettings> & { identifier: string }, Required<z.input<typeof accountInput>>>,
  SameFields<Required<AccountSettings>, Required<z.input<typeof accountChangeInput>>>,
  Holds<z.input<typeof linkInput>, { -readonly [Field in keyof LinkSettings]: Mutable<LinkSettings[Field]> }>,
  SameFields<Required<LinkSettings>, Required<z.input<typeof linkInput>>>,
  Holds<MessagePart, FullPart>,
  SameFields<Required<MessagePart>, Required<FullPart>>,
  SameFields<Required<NonNullable<MessagePart['body']>>, Required<FullPart['body']>>,
  Holds<WebhookEndpoint, z.infer<typeof webhookAnswer>>,
  SameFields<WebhookEndpoint, z.infer<typeof webhookAnswer>>,
  Holds<TestedWebhook, z.infer<typeof testedAnswer>>,
  SameFields<DeadLetter, z.infer<typeof deadLettersAnswer>['events'][number]>,
  Holds<Connection, ConnectionsAnswer['connections'][number]>,
  Holds<WebhookEventType, ServerEventType>,
  Holds<ServerEventType, WebhookEventType>,
  SameFields<ToolInputs, ServerTools>,
  None<{ [Name in ServerTool]: Fault<Named<ServerInput<Name>>, Named<ToolInputs[Name]>, Name> }>,
  None<{ [Name in ServerTool]: Fault<keyof ToolInputs[Name], keyof ServerInput<Name>, Name> }>,
  None<{
    [Name in ServerTool]: Fault<
      Omit<ToolOutputs[Name], 'untrusted' | 'notes'>,
      ServerOutput<Name>,
      Exclude<Name, WithoutOutput>
    >;
  }>,
];

type Mutable<T> = T extends readonly (infer Item)[] ? Item[] : T;

it('The types name the tools of the catalogue', () => {
  const names: Record<keyof ToolInputs, true> = {
    gmail_fetch_mails: true,
    gmail_get_message_by_id: true,
    gmail_get_attachment_by_id: true,
    gmail_list_drafts: true,
    gmail_search_people: true,
    gmail_get_contacts: true,
  };
  expect(Object.keys(names)).toEqual(catalogue.map(({ name }) => name));
});
