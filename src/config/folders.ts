// Where Postern keeps things on this platform. Creates nothing.
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from './environment.ts';

/** The machine, as far as paths depend on it. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly cwd: string;
}

export interface Folders {
  /** Database and downloads. */
  readonly data: string;
  /** Generated keys: on purpose not beside the database. */
  readonly config: string;
}

/** The platform's folders: XDG base directories (0.8), Apple's file system guide, Windows' known folders. */
export const platformFolders = (environment: Environment, machine: Machine): Folders => {
  const { home } = machine;
  switch (machine.platform) {
    case 'darwin':
      return {
        data: join(home, 'Library/Application Support/postern'),
        config: join(home, 'Library/Preferences/postern'),
      };
    case 'win32':
      return {
        data: join(environment.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'postern'),
        config: join(environment.APPDATA || join(home, 'AppData', 'Roaming'), 'postern'),
      };
    default: {
      // XDG: "paths must be absolute; a relative one is to be ignored".
      const base = (variable: string, fallback: string) => {
        const value = environment[variable];
        return value !== undefined && isAbsolute(value) ? value : join(home, fallback);
      };
      return {
        data: join(base('XDG_DATA_HOME', '.local/share'), 'postern'),
        config: join(base('XDG_CONFIG_HOME', '.config'), 'postern'),
      };
    }
  }
};

/** An absolute path; a leading `~` is the home folder, because no shell expands it in a client's configuration file. */
export const expandPath = (path: string, machine: Machine): string =>
  resolve(machine.cwd, path === '~' || /^~[/\\]/.test(path) ? join(machine.home, path.slice(1)) : path);
