// Opens a URL in the person's browser where there is one. Never fails: the link is on the screen anyway.
import { spawn } from 'node:child_process';

const opener = (url: string): readonly [string, readonly string[]] | undefined => {
  switch (process.platform) {
    case 'darwin':
      return ['open', [url]];
    case 'win32':
      return ['rundll32', ['url.dll,FileProtocolHandler', url]];
    default:
      // Without a display (SSH, containers) xdg-open would start a browser in the terminal.
      return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? ['xdg-open', [url]] : undefined;
  }
};

/** The browser hands its environment on to whatever it starts: Postern's settings, with the sealing key and the client secret, stay here. */
const withoutSettings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(?:POSTERN|GOOGLE)_/i.test(name)));

export const openBrowser = (url: string): void => {
  const found = opener(url);
  if (found === undefined) return;
  const child = spawn(found[0], [...found[1]], {
    stdio: 'ignore',
    detached: true,
    env: withoutSettings(process.env),
  });
  child.on('error', () => {});
  child.unref();
};
