// POST /api/v1/accounts/{identifier}/check: a product asks Google now what works of one of its people's accounts.
import { Hono } from 'hono';
import type { Accounts } from '../../connect/accounts.ts';
import { explainProblem } from '../../model/problem.ts';
import { errorResponse, problemResponse, problemStatus } from '../errors.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import { accountNotFound, keyInPath } from './account-in-path.ts';
import { accountJson } from './account-json.ts';
import { noInput, readInput } from './input.ts';
import type { ServiceVariables } from './service.ts';

export interface CheckRouteOptions {
  readonly accounts: Pick<Accounts, 'check'>;
  readonly keyLimits: KeyLimits;
}

export const checkRoute = ({ accounts, keyLimits }: CheckRouteOptions) =>
  new Hono<ServiceVariables>().post('/accounts/:identifier/check', keyLimits.before('checks'), async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const input = readInput(await c.req.text(), noInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const checked = await accounts.check(key);
    switch (checked.kind) {
      case 'unknown':
        return accountNotFound(c);
      case 'checked':
        return c.json(accountJson(checked.account));
      case 'not_checked': {
        const { what, fixer, next } = explainProblem(checked.problem);
        return errorResponse(c, {
          status: problemStatus(checked.problem),
          error: checked.problem.kind,
          message: `The account could not be checked; what Google did not answer stays as it was. ${what}`,
          who: fixer,
          next,
        });
      }
    }
  });
