import { describe, expect, it } from 'vitest';
import { runHere } from '../../e2e/run-here.ts';
import { urlOf } from '../../support/database.ts';
import { ada, connect } from '../support.ts';
import { aDatabase, contentOf, fill, rawOf, refusalOf, serveOn } from './support.ts';

const copyCommand = (from: string, to: string, ...more: string[]) =>
  runHere(['storage', 'copy', '--from', from, '--to', to, ...more], {});

describe('postern storage copy', () => {
  it('needs no sealing key and no settings, and says what is equal and what comes next', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
    await fill(await serveOn(source));
    const { code, stdout, stderr } = await copyCommand(urlOf(source), urlOf(target));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^Table +Rows equal +Rows different$/m);
    expect(stdout).toMatch(/^accounts +17 +0$/m);
    expect(stdout).toMatch(/^All \d+ rows are equal\.$/m);
    expect(stderr).toMatch('Stop every Postern on the source, run the same command once more');
    expect(await contentOf(await rawOf(target))).toEqual(await contentOf(await rawOf(source)));
  });

  it('ends with exit code 1 where rows differ, as JSON too, and changes nothing where it only compares', async () => {
    const [source, target] = [await aDatabase('postgres'), await aDatabase('sqlite')];
    await connect(await serveOn(source), ada);
    await copyCommand(urlOf(source), urlOf(target));
    await (await rawOf(target)).run("update accounts set google_email = 'mallory@example.com'");
    const { code, stdout, stderr } = await copyCommand(urlOf(source), urlOf(target), '--compare-only', '--json');
    expect(code).toBe(1);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ equal: false, to: expect.stringContaining('postern.db') });
    expect(answer.tables[0]).toEqual({ table: 'accounts', equal: 0, different: 1 });
    expect(stderr).toMatch('1 rows of ');
    expect((await contentOf(await rawOf(target))).accounts).toMatchObject([{ google_email: 'mallory@example.com' }]);
    // It is still a copy, and mended by another run.
    expect(await copyCommand(urlOf(source), urlOf(target), '--json')).toMatchObject({ code: 0 });
    expect(await refusalOf(serveOn(target))).toBe('not refused');
  });

  it('takes a URL from a variable, so that a password is in no list of processes, and never prints one', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
    await connect(await serveOn(source), ada);
    const settings = { NEW_DATABASE: urlOf(target) };
    const args = ['storage', 'copy', '--from', urlOf(source), '--to', 'env:NEW_DATABASE', '--json'];
    const done = await runHere(args, settings);
    expect(done.code).toBe(0);
    const refused = await copyCommand(
      urlOf(source),
      `${urlOf(target).replace(/\/\/\w+:\w+@/, '//postgres:wrong-secret@')}&schemas=x`,
    );
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean schema?') });
    expect(JSON.stringify([done, refused])).not.toMatch(/wrong-secret|postgres:password@/);
    expect(await copyCommand('env:NOWHERE', urlOf(target))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--from names the variable NOWHERE, which is not set.'),
    });
  });

  it.each([
    { to: 'sqlite::memory:', says: '--to is in memory' },
    { to: 'mysql://here', says: '--to is not a database URL Postern knows' },
  ])('says what is wrong with $to', async ({ to, says }) => {
    const answer = await copyCommand('sqlite:/nowhere/postern.db', to);
    expect(answer).toMatchObject({ code: 2, stderr: expect.stringContaining(says) });
  });

  it('tells who presses Ctrl-C that it can be run again', async () => {
    const [source, target] = [await aDatabase('sqlite'), await aDatabase('postgres')];
    await fill(await serveOn(source));
    const running = copyCommand(urlOf(source), urlOf(target));
    // The command listens from its first line on.
    while (process.listenerCount('SIGINT') === 0) await new Promise((resolve) => setImmediate(resolve));
    process.emit('SIGINT');
    const { code, stderr } = await running;
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'Stopped, before the copy was whole. Run the same command again: it goes on from here.',
      ),
    });
    expect(process.listenerCount('SIGINT')).toBe(0);
    expect(await copyCommand(urlOf(source), urlOf(target))).toMatchObject({ code: 0 });
  });
});
