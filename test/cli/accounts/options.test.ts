// Pins on the command line: what is no mailbox and no domain is refused before it can let the wrong person in.
import { describe, expect, it } from 'vitest';
import { parsePins } from '../../../src/cli/accounts/options.ts';

describe('A pin', () => {
  it('is passed on as it was given', () => {
    const pins = { expectedEmail: 'kim@example.com', expectedDomain: 'example.com' };
    expect(parsePins(pins)).toEqual(pins);
    expect(parsePins({})).toEqual({});
  });

  it.each([
    { expectedDomain: '' },
    { expectedDomain: 'example' },
    { expectedDomain: 'kim@example.com' },
    { expectedEmail: '' },
    { expectedEmail: 'kim' },
  ])('%j, as an unset shell variable or a slip makes it, is refused', (pins) => {
    expect(() => parsePins(pins)).toThrow(/^--expected-(?:email|domain) must be /);
  });
});
