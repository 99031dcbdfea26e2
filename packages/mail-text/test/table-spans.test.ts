import { describe, expect, test } from 'vitest';
import { textOfHtml } from './text-of-html.ts';

const table = (rows: string, attributes = ' border=1') => `<table${attributes}>${rows}</table>`;

describe('Cells of a data table stay under their columns', () => {
  test.each([
    [
      'below a cell that spans rows',
      '<tr><th>Day<th>Room<th>Talk<tr><td rowspan=2>Monday<td>A<td>One<tr><td>B<td>Two<tr><td>Tuesday<td>A<td>Three',
      'Day | Room | Talk\nMonday | A | One\n| B | Two\nTuesday | A | Three',
    ],
    ['below one in the middle', '<tr><td>a<td rowspan=2>b<td>c<tr><td>d<td>e', 'a | b | c\nd | | e'],
    ['below two', '<tr><td rowspan=2>a<td rowspan=2>b<td>c<tr><td>d', 'a | b | c\n| | d'],
    ['below one that spans both ways', '<tr><td rowspan=2 colspan=2>a<td>b<tr><td>c', 'a | | b\n| | c'],
    [
      'behind a cell that spans columns',
      '<tr><th colspan=2>Name<th>Age<tr><td>Ann<td>Lee<td>7',
      'Name | | Age\nAnn | Lee | 7',
    ],
    ['down to the end of the rows', '<tr><td rowspan=0>a<td>b<tr><td>c<tr><td>d', 'a | b\n| c\n| d'],
    ['but not beyond their group', '<tbody><tr><td rowspan=9>a<td>b<tbody><tr><td>c<td>d', 'a | b\nc | d'],
    ['without bars for nothing', '<tr><td colspan=3>Total<tr><td>a<td>b<td>c', 'Total\na | b | c'],
    ['without a bar below a picture', '<tr><td rowspan=2><img><td>a<td>b<tr><td>c<td>d', 'a | b\nc | d'],
    [
      'where a hidden row lies between',
      '<tr><td rowspan=2>a<td>b<tr style="display:none"><td>x<tr><td>c',
      'a | b\n| c',
    ],
    ['where spans are no numbers', '<tr><td rowspan=x colspan=-1>a<td>b<tr><td>c<td>d', 'a | b\nc | d'],
  ])('%s', (_, rows, words) => {
    expect(textOfHtml(table(rows))).toBe(words);
  });

  test('also where nothing but their regularity says that it is one', () => {
    const rows = '<tr><td rowspan=2>a<td>b<tr><td>c<tr><td rowspan=2>d<td>e<tr><td>f';
    expect(textOfHtml(table(rows, ''))).toBe('a | b\n| c\nd | e\n| f');
  });
});

test('layout tables have no columns, whatever they span', () => {
  const rows = '<tr><td rowspan=2 colspan=4><p>One</p><td><p>Two</p><tr><td colspan=3><p>Three</p><td><p>Four</p>';
  expect(textOfHtml(table(rows, ' role=presentation'))).not.toContain('|');
});

test('huge rowspan and colspan values do not grow the text', () => {
  const row = '<tr><td rowspan=65534 colspan=1000>a<td rowspan=65534>b<td>c';
  const html = table(row.repeat(5_000));
  expect(textOfHtml(html).length).toBeLessThan(html.length + 50_000);
});
