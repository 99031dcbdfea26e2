// How a product may be named and pictured on Postern's pages.
import { describe, expect, it } from 'vitest';
import { maxLogoBytes, productNameSchema, readLogo } from '../../src/identity/product.ts';

describe('The name of a product', () => {
  it.each([
    'Acme',
    'Acme for Gmail',
    'Ada’s Post & Söhne',
    '邮件助手',
    'Acmeメール',
    'Acme 메일',
    'Łódź №5',
    'Ἑρμῆς',
    'बीटा',
    'Почта',
    'ב־דואר',
    'Goodle',
    'A'.repeat(60),
  ])('%s is shown as it is', (name) => {
    expect(productNameSchema.parse(name)).toBe(name);
  });

  it.each([
    ['', /empty/],
    ['A'.repeat(61), /60/],
    ['Acme\nPostern says', /one line/],
    ['Acme\u202egro.evil', /printable/],
    ['Ac\u200bme', /printable/],
    [' Acme', /space/],
    ['Acme  says yes', /space/],
    ['Acme” is verified by “others', /quotation/],
    ['Acme" x', /quotation/],
    ['…', /letter/],
    ['a\u0300\u0301\u0302\u0303', /marks/],
    ['Postern', /Postern/],
    ['Postern Security', /Postern/],
    ['P o s t e r n', /Postern/],
    ['Ｇｏｏｇｌｅ', /Google/],
    ['G00gle Support', /Google/],
    ['goog1e', /Google/],
    ['Góogle', /Google/],
    ['Gmail', /Gmail/],
    ['Gmail Team', /Gmail/],
    ['Pоstern', /mix/],
    ['Gοogle', /mix/],
    ['Gօօgle', /mix/],
    ['G໐໐gle', /mix/],
    ['ꓖꓳꓳꓖꓡꓰ', /written in such/],
    ['ᏀᎾᎾᏀᏞᎬ', /written in such/],
    ['Gmaıl', /Google/],
    ['Gooɡle', /Google/],
    ['Gøøgle', /Google/],
    ['ᴘᴏꜱᴛᴇʀɴ', /Postern/],
    ['Acme❞ is verified by ❝others', /quotation/],
    ['Acmeʺ x', /quotation/],
    ['Acme🙷 x', /quotation/],
  ])('%j is refused', (name, because) => {
    const parsed = productNameSchema.safeParse(name);
    expect(parsed.error?.issues.map(({ message }) => message).join()).toMatch(because);
  });
});

describe('The logo of a product', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  );
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9]);
  const webp = Buffer.concat([Buffer.from('RIFF'), Buffer.from([12, 0, 0, 0]), Buffer.from('WEBPVP8 \0\0\0\0')]);

  it.each([
    ['image/png', png],
    ['image/jpeg', jpeg],
    ['image/webp', webp],
  ])('is told by its bytes: %s', (mediaType, bytes) => {
    expect(readLogo(bytes)).toEqual({ kind: 'logo', logo: { mediaType, data: bytes.toString('base64') } });
  });

  it.each([
    ['an SVG, which can hold scripts', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['a GIF', Buffer.from('GIF89a')],
    ['nothing', Buffer.alloc(0)],
    ['half a PNG', png.subarray(0, 40)],
    ['a PNG with something behind it', Buffer.concat([png, Buffer.from('<script>')])],
    ['half a JPEG', jpeg.subarray(0, 6)],
    ['half a WebP', webp.subarray(0, 14)],
    ['a sound', Buffer.concat([Buffer.from('RIFF'), Buffer.from([12, 0, 0, 0]), Buffer.from('WAVEfmt 0000')])],
    ['a file that is too large', Buffer.concat([png, Buffer.alloc(maxLogoBytes)])],
  ])('is not %s', (_, bytes) => {
    expect(readLogo(bytes).kind).toBe('refused');
  });
});
