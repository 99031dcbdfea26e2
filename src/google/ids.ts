// The grammar of what a model may put into a URL or query. Anything else is refused before a request is built: an empty
// id would turn a get into a list, and the libraries refuse only `.` and `..`.
import type { Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';

interface Grammar {
  readonly pattern: RegExp;
  readonly said: string;
}

const idCharacters = 'letters, digits, "-" and "_"';

const grammars = {
  message_id: { pattern: /^[A-Za-z0-9_-]{1,128}$/, said: `1–128 ${idCharacters}` },
  draft_id: { pattern: /^[A-Za-z0-9_-]{1,128}$/, said: `1–128 ${idCharacters}` },
  attachment_id: {
    pattern: /^[A-Za-z0-9_-]{1,4096}={0,2}$/,
    said: 'an attachmentId of the message: a part such as "1" or "0.2", "1:0" for a file inside part 1, or "root"',
  },
  page_token: { pattern: /^[\x21-\x7e]{1,4096}$/, said: '1–4096 printable ASCII characters without spaces' },
  label_ids: { pattern: /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u, said: 'label ids of 1–256 printable characters' },
} as const satisfies Record<string, Grammar>;

type IdParameter = keyof typeof grammars;

/** Checks one value against the grammar of the parameter it came in by; the problem names that parameter. */
export const checkId = (parameter: IdParameter, value: string): Result<string> => {
  const { pattern, said } = grammars[parameter];
  if (pattern.test(value)) return ok(value);
  const problem: Problem = { kind: 'invalid_input', detail: `${parameter} must be ${said}.` };
  return failed(problem);
};

/** The first problem among several checks; undefined values are absent parameters. */
export const firstBadId = (checks: readonly (readonly [IdParameter, string | undefined])[]): Problem | undefined => {
  for (const [parameter, value] of checks) {
    const checked = value === undefined ? undefined : checkId(parameter, value);
    if (checked && !checked.ok) return checked.problem;
  }
  return undefined;
};
