// How far readable text agrees with what a person sees: renders fragments of HTML in Chromium twice, with other letters in
// the place of MARKWORD, and compares the pixels. Prints each disagreement; with --write, keeps Chromium's word in the file.
// Run: npm exec -- node scripts/css-agreement.ts [table.json] [--write]
// A table is a list of { name, html, personSees }; the HTML holds "MARKWORD see you at nine" once.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readableHtml } from '@postern/mail-text/html';
import type { Page } from 'playwright-core';
import { launchChromium } from '../test/support/chromium.ts';

interface Case {
  readonly name: string;
  readonly html: string;
  readonly personSees: boolean;
}

const said = 'MARKWORD see you at nine';
const otherLetters = 'QXZJWKVB gfh qpd my kxjz';
/** So many pixels that differ can be read. */
const leastPixels = 60;
/** Sum of the differences of red, green and blue from which on a pixel differs. */
const leastDifference = 30;

const args = process.argv.slice(2);
const file =
  args.find((arg) => !arg.startsWith('--')) ??
  fileURLToPath(new URL('../packages/mail-text/test/css-visibility.json', import.meta.url));
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];
const print = (line: string) => process.stdout.write(`${line}\n`);

const browser = await launchChromium();
// Mail runs no scripts, and nothing is fetched.
const context = await browser.newContext({ viewport: { width: 1000, height: 600 }, javaScriptEnabled: false });
await context.route(/^https?:/, (route) => route.abort());
const mail = await context.newPage();
const eye = await browser.newPage();

const picture = async (page: Page, html: string): Promise<string> => {
  await page.setContent(html, { waitUntil: 'load' });
  if (html.includes('animation')) await new Promise((resolve) => setTimeout(resolve, 80));
  return (await page.screenshot()).toString('base64');
};

/** Counted in the browser, which decodes pictures. */
const differingPixels = (pictures: readonly string[]): Promise<number> =>
  eye.evaluate(
    `(async (pictures, least) => {
      const pixels = async (data) => {
        const image = new Image();
        image.src = 'data:image/png;base64,' + data;
        await image.decode();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [image.width, image.height];
        const drawing = canvas.getContext('2d');
        drawing.drawImage(image, 0, 0);
        return drawing.getImageData(0, 0, image.width, image.height).data;
      };
      const [one, other] = [await pixels(pictures[0]), await pixels(pictures[1])];
      let count = 0;
      for (let at = 0; at < one.length; at += 4) {
        const difference = [0, 1, 2].reduce((sum, part) => sum + Math.abs(one[at + part] - other[at + part]), 0);
        if (difference > least) count++;
      }
      return count;
    })(${JSON.stringify(pictures)}, ${leastDifference})`,
  );

const judged: Case[] = [];
for (const { name, html } of cases) {
  const pictures = [await picture(mail, html), await picture(mail, html.replace(said, otherLetters))];
  judged.push({ name, html, personSees: (await differingPixels(pictures)) > leastPixels });
}
await browser.close();

/** Seen text is told from its beginning; of hidden text no word is. */
const isToldRight = ({ html, personSees }: Case): boolean => {
  const { text } = readableHtml(html);
  return personSees ? text.includes('MARKWORD') : !/MARKWORD|see|nine/.test(text);
};
const disagreeing = judged.filter((judgedCase) => !isToldRight(judgedCase));
const namesOf = (list: readonly Case[]): string => list.map(({ name }) => name).join(', ') || 'none';
print(`agrees with Chromium in ${judged.length - disagreeing.length} of ${judged.length} cases`);
print(`visible text lost: ${namesOf(disagreeing.filter(({ personSees }) => personSees))}`);
print(`hidden text passed on: ${namesOf(disagreeing.filter(({ personSees }) => !personSees))}`);
if (args.includes('--write')) writeFileSync(file, `${JSON.stringify(judged, null, 2)}\n`);
