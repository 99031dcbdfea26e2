// What the enabled tools can work with, in all: nobody is asked for a permission that nothing would use. Pure.

import type { AccountsOptions } from '../grants/options.ts';
import type { Capability } from '../model/capability.ts';
import type { Problem } from '../model/problem.ts';

type Tools = Pick<AccountsOptions, 'requiredCapabilities' | 'optionalCapabilities' | 'stepUpCapabilities'>;

export const isUsed = (tools: Tools, capability: Capability): boolean =>
  [tools.requiredCapabilities, tools.optionalCapabilities, tools.stepUpCapabilities].some((some) =>
    some.includes(capability),
  );

/** What is wrong with asking for these; undefined where each is of use. */
export const unusedAmong = (tools: Tools, asked: readonly Capability[]): Problem | undefined => {
  const unused = asked.filter((capability) => !isUsed(tools, capability));
  if (unused.length === 0) return undefined;
  const detail = `capabilities has ${unused.join(', ')}, which no tool works with that this server offers.`;
  return { kind: 'invalid_input', detail };
};
