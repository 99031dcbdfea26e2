// The person of the demo: opens the link or what an app asks, confirms, chooses the mailbox at Google, approves, and reads
// what the last page says.
import { CommandError, plain, printLine } from '../terminal.ts';
import { type Browser, type Control, createBrowser, type Page } from './scripted-browser.ts';

export interface Step {
  readonly host: string;
  readonly heading: string;
  readonly did: string;
}

const mostSteps = 10;

/** Which button the person presses on this page, and how that is said. */
const decide = (
  page: Page,
  email: string,
): { form: Page['forms'][number]; pressed?: Control; did: string } | undefined => {
  for (const form of page.forms) {
    const account = form.buttons.find(({ name, value }) => name === 'authuser' && value === email);
    if (account) return { form, pressed: account, did: `chooses ${email}` };
    const allow = form.buttons.find(({ name, value }) => name === 'decision' && value === 'allow');
    if (allow) return { form, pressed: allow, did: 'leaves the boxes ticked and approves' };
    const go = form.buttons.find(({ name, value }) => name === 'decision' && value === 'continue');
    if (go) return { form, pressed: go, did: 'reads which app asks, where access goes and for what, and continues' };
  }
  const [form] = page.forms;
  return form && { form, did: 'confirms that the link is meant for them' };
};

/**
 * Walks from a link to the page that asks for nothing more.
 * @param onStep told of every page and what the person does on it
 * @returns the last page
 */
export const walk = async (
  link: string,
  email: string,
  onStep: (step: Step) => void,
  browser: Browser = createBrowser(),
): Promise<Page> => {
  let page = await browser.open(link);
  for (let step = 0; step < mostSteps; step++) {
    const { host } = new URL(page.url);
    if (page.refresh !== undefined) {
      onStep({ host, heading: page.heading, did: 'is taken on' });
      page = await browser.open(page.refresh);
      continue;
    }
    const next = decide(page, email);
    if (next === undefined) return page;
    onStep({ host, heading: page.heading, did: next.did });
    page = await browser.submit(next.form, next.pressed);
  }
  throw new Error('The pages do not come to an end.');
};

/** Walks from `link` to the last page, one line for each. Throws CommandError where that page is a failure. */
export const walkAndPrint = async (link: string, email: string): Promise<void> => {
  const last = await walk(link, email, ({ host, heading, did }) =>
    printLine(`  ${host}  “${plain(heading)}” — the person ${did}`),
  );
  printLine(`  ${new URL(last.url).host}  “${plain(last.heading)}”`);
  if (last.status !== 200) throw new CommandError(`The pages ended with HTTP ${last.status} instead of a connection.`);
};
