// The person's way through the pages, told to the reader. Knows no particular page.
import { CommandError } from '../command-error.ts';
import { plain, say } from '../terminal.ts';
import { walk } from './person.ts';

/** Walks from `link` to the last page, one line for each. Throws CommandError where that page is a failure. */
export const walkForReader = async (link: string, email: string): Promise<void> => {
  const last = await walk(link, email, ({ host, heading, did }) =>
    say(`  ${host}  “${plain(heading)}” — the person ${did}`),
  );
  say(`  ${new URL(last.url).host}  “${plain(last.heading)}”`);
  if (last.status !== 200) throw new CommandError(`The pages ended with HTTP ${last.status} instead of a connection.`);
};
