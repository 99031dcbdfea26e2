// The verbs over HTTP, so that `curl` can play a person or an admin: GET /_sandbox lists state and verbs,
// POST /_sandbox/{verb} with a JSON body does one. Shows no token.
import { Hono } from 'hono';
import type { NewAccount } from './accounts.ts';
import type { Fault, FaultMatch } from './faults.ts';
import type { GoogleService } from './oauth/project.ts';
import type { Sandbox } from './verbs.ts';

export const controlPath = '/_sandbox';

type ArgumentKind = 'string' | 'number' | 'boolean' | 'object';
type Arguments = Record<string, unknown>;

interface ControlVerb {
  /** A `?` at the end of the kind makes the argument optional. */
  readonly takes: Record<string, ArgumentKind | `${ArgumentKind}?`>;
  readonly run: (args: Arguments) => unknown;
}

const text = (args: Arguments, name: string): string => args[name] as string;
const withEmail = (run: (email: string) => void): ControlVerb => ({
  takes: { email: 'string' },
  run: (args) => run(text(args, 'email')),
});

const withDomain = (run: (domain: string) => void): ControlVerb => ({
  takes: { domain: 'string' },
  run: (args) => run(text(args, 'domain')),
});

const services: readonly GoogleService[] = ['gmail.googleapis.com', 'people.googleapis.com'];

const withService = (run: (service: GoogleService) => void): ControlVerb => ({
  takes: { service: 'string' },
  run: (args) => {
    const service = services.find((known) => known === args.service);
    if (service === undefined) throw new Error(`service must be one of ${services.join(', ')}.`);
    run(service);
  },
});

const deliver = (sandbox: Sandbox, args: Arguments): unknown => {
  const bytes = Buffer.from(text(args, 'message').replace(/\r?\n/g, '\r\n'));
  const { mailbox } = sandbox.account(text(args, 'email'));
  return { messageId: mailbox.importMessage(bytes, { labelIds: args.labelIds as string[] | undefined }) };
};

const verbsOf = (sandbox: Sandbox): Record<string, ControlVerb> => ({
  changePassword: withEmail(sandbox.changePassword),
  revokeAccess: withEmail(sandbox.revokeAccess),
  sessionPolicy: withEmail(sandbox.sessionPolicy),
  deleteAccount: withEmail(sandbox.deleteAccount),
  disableGmail: withEmail(sandbox.disableGmail),
  enableGmail: withEmail(sandbox.enableGmail),
  blockGmailByAdmin: withDomain(sandbox.blockGmailByAdmin),
  unblockGmailByAdmin: withDomain(sandbox.unblockGmailByAdmin),
  disableApi: withService(sandbox.disableApi),
  enableApi: withService(sandbox.enableApi),
  blockAppByAdmin: withDomain(sandbox.blockAppByAdmin),
  unblockAppByAdmin: withDomain(sandbox.unblockAppByAdmin),
  removeScope: {
    takes: { email: 'string', scope: 'string' },
    run: (args) => sandbox.removeScope(text(args, 'email'), text(args, 'scope')),
  },
  ageTokens: {
    takes: { email: 'string', milliseconds: 'number' },
    run: (args) => sandbox.ageTokens(text(args, 'email'), args.milliseconds as number),
  },
  setTestingMode: { takes: { on: 'boolean' }, run: (args) => sandbox.setTestingMode(args.on as boolean) },
  setRefreshTokenCap: {
    takes: { count: 'number' },
    run: (args) => sandbox.setRefreshTokenCap(args.count as number),
  },
  setLatency: { takes: { milliseconds: 'number' }, run: (args) => sandbox.setLatency(args.milliseconds as number) },
  setConcurrencyLimit: {
    takes: { count: 'number?' },
    run: (args) => sandbox.setConcurrencyLimit(args.count as number | undefined),
  },
  rotateClientSecret: {
    takes: { clientId: 'string?' },
    run: ({ clientId }) => ({ clientSecret: sandbox.rotateClientSecret(clientId as string | undefined) }),
  },
  addClient: {
    takes: { ofAnotherProject: 'boolean?' },
    run: ({ ofAnotherProject }) => sandbox.addClient({ ofAnotherProject: ofAnotherProject === true }),
  },
  addAccount: {
    takes: { email: 'string', name: 'string?', hostedDomain: 'string?', noMailbox: 'boolean?' },
    run: (args) => {
      // Its arguments are those of the method, and their kinds have been checked.
      const { email, sub } = sandbox.addAccount(args as unknown as NewAccount);
      return { email, sub };
    },
  },
  deliverMessage: {
    takes: { email: 'string', message: 'string', labelIds: 'object?' },
    run: (args) => deliver(sandbox, args),
  },
  fault: {
    takes: { path: 'string?', method: 'string?', times: 'number?', fault: 'object' },
    run: ({ fault, ...match }) => sandbox.fault(match as FaultMatch, fault as Fault),
  },
  clearFaults: { takes: {}, run: () => sandbox.clearFaults() },
});

/** What is wrong with the arguments, as a sentence; undefined when nothing is. */
const wrongArguments = (name: string, verb: ControlVerb, args: Arguments): string | undefined => {
  const unknown = Object.keys(args).find((key) => !(key in verb.takes));
  if (unknown !== undefined)
    return `${name} does not know "${unknown}"; it takes ${Object.keys(verb.takes).join(', ') || 'nothing'}.`;
  for (const [key, kind] of Object.entries(verb.takes)) {
    const missing = args[key] === undefined;
    if (missing && kind.endsWith('?')) continue;
    const wanted = kind.replace('?', '');
    if (missing) return `${name} needs "${key}" (${wanted}) in its JSON body.`;
    if (typeof args[key] !== wanted) return `"${key}" must be a ${wanted}.`;
  }
  return undefined;
};

const overview = (sandbox: Sandbox, verbs: Record<string, ControlVerb>): Record<string, unknown> => ({
  origin: sandbox.origin,
  clientId: sandbox.clientId,
  accounts: sandbox.accounts.map(({ email, name, hostedDomain, sub, mailbox, gmailEnabled }) => ({
    email,
    name,
    hostedDomain,
    sub,
    messages: mailbox.size,
    gmailEnabled,
    activeGrants: sandbox.activeGrants(email),
  })),
  verbs: Object.fromEntries(Object.entries(verbs).map(([name, { takes }]) => [name, takes])),
  requests: sandbox.requests.slice(-50).map((request) => ({ ...request, query: request.query.toString() })),
});

const refuse = (status: number, error: string): Response => Response.json({ error }, { status });

/** @returns a Hono app to be mounted at the root. POSTs must be JSON: no foreign web page can send them unasked. */
export const controlRoutes = (sandbox: Sandbox): Hono => {
  const app = new Hono();
  const verbs = verbsOf(sandbox);
  app.get(controlPath, () => Response.json(overview(sandbox, verbs)));
  app.post(`${controlPath}/:verb`, async (context) => {
    const name = context.req.param('verb');
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (verb === undefined) return refuse(404, `There is no verb "${name}"; GET ${controlPath} lists them.`);
    if (!context.req.header('content-type')?.includes('application/json'))
      return refuse(415, 'Send JSON: -H "Content-Type: application/json" -d "{…}".');
    const args: unknown = await context.req.json().catch(() => undefined);
    if (typeof args !== 'object' || args === null || Array.isArray(args))
      return refuse(400, 'The body must be a JSON object.');
    const wrong = wrongArguments(name, verb, args as Arguments);
    if (wrong !== undefined) return refuse(400, wrong);
    try {
      return Response.json(verb.run(args as Arguments) ?? {});
    } catch (error) {
      return refuse(400, error instanceof Error ? error.message : String(error));
    }
  });
  return app;
};
