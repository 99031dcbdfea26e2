import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readableHtml } from '../src/html/readable-html.ts';
import { readTextFile } from '../src/mime/read-part.ts';
import { textOfHtml } from './text-of-html.ts';

test.each([
  [
    'https://bank.example/login',
    'https://evil.example/x',
    '[https://bank.example/login] (goes to https://evil.example/x)',
  ],
  [
    'Sign in at www.bank.example now',
    'https://bank.example.evil.test/',
    '[Sign in at www.bank.example now] (goes to https://bank.example.evil.test/)',
  ],
  ['bank.example', 'https://bank.example@evil.test/a', '[bank.example] (goes to [link 1: evil.test])'],
  ['help@bank.example', 'mailto:help@evil.test', '[help@bank.example] (goes to mailto:help@evil.test)'],
  ['bank.example', 'https://b\u0430nk.example/', '[bank.example] (goes to https://xn--bnk-6cd.example/)'],
  ['ｂａｎｋ.example', 'https://evil.test/', '[ｂａｎｋ.example] (goes to https://evil.test/)'],
  ['bank.example', 'https:\\\\evil.test\\x', '[bank.example] (goes to https://evil.test/x)'],
  ['bank.example', '//evil.test/x', '[bank.example] (goes to https://evil.test/x)'],
])('the text "%s" with the target %s shows both', (text, href, shown) => {
  expect(textOfHtml(`<a href="${href}">${text}</a>`)).toBe(shown);
});

test.each([
  ['bank.example', 'https://www.bank.example/login', 'bank.example <https://www.bank.example/login>'],
  ['bank.example', 'https://click.bank.example/1', 'bank.example <https://click.bank.example/1>'],
  ['report.pdf', 'https://files.example/1', 'report.pdf <https://files.example/1>'],
])('the text "%s" claims no other host than %s', (text, href, shown) => {
  expect(textOfHtml(`<a href="${href}">${text}</a>`)).toBe(shown);
});

test('targets that lead nowhere outside are not shown', () => {
  for (const href of ['#top', 'javascript:alert(1)', 'data:text/html,x', 'page.html', '', 'cid:1']) {
    expect(textOfHtml(`<a href="${href}">text</a>`)).toBe('text');
  }
});

test('relative targets are completed from the base that the message names', () => {
  expect(textOfHtml('<base href="https://example.com/a/"><a href="b?c">text</a>')).toBe(
    'text <https://example.com/a/b?c>',
  );
});

test('an image and a title with the same target are one link', () => {
  const link = (content: string) => `<a href="https://example.com/1">${content}</a>`;
  expect(textOfHtml(`<td>${link('<img src="x">')}</td><td>${link('Title')}</td>`)).toBe(
    'Title <https://example.com/1>',
  );
  expect(textOfHtml(`${link('<img alt="Photo">')}<br>${link('Title')}`)).toBe('[Photo]\nTitle <https://example.com/1>');
});

test('links of an image map are reachable', () => {
  expect(textOfHtml('<map><area href="https://example.com/a" alt="North"></map>')).toBe(
    '[North] <https://example.com/a>',
  );
});

const linkTo = (url: string, text = 'Here') => `<a href="${url.replaceAll('&', '&amp;')}">${text}</a>`;
const urlsOf = (html: string) => readableHtml(html).links.map(({ url }) => url);

/** A URL of so many characters in all. */
const urlOf = (length: number, origin = 'https://accounts.example.com/reset?token='): string =>
  `${origin}${'a1'.repeat(length)}`.slice(0, length);

test.each([
  ['a password reset', urlOf(180)],
  [
    'a place in a page',
    'https://git.example.com/organisation/some-rather-long-repository-name/pull/12345#discussion_r1',
  ],
  ['a parcel number', `https://track.example.com/${'p/'.repeat(50)}?trk=1Z999AA10123456784&utm_source=mail`],
  ['300 characters', urlOf(300)],
])('a URL is told whole as its sender wrote it: %s', (_, url) => {
  expect(textOfHtml(linkTo(url))).toBe(`Here <${url}>`);
  expect(textOfHtml(`<p>See ${url.replaceAll('&', '&amp;')}, please</p>`)).toBe(`See ${url}, please`);
});

test('of a longer URL what tracks and who redirects go first', () => {
  const target = 'https://example.com/offer?id=5';
  const tracked = `${target}&${'utm_campaign=spring&'.repeat(20)}mc_eid=abc`;
  const wrapped = `https://eur01.safelinks.protection.outlook.com/?url=${encodeURIComponent(target)}&data=${'x'.repeat(300)}`;
  expect(textOfHtml(linkTo(tracked))).toBe(`Here <${target}>`);
  expect(textOfHtml(linkTo(wrapped))).toBe(`Here <${target}>`);
  expect(urlsOf(linkTo(tracked) + linkTo(wrapped))).toEqual([tracked, wrapped]);
});

test('what is still longer is a reference by number and host, whose URL is whole in the list', () => {
  const [one, two] = [urlOf(301), urlOf(5_000, 'https://click.mail.example/')];
  const { text, links } = readableHtml(`${linkTo(one)} and ${linkTo('https://example.com/', 'home')}, ${linkTo(two)}`);
  expect(text).toBe(
    'Here [link 1: accounts.example.com] and home <https://example.com/>, Here [link 3: click.mail.example]',
  );
  expect(links.map(({ url }) => url)).toEqual([one, 'https://example.com/', two]);
});

test('the host of a reference is where a redirector leads', () => {
  const target = urlOf(400, 'https://example.com/');
  expect(textOfHtml(linkTo(`https://www.google.com/url?q=${encodeURIComponent(target)}&sa=D`))).toBe(
    'Here [link 1: example.com]',
  );
});

test('a long address of mail is a reference by the address', () => {
  const url = `mailto:leave@lists.example?subject=${'x'.repeat(400)}`;
  expect(textOfHtml(linkTo(url))).toBe('Here [link 1: leave@lists.example]');
});

test('a text that names another host is marked so beside a reference too', () => {
  expect(textOfHtml(linkTo(urlOf(400, 'https://evil.test/'), 'bank.example'))).toBe(
    '[bank.example] (goes to [link 1: evil.test])',
  );
  expect(textOfHtml(linkTo('https://www.google.com/url?q=https://evil.test/', 'www.google.com'))).toBe(
    '[www.google.com] (goes to https://www.google.com/url?q=https://evil.test/)',
  );
});

test.each([
  ['https://www.example.com/', 'www.example.com'],
  ['https://example.com/a?utm_source=x', 'https://example.com/a'],
  ['http://example.com/a', 'https://example.com/a'],
  ['https://example.com/', 'example.com'],
  ['mailto:a@example.com', 'a@example.com'],
])('a link to %s whose words are its address is one, and leads where its sender says', (url, words) => {
  const { text, links } = readableHtml(`See ${linkTo(url, words)} now`);
  expect(text).toBe(`See ${words} now`);
  expect(links.map((link) => link.url)).toEqual([url]);
});

test('the list has what a person clicks, and every link that a person sees, in order', () => {
  const html = [
    linkTo('https://example.com/a', '<b>First</b>\n one'),
    '<a href="https://example.com/b"><img alt="Photo"></a>',
    '<a href="https://example.com/c"><img></a><br>',
    'https://example.com/d',
    linkTo('https://example.com/e', 'https://example.com/e'),
    linkTo('https://example.com/', 'example.com'),
    linkTo('https://evil.test/', 'bank.example'),
    linkTo('mailto:a@example.com', 'write'),
    linkTo('tel:+1', 'call'),
  ].join(' ');
  expect(readableHtml(html).links.map(({ numberAt: _, ...link }) => link)).toEqual([
    { url: 'https://example.com/a', text: 'First one' },
    { url: 'https://example.com/b', text: '[Photo]' },
    { url: 'https://example.com/c' },
    { url: 'https://example.com/d' },
    { url: 'https://example.com/e' },
    { url: 'https://example.com/', text: 'example.com' },
    { url: 'https://evil.test/', text: 'bank.example', otherHost: 'bank.example' },
    { url: 'mailto:a@example.com', text: 'write' },
    { url: 'tel:+1', text: 'call' },
  ]);
});

test.each([
  ['in a hidden element', `<div style="display:none">${linkTo('https://evil.test/')}</div>`],
  ['that is hidden itself', '<a href="https://evil.test/" style="display:none">x</a>'],
  ['whose text cannot be read', '<a href="https://evil.test/" style="font-size:0">x</a>'],
  ['of white text', '<div style="color:#fff"><a href="https://evil.test/" style="color:inherit">x</a></div>'],
  ['without anything to click', '<a href="https://evil.test/"></a>'],
  ['around a tracking pixel', '<a href="https://evil.test/"><img width="1" height="1"></a>'],
  ['in a comment', '<!-- <a href="https://evil.test/">x</a> -->'],
  ['in a template', '<template><a href="https://evil.test/">x</a></template>'],
  ['to a script', '<a href="javascript:alert(1)">x</a>'],
  ['to a document in itself', '<a href="data:text/html,https://evil.test">x</a>'],
])('a link %s is in no list', (_, html) => {
  expect(readableHtml(`Seen ${html}`).links).toEqual([]);
});

test('an address that its sender broke into elements is one', () => {
  const url = 'https://example.com/a/b?token=c';
  expect(urlsOf('https://example<wbr>.com/<b>a</b>/b?to<span>ken=c</span> end')).toEqual([url]);
});

const anyUrl = fc
  .webUrl({ withQueryParameters: true, withFragments: true, size: 'large' })
  .chain((url) => fc.nat(3).map((times) => `${url}${url.includes('#') ? '' : '#'}${'x1'.repeat(times * 60)}`));

test('every URL in the text of HTML is whole as written, or a number of the list', () => {
  fc.assert(
    fc.property(fc.array(anyUrl, { minLength: 1, maxLength: 30 }), fc.nat(30_000), (urls, filling) => {
      const html = urls.map((url) => linkTo(url)).join(' ');
      const { text, links } = readableHtml(`${html}<p>${'word '.repeat(filling / 5)}`);
      expect(links.map(({ url }) => url)).toEqual(urls);
      const told = [...text.matchAll(/Here (?:<([^>]*)>|\[link (\d+): [^\]]*\])/g)];
      expect(told.map(([, url, number]) => (number === undefined ? url : urls[Number(number) - 1]))).toEqual(urls);
    }),
    { numRuns: 50 },
  );
});

test('the number in a text stands where the list says', () => {
  const { text, links } = readableHtml(Array.from({ length: 12 }, (_, item) => linkTo(urlOf(310 + item))).join('<p>'));
  for (const [index, { numberAt = -1 }] of links.entries()) {
    expect(text.slice(numberAt)).toMatch(new RegExp(`^${index + 1}: accounts`));
  }
});

test('a mail of hundreds of links has them shorter: without tracking, then by number', () => {
  const item = (index: number) => `https://example.com/${index}/${'path/'.repeat(5)}?utm_source=weekly`;
  const short = readableHtml(
    Array.from({ length: 300 }, (_, index) => linkTo(item(index), `Item ${index}`)).join('<p>'),
  );
  expect(short.text).toContain(`Item 7 <https://example.com/7/${'path/'.repeat(5)}>`);
  const click = (index: number) => `https://click.example.com/${index}?e=${'ab12'.repeat(40)}`;
  const many = readableHtml(
    Array.from({ length: 300 }, (_, index) => linkTo(click(index), `Item ${index}`)).join('<p>'),
  );
  expect(many.text).toContain('Item 299 [link 300: click.example.com]');
  expect(many.links[299]).toMatchObject({ url: click(299), text: 'Item 299' });
  expect(Buffer.byteLength(many.text)).toBeLessThanOrEqual(20_000);
});

test('URLs of a long text stay whole, because its words take most of the room', () => {
  const url = urlOf(150);
  expect(textOfHtml(`${'<p>Some words of a long letter.'.repeat(2_000)} ${linkTo(url)}`)).toContain(`<${url}>`);
});

test('an HTML file, beside which no list is kept, has its links whole however many and long', () => {
  const urls = Array.from({ length: 200 }, (_, index) => urlOf(400 + index));
  const html = Buffer.from(urls.map((url) => linkTo(url)).join('<p>'));
  const { text } = readTextFile(html, { mimeType: 'text/html', fileName: 'a.html' }, 'utf-8');
  expect([...text.matchAll(/Here <(.*)>/g)].map(([, url]) => url)).toEqual(urls);
  const endless = Buffer.from(linkTo(urlOf(9_000)));
  const file = { mimeType: 'text/html', fileName: 'a.html' };
  expect(readTextFile(endless, file, 'utf-8').text).toBe('Here [link to accounts.example.com: 9000 characters]');
});
