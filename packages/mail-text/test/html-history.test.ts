import { expect, test } from 'vitest';
import { readableHtml } from '../src/html/readable-html.ts';

/** The text from the place on where history begins. */
const historyOf = (html: string): string | undefined => {
  const { text, quotedFrom } = readableHtml(html);
  return quotedFrom === undefined ? undefined : [...text].slice(quotedFrom).join('');
};

test.each([
  [
    'Gmail',
    '<div>Yes 😀</div><div class="gmail_quote"><div class="gmail_attr">On Monday Ada wrote:</div><blockquote class="gmail_quote">Coming?</blockquote></div>',
    'On Monday Ada wrote:\n> Coming?',
  ],
  [
    'Apple Mail',
    '<div>Yes</div><blockquote type="cite"><div>On Monday Ada wrote:</div>Coming?</blockquote>',
    '> On Monday Ada wrote:\n> Coming?',
  ],
  [
    'Thunderbird',
    '<p>Yes</p><div class="moz-cite-prefix">Ada wrote:</div><blockquote type="cite">Coming?</blockquote>',
    'Ada wrote:\n> Coming?',
  ],
  [
    'Outlook on the web',
    '<p>Yes</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Ada</div><div>Coming?</div>',
    '---\n\nFrom: Ada\nComing?',
  ],
  [
    'Outlook',
    '<p>Yes</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Ada</p></div><p>Coming?</p>',
    'From: Ada\n\nComing?',
  ],
  ['Yahoo', '<div>Yes</div><div class="yahoo_quoted">Ada wrote: Coming?</div>', 'Ada wrote: Coming?'],
])('the history that %s marks can be told apart', (_, html, history) => {
  expect(historyOf(html)).toBe(history);
});

test('a footer below the history is left with it', () => {
  expect(historyOf('<p>Yes</p><blockquote type="cite">Coming?</blockquote><p>The list</p>')).toBe(
    '> Coming?\n\nThe list',
  );
});

test('an answer below the quote is no history', () => {
  expect(historyOf('<blockquote type="cite">Coming?</blockquote><p>Yes</p>')).toBeUndefined();
});

test('answers between quotes are no history', () => {
  const quote = (text: string) => `<blockquote type="cite">${text}</blockquote>`;
  expect(historyOf(`Hello${quote('Coming?')}Yes${quote('When?')}At noon`)).toBeUndefined();
  expect(historyOf(`Hello${quote('Coming?')}Yes${quote('the rest')}`)).toBe('> the rest');
});

test('a quotation in the text itself is no history', () => {
  expect(historyOf('<p>As they say:</p><blockquote>Less is more</blockquote>')).toBeUndefined();
});
