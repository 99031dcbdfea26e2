// The table of css-visibility.json: what Chromium paints of each fragment, as scripts/css-agreement.ts found it.
import { expect, test } from 'vitest';
import cases from './css-visibility.json' with { type: 'json' };
import { textOfHtml } from './text-of-html.ts';

/** Hidden text that is passed on: whether it is seen depends on where boxes come to lie, which is not worked out. */
const passedOn = ['blend'];

test.each(cases.filter(({ personSees }) => personSees))('text that a person sees is told: $name', ({ html }) => {
  expect(textOfHtml(html)).toContain('MARKWORD');
});

test('text that a person does not see is left out, but for the known cases', () => {
  const hidden = cases.filter(({ personSees }) => !personSees);
  expect(hidden.filter(({ html }) => textOfHtml(html).includes('MARKWORD')).map(({ name }) => name)).toEqual(passedOn);
});
