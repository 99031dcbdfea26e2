// What a person at a client sees while a tool works.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToolWorld, mail, type ToolWorld, text } from './mails.ts';

let world: ToolWorld;
beforeEach(async () => {
  world = await createToolWorld();
});
afterEach(() => world.close());

/** What was shown of one call, as `progress/total`; without a total where none was told. */
const shown = async (name: string, args: Record<string, unknown>): Promise<string[]> => {
  const seen: string[] = [];
  const { isError } = await world.ask(name, args, {
    onprogress: ({ progress, total }) => void seen.push(total === undefined ? `${progress}` : `${progress}/${total}`),
  });
  expect(isError).toBe(false);
  return seen;
};

it('a search shows how many of its messages are there', async () => {
  for (let number = 0; number < 4; number++) world.mailbox.importMessage(mail(`Mail ${number}`, [text('Hello.')]));
  expect(await shown('gmail_fetch_mails', {})).toEqual(['0', '1/4', '2/4', '3/4', '4/4']);
});

it('a long search is shown in ten steps', async () => {
  for (let number = 0; number < 40; number++) world.mailbox.importMessage(mail(`Mail ${number}`, [text('Hello.')]));
  const steps = Array.from({ length: 10 }, (_, index) => `${(index + 1) * 4}/40`);
  expect(await shown('gmail_fetch_mails', { max_results: 40 })).toEqual(['0', ...steps]);
});

it('a message counts when what Gmail gives of it only on request is there too', async () => {
  const content = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'SUMMARY:Lunch', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
  const invitation = { type: 'text/calendar', content, disposition: 'attachment; filename="invite.ics"' };
  world.mailbox.importMessage(mail('Short', [text('Hello.')]));
  for (let number = 0; number < 2; number++)
    world.mailbox.importMessage(mail(`Lunch ${number}`, [text('Join us.'), invitation]));
  const seen = await shown('gmail_fetch_mails', { format: 'readable' });
  expect(seen).toEqual(['0', '1/3', '2/3', '3/3']);
});

it('drafts are counted', async () => {
  for (let number = 0; number < 2; number++) world.mailbox.createDraft(mail(`Draft ${number}`, [text('Soon.')]));
  expect(await shown('gmail_list_drafts', {})).toEqual(['0', '1/2', '2/2']);
});

it('an attachment shows its bytes, up to the last one', async () => {
  const bytes = randomBytes(60_000);
  const part = { type: 'application/zip; name="a.zip"', content: bytes, disposition: 'attachment; filename="a.zip"' };
  const message_id = world.mailbox.importMessage(mail('A file', [text('See the file.'), part]));
  const seen = await shown('gmail_get_attachment_by_id', { message_id, attachment_id: '1', delivery: 'inline' });
  expect(seen[0]).toBe('0');
  expect(seen.at(-1)).toBe('60000/60000');
  expect(seen.length).toBeLessThanOrEqual(12);
});
