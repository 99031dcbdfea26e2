// Everything that can go wrong, as a closed union: what happened · who can fix it · the one next step.
// Texts here are ours alone; nothing from Google, a library or a mail ever becomes part of one.
import type { RevokedEvidence } from './account.ts';
import { type AuthorizationReason, authorizationText } from './authorization-text.ts';
import { apiOf, type Capability, type RefusalReason } from './capability.ts';

/** What an account is not as a request says it, by the API's name of it, and what it is now. */
export type Difference =
  | { readonly field: 'expected_email' | 'expected_domain' | 'expected_sub'; readonly now: string | null }
  | { readonly field: 'capabilities'; readonly now: readonly Capability[] };

export type Problem =
  /** A human is needed: the answer is a link, not a failure. */
  | {
      readonly kind: 'authorization_required';
      readonly reason: AuthorizationReason;
      readonly missing?: Capability[];
      readonly evidence?: RevokedEvidence;
    }
  /** A link for this account could never be completed: nothing would prove who completes it. */
  | { readonly kind: 'link_not_verifiable' }
  /** The account exists and is not as the request says; only a change by name changes it. */
  | { readonly kind: 'account_differs'; readonly differences: readonly Difference[] }
  | { readonly kind: 'too_many_links' }
  /** A link is to send the browser back to an address that its key was not made with. */
  | { readonly kind: 'return_url_not_registered'; readonly registered: readonly string[] }
  /** The page a link leads to cannot be served: on a laptop another program has its port. */
  | { readonly kind: 'link_pages_unavailable' }
  | { readonly kind: 'no_mailbox' }
  /** Only Workspace accounts have one. */
  | { readonly kind: 'no_directory' }
  | { readonly kind: 'domain_policy' }
  /** `connection`: whose client it is; absent: the environment's. */
  | { readonly kind: 'client_invalid'; readonly connection?: string }
  | { readonly kind: 'operator_client_changed'; readonly connection?: string }
  /** The account's connection is gone, or its row does not count. */
  | { readonly kind: 'connection_unavailable'; readonly connection: string }
  /** The connection of the account may not ask for these, so that no link would help. */
  | { readonly kind: 'capability_not_allowed'; readonly capabilities: readonly Capability[] }
  /** A bulk refusal: Google refuses the grants of many unrelated people at once (grants/refused-grants.ts). */
  | { readonly kind: 'many_grants_refused' }
  | { readonly kind: 'api_not_enabled'; readonly api: 'Gmail API' | 'People API' }
  | { readonly kind: 'sealing_key_missing' }
  /** What is stored about this account was not written by Postern. */
  | { readonly kind: 'row_refused' }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'google_unavailable' }
  | { readonly kind: 'deadline_exceeded'; readonly seconds: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'storage_busy' }
  | { readonly kind: 'storage_full' }
  /** `known`: the ids that there are instead, where they were looked up; ours alone, never a sender's words. */
  | { readonly kind: 'not_found'; readonly what: string; readonly known?: readonly string[] }
  /** The mail itself has only the beginning of it. */
  | { readonly kind: 'attachment_cut' }
  /** `detail` is built from parameter names, bounds and the names of the person's own labels, never from library text. */
  | { readonly kind: 'invalid_input'; readonly detail: string }
  | { readonly kind: 'page_token_invalid' }
  | { readonly kind: 'too_large'; readonly what: string; readonly limitBytes: number; readonly instead: string }
  /** Reading it takes more time or memory than one thing may. */
  | { readonly kind: 'too_costly'; readonly what: string }
  | { readonly kind: 'busy' }
  /** Google refused a request that we built: our defect, or a change at Google. */
  | { readonly kind: 'request_refused'; readonly status: number }
  | { readonly kind: 'internal' };

/** Who can mend what went wrong. */
export const fixers = ['the person', 'their Workspace admin', 'the operator', 'nobody, wait', 'the caller'] as const;
export type Fixer = (typeof fixers)[number];

export interface Explanation {
  readonly what: string;
  readonly fixer: Fixer;
  readonly next: string;
}

const explain = (what: string, fixer: Fixer, next: string): Explanation => ({ what, fixer, next });

const knownText = (what: string, known: readonly string[] | undefined): string => {
  if (known === undefined) return 'Use an id from a list or search result.';
  return known.length === 0 ? `There is no ${what} here at all.` : `There are: ${known.join(', ')}.`;
};

const differenceText = ({ field, now }: Difference): string =>
  now === null || now.length === 0 ? `${field} is not set` : `${field} is ${String(now)}`;

/** A problem in words. Exhaustive: a new kind does not compile without its sentence. */
export const explainProblem = (problem: Problem): Explanation => {
  switch (problem.kind) {
    case 'authorization_required':
      return explain(
        authorizationText(problem.reason, problem.missing, problem.evidence),
        'the person',
        'Open the link, approve, then call again.',
      );
    case 'link_not_verifiable':
      return explain(
        'Gmail is not connected, and no link can be made: nothing would prove that the person who opens it is the person it is for.',
        'the operator',
        'Pin the account (expected_email, expected_domain or expected_sub with POST /api/v1/accounts, PATCH where it exists, or `postern accounts pin --expected-email`), or create the key with --verify-url or, weaker, --unverified-links. Where an identity provider signs people in, POSTERN_OIDC_CLIENT_ID and POSTERN_OIDC_CLIENT_SECRET let it prove them.',
      );
    case 'link_pages_unavailable':
      return explain(
        'Gmail is not connected, and no link can be made: another program uses the port of the connect pages, perhaps another client with the same settings.',
        'the person',
        'Finish connecting there, or end the other program, then call again.',
      );
    case 'account_differs':
      return explain(
        `This account exists and is another than the request says: ${problem.differences.map(differenceText).join(', ')}.`,
        'the caller',
        'Leave those fields out to take the account as it is, or change it with PATCH /api/v1/accounts/{identifier}.',
      );
    case 'too_many_links':
      return explain(
        'There are 20 open links for this person already.',
        'the person',
        'Open one of the links, or wait until they run out: ten minutes, or what the link was made for.',
      );
    case 'return_url_not_registered':
      return explain(
        'Browsers may not be sent back to this return_url: it is not registered for this key.',
        'the caller',
        problem.registered.length === 0
          ? 'Use a key that it is registered for: `postern api-keys create --service --return-url URL`.'
          : `Registered are: ${problem.registered.join(', ')} (a "*" stands for one path segment). Another one needs a key of its own: \`postern api-keys create --service --return-url URL\`.`,
      );
    case 'no_mailbox':
      return explain(
        'This Google account has no Gmail mailbox.',
        'their Workspace admin',
        'Turn Gmail on for this account, or connect another one.',
      );
    case 'no_directory':
      return explain(
        'This Google account belongs to no organisation with a directory.',
        'the caller',
        'Go without it: contacts were searched all the same.',
      );
    case 'domain_policy':
      return explain(
        "The Workspace admin's policy blocks this app.",
        'their Workspace admin',
        'Trust the app in the admin console under Security → API controls.',
      );
    case 'client_invalid':
      return explain(
        "Google does not accept Postern's OAuth client.",
        'the operator',
        `${problem.connection === undefined ? 'Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the Google Cloud console.' : `Compare the client of the connection ${problem.connection} with its Google Cloud console, and give it its secret with \`postern connections add ${problem.connection} --replace\`.`} Nobody was disconnected: once they are right again, calls go on.`,
      );
    case 'operator_client_changed':
      return explain(
        'This account was connected through another OAuth client or token endpoint than the one configured now.',
        'the operator',
        problem.connection === undefined
          ? 'Put the former GOOGLE_* settings back, or let the person connect again with `postern accounts connect` or a link.'
          : `See which client the connection ${problem.connection} has with \`postern connections list\`, or let the person connect again with a link.`,
      );
    case 'connection_unavailable':
      return explain(
        `The OAuth client that this account is connected through (connection ${problem.connection}) is missing here or cannot be opened.`,
        'the operator',
        'Run `postern doctor` and `postern connections list`; restore a backup, or add the same client again under this name.',
      );
    case 'capability_not_allowed':
      return explain(
        `The OAuth client that this account is connected through is not set up for ${problem.capabilities.join(', ')}.`,
        'the operator',
        'Let its connection ask for it: `postern connections add NAME --credentials-file FILE --replace --capabilities all`. Then the person opens a new link.',
      );
    case 'many_grants_refused':
      return explain(
        "Google refuses the stored access of many people at once who have nothing to do with each other. That points to Google, or to Postern's OAuth client or token endpoint, not to these people: nobody was disconnected, and calls work again as soon as Google accepts them.",
        'the operator',
        'Run `postern doctor`, look for a change of the OAuth client in the Google Cloud console and compare GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and GOOGLE_TOKEN_ENDPOINT.',
      );
    case 'api_not_enabled':
      return explain(
        `The ${problem.api} is not enabled in the operator's Google Cloud project.`,
        'the operator',
        `Enable the ${problem.api} under APIs & Services → Library.`,
      );
    case 'sealing_key_missing':
      return explain(
        'The stored grant cannot be opened with the configured encryption key.',
        'the operator',
        'Put the former key back as POSTERN_ENCRYPTION_KEY or into POSTERN_ENCRYPTION_KEYS_RETIRED.',
      );
    case 'row_refused':
      return explain(
        'What is stored about this account was changed by something else than Postern, so nothing of it is used.',
        'the operator',
        'Run `postern doctor`, which names every such row and says what to do.',
      );
    case 'rate_limited':
      return explain(
        'Google limits how fast this mailbox can be read.',
        'nobody, wait',
        problem.retryAfterSeconds === undefined
          ? 'Try again in a minute.'
          : `Try again in ${problem.retryAfterSeconds} seconds.`,
      );
    case 'google_unavailable':
      return explain('Google did not answer properly.', 'nobody, wait', 'Try again in a minute.');
    case 'deadline_exceeded':
      return explain(
        `The call took longer than ${problem.seconds} seconds.`,
        'the caller',
        'Try again, or ask for less at once.',
      );
    case 'cancelled':
      return explain('The call was cancelled.', 'the caller', 'Call again if the answer is still wanted.');
    case 'storage_busy':
      return explain("Postern's database is busy.", 'nobody, wait', 'Try again in a few seconds.');
    case 'storage_full':
      return explain(
        "The disk that holds Postern's database is full, so nothing new can be kept.",
        'the operator',
        'Make room on that disk, then call again.',
      );
    case 'not_found':
      return explain(`There is no such ${problem.what}.`, 'the caller', knownText(problem.what, problem.known));
    case 'attachment_cut':
      return explain(
        'The mail holds only a part of this attachment: it was cut off on its way.',
        'the person',
        'Ask the sender to send it again.',
      );
    case 'invalid_input':
      return explain(problem.detail, 'the caller', 'Correct the arguments and call again.');
    case 'page_token_invalid':
      return explain(
        'This page_token does not belong to these parameters, or is no longer valid.',
        'the caller',
        'Repeat the call without page_token and with the same parameters.',
      );
    case 'too_large':
      return explain(`${problem.what} is larger than ${problem.limitBytes} bytes.`, 'the caller', problem.instead);
    case 'too_costly':
      return explain(
        `${problem.what} takes more time or memory to read than one may.`,
        'the caller',
        'Ask for less at once; format "raw" has a message\'s source, delivery "link" a file as it is.',
      );
    case 'busy':
      return explain('Much of this account is being read already.', 'nobody, wait', 'Try again in a few seconds.');
    case 'request_refused':
      return explain(
        `Google refused the request (HTTP ${problem.status}).`,
        'the operator',
        "Look into Postern's log for the reason.",
      );
    case 'internal':
      return explain('Postern failed.', 'the operator', "Look into Postern's log for the reason.");
  }
};

/** Why an API refuses a capability, where its answer says that it does; undefined for what passes, or is about one request. */
export const refusalIn = (problem: Problem): RefusalReason | undefined => {
  switch (problem.kind) {
    case 'no_mailbox':
    case 'no_directory':
    case 'domain_policy':
    case 'api_not_enabled':
      return problem.kind;
    case 'authorization_required':
      return problem.reason === 'scope_missing' ? 'scope_missing' : undefined;
    case 'request_refused':
      return problem.status === 403 ? 'forbidden' : undefined;
    default:
      return undefined;
  }
};

/** The same as a problem, for its words. */
export const refusalProblem = (capability: Capability, reason: RefusalReason): Problem => {
  switch (reason) {
    case 'no_mailbox':
    case 'no_directory':
    case 'domain_policy':
      return { kind: reason };
    case 'api_not_enabled':
      return { kind: reason, api: apiOf(capability) };
    case 'scope_missing':
      return { kind: 'authorization_required', reason, missing: [capability] };
    case 'forbidden':
      return { kind: 'request_refused', status: 403 };
  }
};
