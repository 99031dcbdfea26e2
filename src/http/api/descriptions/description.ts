// How a route of /api/v1 is described: data from which docs/openapi.json and docs/api.md are made, and against which the tests
// hold the real routes and answers. Nothing loads the descriptions while Postern serves.
import type { z } from 'zod';
import type { Problem } from '../../../model/problem.ts';
import { problemStatus } from '../../errors.ts';

/** The parts of the reference, in its order, with what each is about. */
export const groups = {
  Accounts: 'One account is one person of the product, by the name the product has for them, and their Gmail.',
  Tools: 'What agents do, without MCP. [tools.md](tools.md) has each tool with its parameters.',
  'Session tokens': "One person's own credential, for an agent that should not hold the service key.",
  'Connections to confirm':
    'For keys made with `--verify-url`: the browser comes back to the product with an `auth_request_id`, and the product says who it was, from its own session.',
  Webhooks:
    'Endpoints of the product to which Postern sends events when accounts change. [webhooks.md](webhooks.md) has the events, their form, signatures and retries.',
  'This description': 'The API in the words of OpenAPI 3.1.',
} as const;
type Group = keyof typeof groups;

/** The credentials that a route takes. */
export type CredentialKind = 'service_key' | 'session_token';

export interface DescribedError {
  readonly status: number;
  /** The `error` of its body. */
  readonly error: string;
  /** When, or what it means; one sentence. */
  readonly when: string;
}

export interface DescribedAnswer {
  readonly status: number;
  /** What it means; one sentence. */
  readonly meaning: string;
  /** Absent where there is no body. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** Headers of this answer alone, each with what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteDescription {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below /api/v1, with names in braces. */
  readonly path: string;
  /** The route's name in generated clients. */
  readonly operationId: string;
  readonly group: Group;
  /** What it does, in a few words. */
  readonly summary: string;
  /** More of it: a few sentences of Markdown. */
  readonly details?: string;
  /** Those that are accepted; none: a request without credential is answered. */
  readonly credentials: readonly CredentialKind[];
  /** Of the path, other than `identifier`: name → what it is. */
  readonly pathParameters?: Readonly<Record<string, string>>;
  /** Of the query. */
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** A whole body that is sent as it stands by the test that tries every example. */
  readonly bodyExample?: Readonly<Record<string, unknown>>;
  readonly answers: readonly DescribedAnswer[];
  /** Beyond those of every route (`common-errors.ts`). */
  readonly errors?: readonly DescribedError[];
}

/** An error that is a problem of the model, which knows its status. */
export const problem = (kind: Problem['kind'], when: string): DescribedError => ({
  status: problemStatus({ kind }),
  error: kind,
  when,
});
