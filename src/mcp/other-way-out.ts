// Which problems of the operator's a person can mend for themselves by connecting again, in a sentence before the link. So
// nobody whose stored access Google refuses is left without a way out of their own.
import type { Problem } from '../model/problem.ts';

/** What a link is good for; undefined where it would mend nothing. */
export const otherWayOut = (problem: Problem): string | undefined => {
  switch (problem.kind) {
    case 'many_grants_refused':
      return 'Where waiting is no choice, or this person ended the access themselves, they open this link and approve';
    case 'operator_client_changed':
      return 'Or the person opens this link and approves, which mends it for them';
    case 'client_invalid':
      return 'Should calls still fail after that, the person opens this link and approves';
    default:
      return undefined;
  }
};
