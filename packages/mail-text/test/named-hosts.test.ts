import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { otherHostNamed } from '../src/links/named-hosts.ts';

const mailer = 'https://click.mail.example.org/a1';

describe('A text names no host', () => {
  test.each([
    ...[
      'ASP.NET Core',
      'Migrating to ASP.NET',
      'Json.NET 13',
      'Node.js',
      'Vue.js 3',
      'D3.js',
      'System.IO',
      'Socket.IO',
    ],
    ...['Report by J.Smith', 'J.R.R.Tolkien', 'St.Petersburg', 'Mr.Bean', 'Dr.No', 'Foo Co.Ltd', 'Ph.D.', 'U.S.A.'],
    ...['v2.Final', 'end.Next', 'Thanks.It was great', 'ready.Me too', 'done.So we', 'Q3.Report', 'Hello.World'],
    ...['Section 4.2', 'version 1.2.3.4', '10.000.000', '$4.99', '12.30pm', '3.5.in', 'No.5'],
    ...[
      'report.pdf',
      'README.md',
      'main.py',
      'lib.rs',
      'install.sh',
      'photos.zip',
      'clip.mov',
      'a.tar.gz',
      'src/index.ts',
    ],
    ...['Yahoo!', 'e.g.example', 'i.e.this', '8 a.m.to 5 p.m.', 'AT&T.com', 'foo.bar', 'user.name', 'v2.final'],
    ...['jane@bank.example', 'my_report.it', 'www.', 'http://', 'a.b', '...', '.com'],
  ])('%s', (text) => {
    expect(otherHostNamed(text, mailer)).toBeUndefined();
  });
});

describe('A text that names another host than the link leads to is marked with that host', () => {
  test.each([
    ['paypal.com', 'https://evil.example/', 'paypal.com'],
    ['PayPal.com', 'https://evil.example/', 'paypal.com'],
    ['PAYPAL.COM', 'https://evil.example/', 'paypal.com'],
    ['Paypal.Com', 'https://evil.example/', 'paypal.com'],
    ['Amazon.De', 'https://evil.example/', 'amazon.de'],
    ['Log in to paypal.com now', 'https://evil.example/', 'paypal.com'],
    ['(paypal.com)', 'https://evil.example/', 'paypal.com'],
    ['paypal.com/signin?next=evil.example', 'https://evil.example/', 'paypal.com'],
    ['paypal.com:443', 'https://evil.example/', 'paypal.com'],
    ['www.intranet', 'https://evil.example/', 'www.intranet'],
    ['https://bank.example/login', 'https://evil.example/x', 'bank.example'],
    ['HTTPS://Bank.Example', 'https://evil.example/x', 'bank.example'],
    ['https:\\\\bank.example\\x https://bank.example', 'https://evil.example/x', 'bank.example'],
    ['https://192.0.2.7/login', 'https://evil.example/x', '192.0.2.7'],
    ['https://intranet/login', 'https://evil.example/x', 'intranet'],
    ['https://bank.example@evil.example/', 'https://other.example/', 'evil.example'],
    ['Sign in at www.bank.example now', 'https://bank.example.evil.test/', 'www.bank.example'],
    ['accounts.google.com', 'https://accounts.google.com.evil.example/', 'accounts.google.com'],
    ['accounts.google.com', 'https://accounts-google.com/', 'accounts.google.com'],
    ['accounts.google.com', 'https://google.com@evil.example/', 'accounts.google.com'],
    ['paypal.com', 'https://p\u0430ypal.com/', 'paypal.com'],
    ['p\u0430ypal.com', 'https://paypal.com/', 'xn--pypal-4ve.com'],
    ['ｐａｙｐａｌ．ｃｏｍ', 'https://evil.example/', 'paypal.com'],
    ['paypal。com', 'https://evil.example/', 'paypal.com'],
    ['münchen.de', 'https://muenchen.de/', 'xn--mnchen-3ya.de'],
    ['xn--e1afmkfd.xn--p1ai', 'https://evil.example/', 'xn--e1afmkfd.xn--p1ai'],
    ['пример.рф', 'https://evil.example/', 'xn--e1afmkfd.xn--p1ai'],
    ['点击paypal.com登录', 'https://evil.example/', 'paypal.com'],
    ['alice.github.io', 'https://mallory.github.io/', 'alice.github.io'],
    ['bank.co.uk', 'https://evil.co.uk/', 'bank.co.uk'],
    ['https://docs.exam…', 'https://evil.example/', 'docs.exam'],
    ['https://paypal.com…', 'https://paypal.com.evil.example/', 'paypal.com'],
    ['example.com and paypal.com', 'https://example.com/', 'paypal.com'],
    ['help@bank.example', 'mailto:help@evil.test', 'bank.example'],
    ['help@bank.example', 'mailto:help%40evil.test', 'bank.example'],
    ['bank.example', 'mailto:help@evil.test', 'bank.example'],
  ])('%s → %s', (text, url, host) => {
    expect(otherHostNamed(text, url)).toBe(host);
  });
});

describe('A text may name the host it leads to, or one of the same registered domain', () => {
  test.each([
    ['bank.example', 'https://www.bank.example/login'],
    ['www.bank.example', 'https://bank.example/login'],
    ['bank.example', 'https://click.bank.example/1'],
    ['docs.bank.co.uk', 'https://www.bank.co.uk/'],
    ['https://bank.example./', 'https://bank.example/'],
    ['bank.example', 'https://bank.example./'],
    ['münchen.de', 'https://xn--mnchen-3ya.de/'],
    ['請看example.com', 'https://example.com/'],
    ['example.com官网', 'https://example.com/'],
    ['https://docs.exam…', 'https://docs.example.com/'],
    ['https://example.c...', 'https://www.example.com/'],
    ['https://192.0.2.7/login', 'http://192.0.2.7:8080/'],
    ['https://example.com/?next=paypal.com', 'https://example.com/?next=paypal.com'],
    ['sales@bank.example', 'mailto:sales@mail.bank.example'],
    ['a@one.example, b@two.example', 'mailto:a@one.example,b@two.example'],
    ['call paypal.com', 'tel:+123'],
  ])('%s → %s', (text, url) => {
    expect(otherHostNamed(text, url)).toBeUndefined();
  });
});

test('any text and any target are judged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.webUrl(), (text, url) => {
      expect(['string', 'undefined']).toContain(typeof otherHostNamed(text, url));
    }),
  );
});
