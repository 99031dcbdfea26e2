// The routes of tools for programs that speak no MCP, described.
import { z } from 'zod';
import { toolFormats } from '../../../mcp/tool-formats.ts';
import { toolCallAnswer, toolsAnswer } from '../answers.ts';
import { type DescribedError, problem, type RouteDescription } from './description.ts';

const common = { group: 'Tools', credentials: ['service_key', 'session_token'] } as const;

const limits: readonly DescribedError[] = [
  { status: 429, error: 'too_many_calls', when: 'More than 300 calls were made for this person within a minute.' },
  { status: 429, error: 'too_many_calls_at_once', when: 'Sixty calls for this person are under way.' },
  { status: 503, error: 'server_busy', when: 'Postern has more to do than it takes on at once.' },
];

/** What is wrong with the call. */
const ofCalls: readonly DescribedError[] = [
  problem('page_token_invalid', 'The page_token belongs to other parameters.'),
  problem('not_found', 'There is no such account, or nothing in it with the id that the input names.'),
  { status: 404, error: 'unknown_tool', when: 'There is no such tool; `next` names the one that was probably meant.' },
  problem('too_large', 'The body has more than 64 KB, or what was asked for is too large for an answer.'),
  problem('attachment_cut', 'The mail holds only a part of the attachment.'),
  problem('too_costly', 'Reading it takes more time or memory than one thing may.'),
];

/** What is wrong with the account, and connecting as usual does not mend. */
const ofAccounts: readonly DescribedError[] = [
  problem('link_not_verifiable', 'It is not connected, and nothing would prove that the right person connects it.'),
  problem('too_many_links', 'It is not connected, and twenty links of this person are open.'),
  problem('no_mailbox', 'The Google account has no Gmail.'),
  problem('no_directory', 'The Google account belongs to no organisation with a directory.'),
  problem('domain_policy', "The Workspace admin's policy blocks the app."),
  problem('capability_not_allowed', "The account's OAuth client is not set up for what the tool needs."),
  problem('operator_client_changed', 'It was connected through another OAuth client.'),
  problem('connection_unavailable', "The account's OAuth client is missing here or cannot be opened."),
  problem('sealing_key_missing', 'The grant was sealed with another encryption key.'),
];

/** What is wrong at Google, or between. */
const ofGoogle: readonly DescribedError[] = [
  problem('rate_limited', 'Google limits how fast this mailbox can be read.'),
  problem('google_unavailable', 'Google did not answer properly.'),
  problem('request_refused', 'Google refused the request.'),
  problem('client_invalid', "Google does not accept Postern's OAuth client."),
  problem('api_not_enabled', "An API is not enabled in the operator's Google Cloud project."),
  problem('many_grants_refused', 'Google refuses the access of many unrelated people at once.'),
  problem('busy', 'Much of this account is being read already.'),
  problem('cancelled', 'The connection ended before the answer.'),
  problem('deadline_exceeded', 'The call took too long.'),
];

export const toolDescriptions: readonly RouteDescription[] = [
  {
    ...common,
    method: 'get',
    path: '/tools',
    operationId: 'listTools',
    summary: 'List the tools',
    details:
      'With JSON Schemas of their inputs and answers, or in the form that the SDK of a model takes as `tools`. `openai` is for Chat Completions, `openai-responses` for the Responses API, both strict.',
    query: z.strictObject({
      format: z.enum(toolFormats).optional().describe(`Without it: \`${toolFormats[0]}\`, with both schemas.`),
    }),
    answers: [
      {
        status: 200,
        meaning: 'The tools that are switched on.',
        schema: toolsAnswer,
      },
    ],
    errors: [problem('invalid_input', 'The format is unknown, or there is another parameter.')],
  },
  {
    ...common,
    method: 'post',
    path: '/accounts/{identifier}/tools/{tool}',
    operationId: 'callTool',
    summary: 'Call a tool for a person',
    details:
      'The answer is that of MCP, as JSON. Where the person has to connect first it is 200 with `authorizationRequired` instead of `data`: send them to its `url`, and call again when they are back. The account has to be there.',
    pathParameters: { tool: 'The name of the tool.' },
    body: z.looseObject({}).describe("The tool's input: a JSON object as its `input_schema` has it."),
    bodyExample: { query: 'is:unread', max_results: 1 },
    answers: [
      {
        status: 200,
        meaning: 'What the tool answers, or the link that is needed first.',
        schema: toolCallAnswer,
        headers: { 'Postern-Authorization-Required': '`true` where `authorizationRequired` stands instead of `data`.' },
        example: {
          authorizationRequired: {
            url: 'https://postern.example.com/connect/8Jx2Q0e3b1mYpT5uVn7sKcWdZfGhRaLiXoEqBtUjMyk',
            expiresAt: '2026-01-15T12:10:00.000Z',
            reason: 'never_connected',
            account: { identifier: 'user_42', status: 'PENDING' },
          },
          execution_id: 'run_5f0c9d2e7b41a8c36d90e1f2',
        },
      },
    ],
    errors: [...limits, ...ofCalls, ...ofAccounts, ...ofGoogle],
  },
];
