// The cheapest question to Google that shows whether a capability works. What Google answers is told by the request itself
// (request.ts); nothing of the answer is kept.
import type { Result } from '../model/result.ts';
import type { Capability } from '../model/scope.ts';
import type { CallerGoogle } from './ports.ts';

/** Whatever most people have: the search is not about whom it finds. */
const anybody = { text: 'a', pageSize: 1, personFields: ['names'] };

/** Asks once; fails with the problem that a call of that capability would have. */
export const probe = ({ gmail, people }: CallerGoogle, capability: Capability): Promise<Result<unknown>> => {
  switch (capability) {
    case 'mail':
      return gmail.profile();
    case 'contacts':
      return people.connections({ pageSize: 1, personFields: ['names'] });
    case 'directory':
    case 'other_contacts':
      return people.search({ ...anybody, sources: [capability] });
  }
};
