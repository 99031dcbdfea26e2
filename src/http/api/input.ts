// Bodies of /api/v1: JSON objects with known fields only; a misspelled one is named with the right one beside it.
import { z } from 'zod';
import { sessionSeconds } from '../../identity/credentials.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { maxReturnUrlLength } from '../../lib/return-url.ts';
import { identifierSchema } from '../../model/account-key.ts';
import { type Capability, capabilities, isCapability } from '../../model/capability.ts';
import { failed, ok, type Result } from '../../model/result.ts';

const absent = <T>(schema: z.ZodType<T>) => z.union([z.null().transform(() => undefined), schema]).optional();

/** What pins may be, wherever they come from. */
export const expectedEmail = z.email('must be an e-mail address');
export const expectedDomain = z
  .string()
  .regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'must be a domain such as example.com');

export const expectedSub = z.string().regex(/^\S{1,255}$/, 'must be the `sub` of a Google account');

const knownCapabilities = `Known are ${capabilities.join(', ')}`;

const capabilityFault = (name: unknown, at: number): string => {
  const near = typeof name === 'string' ? nearestName(name, capabilities) : undefined;
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `has something unknown at place ${at + 1}.${meant} ${knownCapabilities}`;
};

/** Names of capabilities, each once; wherever they come from. */
export const capabilityList = z
  .array(z.unknown(), `must be a list. ${knownCapabilities}`)
  .max(20, `must have at most 20 names. ${knownCapabilities}`)
  .meta({ override: { items: { type: 'string', enum: [...capabilities] } } })
  .transform((names, context): Capability[] => {
    const wrong = names.findIndex((name) => !isCapability(name));
    if (wrong >= 0) context.addIssue({ code: 'custom', message: capabilityFault(names[wrong], wrong) });
    return capabilities.filter((capability) => names.includes(capability));
  });

const pinTexts = {
  email: 'The connected mailbox has to have this address.',
  domain: 'The connected mailbox has to belong to this Google Workspace organisation.',
  sub: "The connected Google account has to have this `sub`, Google's own id of an account.",
};
const capabilitiesText =
  'What every link of this account asks for beyond what the tools need. Answers say it as `asked_capabilities`.';

export const accountInput = z.strictObject({
  identifier: identifierSchema,
  expected_email: absent(expectedEmail).describe(pinTexts.email),
  expected_domain: absent(expectedDomain).describe(pinTexts.domain),
  expected_sub: absent(expectedSub).describe(pinTexts.sub),
  capabilities: absent(capabilityList).describe(capabilitiesText),
});

/** What is absent stays, and null takes it away. */
export const accountChangeInput = z.strictObject({
  expected_email: expectedEmail.nullish().describe(pinTexts.email),
  expected_domain: expectedDomain.nullish().describe(pinTexts.domain),
  expected_sub: expectedSub.nullish().describe(pinTexts.sub),
  capabilities: capabilityList.nullish().describe(capabilitiesText),
});

const linkTime = 'must be a whole number of seconds from 60 to 3600';

/** RFC 5321 §4.5.3.1.3 leaves 254 characters for an address. */
const loginHint = z.email('must be an e-mail address').max(254, 'must be an e-mail address');

const returnState = z
  .string('must be a text of at most 500 characters')
  .min(1, 'must not be empty')
  .max(500, 'must have at most 500 characters')
  // Anything else could not come back unchanged.
  .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must be well-formed Unicode without NUL');

export const linkInput = z
  .strictObject({
    replace: absent(z.boolean('must be true or false')).describe(
      'Whoever completes the link may connect another Google account than the one that is connected now.',
    ),
    capabilities: absent(capabilityList).describe('What this link asks for beyond what the account always asks for.'),
    return_url: absent(
      z.string('must be a URL').max(maxReturnUrlLength, `must have at most ${maxReturnUrlLength} characters`),
    ).describe(
      'Where the browser goes in the end, with `status`, `reason` and `state` in its query; one that was registered for the key with `--return-url`.',
    ),
    state: absent(returnState).describe('Comes back unchanged with the browser; needs a `return_url`.'),
    login_hint: absent(loginHint).describe(
      'The address that Google suggests to the person. Proves nothing: pin the account.',
    ),
    expires_in: absent(z.int(linkTime).min(60, linkTime).max(3600, linkTime)).describe(
      'Seconds until the link ends; 600 unless said.',
    ),
  })
  .refine(({ state, return_url }) => state === undefined || return_url !== undefined, {
    path: ['state'],
    message: 'goes back with the browser, so it needs a return_url',
  });

/** What a request wants of a link beside what it asks Google for. */
export const linkWishesIn = ({
  return_url: url,
  state,
  login_hint: loginHint,
  expires_in,
}: z.infer<typeof linkInput>) => ({
  loginHint,
  lifetimeMs: expires_in === undefined ? undefined : expires_in * 1000,
  returnTo: url === undefined ? undefined : { url, state },
});

/** The person as the product knows them from the session in which the browser came back. */
export const confirmInput = z.strictObject({ identifier: identifierSchema });

const sessionTime = `must be a whole number of seconds from ${sessionSeconds.least} to ${sessionSeconds.most}`;

export const sessionInput = z.strictObject({
  expires_in: absent(
    z.int(sessionTime).min(sessionSeconds.least, sessionTime).max(sessionSeconds.most, sessionTime),
  ).describe(`Seconds until the token ends; ${sessionSeconds.usual} unless said.`),
});

export const noInput = z.strictObject({});

/** What a request says of an account, or changes of it, in the names of the code; a field that is left out is undefined. */
export const accountSettingsIn = <Pin, Capabilities>(input: {
  readonly expected_email?: Pin;
  readonly expected_domain?: Pin;
  readonly expected_sub?: Pin;
  readonly capabilities?: Capabilities;
}) => ({
  expectedEmail: input.expected_email,
  expectedDomain: input.expected_domain,
  expectedSub: input.expected_sub,
  extraCapabilities: input.capabilities,
});

const invalid = (detail: string): Result<never> => failed({ kind: 'invalid_input', detail });

/** Where a value stands: a field of the body, or a parameter of the address. */
export type InputPlace = 'field' | 'parameter';

/** @param known the names that there are, perhaps none */
export const unknownName = (place: InputPlace, name: string, known: readonly string[]): string => {
  const shown = `Unknown ${place} "${name.slice(0, 64)}".`;
  const near = nearestName(name, known);
  if (near !== undefined) return `${shown} Did you mean "${near}"?`;
  return known.length === 0 ? `${shown} This request takes none.` : `${shown} Known are ${known.join(', ')}.`;
};

const issueText = (issue: z.core.$ZodIssue, known: readonly string[], place: InputPlace): string => {
  if (issue.code === 'unrecognized_keys') return unknownName(place, issue.keys[0] ?? '', known);
  const field = String(issue.path[0] ?? '');
  if (field === '') return 'The body must be a JSON object.';
  // The library's own words are for whoever reads code.
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return `${field} must be a ${issue.expected}.`;
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().at(-1)?.message : issue.message;
  return `${field} ${inner ?? 'is not valid'}.`;
};

/** A body as JSON; an empty one is `{}`. */
export const readJson = (text: string): Result<unknown> => {
  try {
    return ok(text.trim() === '' ? {} : JSON.parse(text));
  } catch {
    return invalid('The body is not valid JSON.');
  }
};

/** The parameters of an address; one that stands there twice has no certain meaning. */
export const readQuery = (queries: Readonly<Record<string, readonly string[]>>): Result<Record<string, string>> => {
  const all = Object.entries(queries);
  if (all.some(([, values]) => values.length > 1)) return invalid('A parameter stands more than once in the address.');
  return ok(Object.fromEntries(all.map(([name, values]) => [name, values[0] ?? ''])));
};

/** Reads a request body; an empty one is `{}`. The detail of a failure never repeats a value. */
export const readInput = <S extends z.ZodObject>(text: string, schema: S): Result<z.infer<S>> => {
  const json = readJson(text);
  return json.ok ? checkInput(json.value, schema, 'field') : json;
};

/** The same for what was parsed already. */
export const checkInput = <S extends z.ZodObject>(value: unknown, schema: S, place: InputPlace): Result<z.infer<S>> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const known = Object.keys(schema.shape);
  return invalid(parsed.error.issues.map((issue) => issueText(issue, known, place)).join(' '));
};
