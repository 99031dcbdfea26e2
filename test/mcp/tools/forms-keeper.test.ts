import { expect, test } from 'vitest';
import { createFormsKeeper, formsOf } from '../../../src/mcp/size-limit.ts';

test('rows that wait for the rest of their list keep their long forms only up to a bound', () => {
  const keep = createFormsKeeper();
  const row = (length: number) => formsOf([{ text: 'x'.repeat(length) }, { text: 'short' }, { text: '' }]);
  const kept = Array.from({ length: 100 }, () => keep(row(50_000)));
  const whole = kept.filter(([first]) => first?.row.text.length === 50_000);
  expect(whole.length).toBeGreaterThanOrEqual(20);
  expect(whole.length).toBeLessThan(30);
  expect(kept.at(-1)?.map(({ row: { text } }) => text)).toEqual(['short', 'short', '']);
});
