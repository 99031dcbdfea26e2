// What doctor says of the folders that Postern writes into: each is tried by making something there and taking it away.
import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import { pathErrorOf, tryFolder } from '../../lib/checked-paths.ts';
import { type Finding, finding, type Verdict } from './finding.ts';

const tried = (what: string, folder: string, otherwise: Verdict): Finding => {
  try {
    tryFolder(folder);
    return finding('ok', `${what}: ${folder} can be written`);
  } catch (error) {
    return finding(otherwise, `${what}: ${folder} cannot be used: ${pathErrorOf(error).message}`);
  }
};

export const aboutFolders = (config: Config): Finding[] => {
  const { databasePath, configFolder, downloadFolder, keys } = config;
  return [
    ...(databasePath === ':memory:' ? [] : [tried('Database folder', dirname(databasePath), 'fault')]),
    ...(keys.source === 'file' ? [tried('Config folder', configFolder, 'fault')] : []),
    tried('Download folder (POSTERN_DOWNLOAD_DIR, for stdio)', downloadFolder, 'warning'),
  ];
};
