// Answers of /api/v1 as zod schemas, for their description and for the tests, which hold every real answer against them. The
// objects are strict: a field that is not described is a test's failure. Nothing loads this while Postern serves.
import { z } from 'zod';
import { pendingReasons, revokedReasons } from '../../model/account.ts';
import { identifierSchema, realmSchema } from '../../model/account-key.ts';
import { capabilities, refusalReasons } from '../../model/capability.ts';
import { fixers } from '../../model/problem.ts';

const time = z.iso.datetime();
const capability = z.enum(capabilities);
const accountStatus = z.enum(['PENDING', 'ACTIVE', 'REVOKED']);

const capabilityAnswer = z
  .strictObject({
    status: z.enum(['ready', 'not_granted', 'refused']),
    reason: z
      .enum([...refusalReasons, 'not_allowed_by_connection'])
      .nullable()
      .describe(
        'Why Google refuses it; `not_allowed_by_connection` where the OAuth client of the account does not allow it, and no link asks for it.',
      ),
    since: time.nullable().describe('When Google first refused it.'),
    message: z.string().nullable().describe('What can be done about it, in one sentence.'),
  })
  .meta({ id: 'CapabilityStatus', description: 'What works of one capability.' });

export const accountAnswer = z
  .strictObject({
    realm: realmSchema.describe('The namespace of the API key.'),
    identifier: identifierSchema,
    connection: z.string().describe("The OAuth client it connects through; `default` is the server's own."),
    status: accountStatus.describe(
      '`PENDING`: not connected, or not any more by wish. `ACTIVE`: mail or contacts can be read. `REVOKED`: Google ended the access or refuses everything.',
    ),
    reason: z
      .enum([...new Set([...pendingReasons, ...revokedReasons, ...refusalReasons])])
      .nullable()
      .describe('Why it is not `ACTIVE`; null where it is.'),
    message: z.string().describe('The same as a sentence for people.'),
    hint: z.string().nullable().describe('Something that will go wrong unless somebody acts.'),
    capabilities: z.strictObject({
      mail: capabilityAnswer,
      contacts: capabilityAnswer,
      directory: capabilityAnswer,
      other_contacts: capabilityAnswer,
    }),
    google_email: z.string().nullable().describe('The mailbox; kept after the access ended.'),
    google_sub: z.string().nullable().describe("Google's own id of the account."),
    granted_scopes: z.array(z.string()).describe('The OAuth scopes that Google granted and that work.'),
    asked_capabilities: z.array(capability).describe('What every link asks for beyond what the tools need.'),
    expected_email: z.string().nullable(),
    expected_domain: z.string().nullable(),
    expected_sub: z.string().nullable(),
    created_at: time,
    status_since: time,
    connected_at: time.nullable(),
    last_used_at: time.nullable(),
    checked_at: time.nullable().describe('When Google was last asked what works, and answered.'),
  })
  .meta({
    id: 'Account',
    description: 'One person and their Gmail. Every field is always there; what is unknown is null.',
  });

export const confirmedAnswer = accountAnswer
  .extend({
    return_url: z
      .url()
      .nullable()
      .describe(
        "Where to send the browser on to: the link's `return_url` with `status` and `state`; null where it had none.",
      ),
  })
  .meta({ id: 'ConfirmedAccount', description: 'The account that is connected now, and where the browser goes.' });

export const connectionsAnswer = z
  .strictObject({
    connections: z.array(
      z.strictObject({
        name: z.string(),
        client_id: z.string().describe('The OAuth client at Google.'),
        capabilities: z.array(capability).describe('What its links may ask for.'),
        for_new_accounts: z.boolean().describe('Accounts that this key makes are connected through it.'),
      }),
    ),
  })
  .meta({ id: 'Connections' });

export const linkAnswer = z
  .strictObject({
    url: z.url().describe('Where to send the person. Whoever has it can open it: give it to nobody else.'),
    expires_at: time,
  })
  .meta({ id: 'Link' });

export const disconnectedAnswer = z
  .strictObject({
    revoked_at_google: z.boolean(),
    not_revoked_because: z
      .enum(['sibling', 'no_grant', 'other_client', 'google_unavailable'])
      .nullable()
      .describe(
        '`sibling`: another account here is connected to the same Google account, and revoking would end both. `no_grant`: there was nothing to revoke. `other_client`: it was connected through another OAuth client. `google_unavailable`: Google did not answer. Postern erased its copy all the same.',
      ),
    account: accountAnswer.nullable().describe('null where it was deleted meanwhile.'),
  })
  .meta({ id: 'Disconnected' });

export const sessionAnswer = z
  .strictObject({
    token: z.string().describe('`pst_session_…`. Shown this once.'),
    expires_at: time,
  })
  .meta({ id: 'SessionToken' });

export const accountListAnswer = z
  .strictObject({
    accounts: z.array(accountAnswer),
    next_cursor: z.string().nullable().describe('For `cursor`, with the same filter; null on the last page.'),
  })
  .meta({ id: 'AccountList' });

export const clientListAnswer = z
  .strictObject({
    clients: z.array(
      z.strictObject({
        client: z.string().describe('Its name, for ending it.'),
        kind: z.enum(['session_token', 'user_key']),
        label: z.string().nullable(),
        created_at: time,
        expires_at: time.nullable(),
        last_used_at: time.nullable(),
      }),
    ),
  })
  .meta({ id: 'ClientList' });

export const authRequestAnswer = z
  .strictObject({
    status: z
      .enum(['waiting', 'confirmed', 'refused', 'expired', 'void'])
      .describe(
        '`refused`: the confirmation named another person. `void`: the account was connected otherwise, or disconnected.',
      ),
    google_email: z.string().nullable().describe('The mailbox that waits to be connected; null when it does not wait.'),
    created_at: time,
    expires_at: time,
  })
  .meta({ id: 'AuthRequest', description: 'A connection that the product has to confirm. Not whose link it was.' });

/** As tools answer over MCP: hence its names. */
const authorizationAnswer = z
  .strictObject({
    url: z.url().describe('Where to send the person. Whoever has it can open it: give it to nobody else.'),
    expiresAt: time,
    reason: z
      .string()
      .describe('Why a person is needed: a reason of the account, or the problem that connecting again mends.'),
    missing: z.array(capability).optional().describe('With `scope_missing`: what the person did not allow.'),
    account: z.strictObject({ identifier: identifierSchema, status: accountStatus }),
  })
  .meta({ id: 'AuthorizationRequired', description: 'A link that the person has to open; then the same call works.' });

export const toolCallAnswer = z
  .strictObject({
    data: z
      .looseObject({ untrusted: z.string().describe('A warning for models: what follows comes from outside.') })
      .optional()
      .describe(
        'What the tool answers, by its `output_schema`. A file is `data` in base64, or `url`, good for one download.',
      ),
    authorizationRequired: authorizationAnswer
      .optional()
      .describe('Instead of `data`, or beside it where the answer lacks something for want of a permission.'),
    execution_id: z.string().describe('The name under which the log has the call.'),
  })
  .meta({ id: 'ToolCall' });

export const toolsAnswer = z
  .strictObject({
    tools: z
      .union([z.array(z.looseObject({})), z.record(z.string(), z.looseObject({}))])
      .describe('In the form that was asked for; `ai-sdk` is an object by name, all others are lists.'),
  })
  .meta({ id: 'Tools' });

export const errorAnswer = z
  .strictObject({
    error: z.string().describe('For programs: stable, snake_case.'),
    message: z.string().describe('What happened.'),
    who: z.enum(fixers).describe('Who can mend it.'),
    next: z.string().describe('The one next step.'),
    differences: z
      .array(z.strictObject({ field: z.string(), now: z.union([z.string(), z.array(capability), z.null()]) }))
      .optional()
      .describe('With `account_differs`: the fields that differ, and what they are now.'),
    execution_id: z.string().optional().describe('Of a call of a tool: the name under which the log has it.'),
    authorizationRequired: authorizationAnswer
      .optional()
      .describe('Beside a problem of the operator: the person can also mend it, by connecting again.'),
  })
  .meta({ id: 'Error', description: 'Every error has this shape.' });

/** The API's own description: a JSON object. */
export const documentAnswer = z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' });

export type ConfirmedAnswer = z.infer<typeof confirmedAnswer>;
export type ConnectionsAnswer = z.infer<typeof connectionsAnswer>;
export type LinkAnswer = z.infer<typeof linkAnswer>;
export type DisconnectedAnswer = z.infer<typeof disconnectedAnswer>;
export type SessionAnswer = z.infer<typeof sessionAnswer>;
export type AuthRequestAnswer = z.infer<typeof authRequestAnswer>;
