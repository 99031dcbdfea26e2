// The demo's app and its person, against a Postern on a real port: what they do where the sign-in does not go as shown.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connectSigningIn } from '../../../src/cli/demo/mcp-clients.ts';
import { walk } from '../../../src/cli/demo/person.ts';
import { openRemoteApp, type RemoteApp } from '../../../src/cli/demo/remote-app.ts';
import { createBrowser } from '../../../src/cli/demo/scripted-browser.ts';
import { type ListeningWorld, listenWorld } from '../../support/listening-world.ts';

const robin = 'robin@example.org';
const stranger = 'sam@example.net';

let world: ListeningWorld;
beforeAll(async () => {
  world = await listenWorld(
    { [robin]: 'Robin', [stranger]: 'Sam' },
    { env: { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: robin } },
  );
});
afterAll(() => world.close());

const app = async (): Promise<RemoteApp> => {
  const opened = await openRemoteApp('Demo app');
  onTestFinished(opened.close);
  return opened;
};

describe('the app of the demo', () => {
  test('registers itself, sends the person through every page, and calls tools with what it got', async () => {
    const headings: string[] = [];
    const remote = await app();
    const client = await connectSigningIn(world.origin, remote, async (url) => {
      await walk(url, robin, ({ heading }) => headings.push(heading));
    });
    expect(headings).toEqual([
      'Let an app read your Gmail?',
      'On to Google',
      'Choose an account',
      expect.stringContaining('wants access'),
      'Back to the app',
    ]);
    expect((await client.callTool({ name: 'gmail_fetch_mails', arguments: {} })).structuredContent).toMatchObject({
      messages: [],
    });
    await client.close();
  });

  test('ends with an error where the person cancels on the consent page', async () => {
    const cancel = async (url: string): Promise<void> => {
      const browser = createBrowser();
      const page = await browser.open(url);
      const [form] = page.forms;
      const button = form?.buttons.find(({ value }) => value === 'cancel');
      if (form === undefined || button === undefined) throw new Error('no way to cancel');
      const onward = await browser.submit(form, button);
      await browser.open(onward.refresh ?? '');
    };
    await expect(connectSigningIn(world.origin, await app(), cancel)).rejects.toThrow('ended with access_denied');
  });

  test('refuses an authorization response with another state', async () => {
    const foreign = async (url: string): Promise<void> => {
      const redirectUri = new URL(url).searchParams.get('redirect_uri');
      await fetch(`${redirectUri}?code=a-code-of-somebody-else&state=another`);
    };
    await expect(connectSigningIn(world.origin, await app(), foreign)).rejects.toThrow('another state');
  });
});

test('shows a person outside the allow-list a page that says so', async () => {
  const remote = await app();
  let last: Awaited<ReturnType<typeof walk>> | undefined;
  const signIn = connectSigningIn(world.origin, remote, async (url) => {
    last = await walk(url, stranger, () => {});
    throw new Error('nobody came back');
  });
  await expect(signIn).rejects.toThrow('nobody came back');
  expect(last).toMatchObject({ status: 403, heading: 'This account may not sign in here' });
});
