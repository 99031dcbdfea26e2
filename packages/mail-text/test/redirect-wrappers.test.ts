import { describe, expect, test } from 'vitest';
import { directUrl } from '../src/links/link-text.ts';
import { unwrapped, withoutTracking } from '../src/links/redirect-wrappers.ts';

const target = 'https://example.com/a-b_c?id=5&x=%20y#part';
const encoded = encodeURIComponent(target);
const forProofpoint2 = encoded.replaceAll('-', '-2D').replaceAll('_', '-5F').replaceAll('%', '-').replaceAll('/', '_');

describe('A redirector around a link', () => {
  test.each([
    ['Outlook', `https://nam12.safelinks.protection.outlook.com/?url=${encoded}&data=05%7C01&sdata=x%3D&reserved=0`],
    ['Outlook, newer', `https://eur05.safelinks.protection.outlook.com/ap/t-59584e83/?url=${encoded}&data=05`],
    [
      'Teams',
      `https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url=${encoded}&locale=en`,
    ],
    ['Proofpoint 1', `https://urldefense.proofpoint.com/v1/url?u=${encoded}&k=a`],
    ['Proofpoint 2', `https://urldefense.proofpoint.com/v2/url?u=${forProofpoint2}&d=DwMF&c=a&r=b&m=c&s=d&e=`],
    ['Barracuda', `https://linkprotect.cudasvc.com/url?a=${encoded}&c=E,1,abc&typo=1`],
    ['Cisco', `https://secure-web.cisco.com/1abcDEF/${encoded}`],
    [
      'Sophos',
      `https://eu-west-1.protection.sophos.com/?d=example.com&u=${Buffer.from(target).toString('base64')}&i=x`,
    ],
    ['Trend Micro', `https://ca-1234.trendmicro.com/wis/clicktime/v1/query?url=${encoded}&umid=a&auth=b`],
    ['FireEye', `https://protect2.fireeye.com/v1/url?k=a&q=1&e=b&u=${encoded}`],
    ['Symantec', `https://clicktime.symantec.com/3abc?u=${encoded}`],
    ['Amazon', `https://abc.r.us-east-1.awstrack.me/L0/${encoded.replace('%3A', ':')}/1/0100/def=12`],
    ['Google', `https://www.google.com/url?q=${encoded}&sa=D&ust=1&usg=AOv`],
    ['YouTube', `https://www.youtube.com/redirect?event=x&q=${encoded}`],
    ['Facebook', `https://l.facebook.com/l.php?u=${encoded}&h=AT0`],
    ['Instagram', `https://l.instagram.com/?u=${encoded}&e=AT0`],
    ['LinkedIn', `https://www.linkedin.com/redir/redirect?url=${encoded}&urlhash=x`],
    ['Slack', `https://slack-redir.net/link?url=${encoded}`],
  ])('of %s is taken off', (_, url) => {
    expect(unwrapped(url)).toBe(target);
  });

  test.each([
    [
      'nothing to replace',
      'https://urldefense.com/v3/__https://example.com/a/b__;!!Abc!def$',
      'https://example.com/a/b',
    ],
    [
      'single characters',
      `https://urldefense.com/v3/__https://example.com/*part*__;${btoa('#!')}!!Abc$`,
      'https://example.com/#part!',
    ],
    [
      'a run',
      `https://urldefense.com/v3/__https://example.com/**B?a__;${btoa('$$$')}!!Abc$`,
      'https://example.com/$$$?a',
    ],
    ['a lost slash', 'https://urldefense.com/v3/__https:/example.com/a__;!!Abc$', 'https://example.com/a'],
    ['a query', 'https://urldefense.com/v3/__https://example.com/a?b=c&d=e__;!!Abc$', 'https://example.com/a?b=c&d=e'],
  ])('of Proofpoint 3 with %s is taken off', (_, url, whole) => {
    expect(unwrapped(url)).toBe(whole);
  });

  test('around another one is taken off too', () => {
    const inner = `https://www.google.com/url?q=${encoded}`;
    expect(unwrapped(`https://l.facebook.com/l.php?u=${encodeURIComponent(inner)}`)).toBe(target);
  });

  test.each([
    ['of another host', `https://google.com.evil.test/url?q=${encoded}`],
    ['of another site under its host', `https://safelinks.protection.outlook.com.evil.test/?url=${encoded}`],
    ['with a target that is not of the web', 'https://www.google.com/url?q=javascript%3Aalert(1)'],
    ['with a relative target', 'https://www.google.com/url?q=%2Fsearch'],
    ['with a user name in its target', 'https://www.google.com/url?q=https%3A%2F%2Fbank.example%40evil.test'],
    ['with a target that was not encoded', 'https://www.google.com/url?q=https://example.com/?a=1&b=2'],
    ['with two targets', `https://www.google.com/url?q=${encoded}&q=${encoded}`],
    [
      'with a second target whose name is encoded',
      `https://www.google.com/url?%71=https%3A%2F%2Fevil.test&q=${encoded}`,
    ],
    [
      'with a second target in capitals',
      `https://x.safelinks.protection.outlook.com/?Url=https%3A%2F%2Fevil.test&url=${encoded}`,
    ],
    [
      'with a second target under its other name',
      `https://www.google.com/url?q=${encoded}&url=https%3A%2F%2Fevil.test`,
    ],
    ['with a target that is broken', 'https://www.google.com/url?q=https%3A%2F%2Fexample.com%2F%E0%A4%A'],
    ['with a fragment of its own', `https://www.google.com/url?q=${encoded}#b`],
    ['that says another host than its target', `https://x.protection.sophos.com/?d=bank.example&u=${btoa(target)}`],
    ['with too few characters', `https://urldefense.com/v3/__https://example.com/**C__;${btoa('$')}!!Abc$`],
    ['with too many characters', `https://urldefense.com/v3/__https://example.com/*__;${btoa('ab')}!!Abc$`],
    ['that has only a token', 'https://protect-eu.mimecast.com/s/abc?domain=example.com'],
    ['without a target', 'https://www.google.com/url'],
  ])('%s stays', (_, url) => {
    expect(unwrapped(url)).toBeUndefined();
    expect(directUrl(url)).toBe(url);
  });
});

describe('A URL without tracking', () => {
  test.each([
    ['https://example.com/?utm_source=a&UTM_Medium=b', 'https://example.com/'],
    ['https://example.com/a?id=1&gclid=x&b=2#c?utm_source=d', 'https://example.com/a?id=1&b=2#c?utm_source=d'],
    ['https://example.com/a?fbclid=x&mc_eid=y&mc_cid=z&msclkid=1&_hsenc=2#top', 'https://example.com/a#top'],
  ])('%s → %s', (url, shorter) => {
    expect(withoutTracking(url)).toBe(shorter);
  });

  test.each([
    ...['id=1', 'token=a', 't=1', 'trk=1Z999', 'tracking=1', 'ref=x', 'source=x', 'e=x', 'c=1', 'mkt_tok=a', 'elq=1'],
    ...['utm=1', 'xutm_source=1', 'eid=1', 'uid=1', 'click=1', 'utm_source=a&sig=b', 'utm_source=a&X-Amz-Signature=b'],
  ])('keeps %s, which may be what the link needs', (query) => {
    const url = `https://example.com/a?${query}`;
    expect(withoutTracking(url)).toBe(url);
  });
});
