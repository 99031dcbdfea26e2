import { expect, test } from 'vitest';
import { createVariantTrimmer, variantsOf } from '../../../src/mcp/size-limit.ts';

test('rows of a list that wait for the others keep their long variants up to a bound on their size together', () => {
  const trim = createVariantTrimmer();
  const row = (length: number) => variantsOf([{ text: 'x'.repeat(length) }, { text: 'short' }, { text: '' }]);
  const kept = Array.from({ length: 100 }, () => trim(row(50_000)));
  const whole = kept.filter(([first]) => first?.row.text.length === 50_000);
  expect(whole.length).toBeGreaterThanOrEqual(20);
  expect(whole.length).toBeLessThan(30);
  expect(kept.at(-1)?.map(({ row: { text } }) => text)).toEqual(['short', 'short', '']);
});
