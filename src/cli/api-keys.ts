// `postern api-keys create`, `list` and `revoke`. A new key goes to stdout once, everything else to stderr; secrets are not
// stored, so they cannot be shown again.
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ensureAccount } from '../connect/account-settings.ts';
import { type ApiKeyOptions, createApiKey, verifyUrlSchema } from '../identity/credentials.ts';
import { maxLogoBytes, productNameSchema, readLogo } from '../identity/product.ts';
import { readRegisteredReturnUrl } from '../lib/return-url.ts';
import type { Pins } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { explainProblem } from '../model/problem.ts';
import type { AccountStore, ApiKeyRecord, ProductLogo } from '../storage/index.ts';
import { accountDiffers, parseIdentifier, parsePins, parseProductRealm } from './accounts/options.ts';
import { parseConnection, requireConnection } from './connections.ts';
import { forHttp, withStorage } from './settings.ts';
import { CommandError, plain, printJson, printLine, printNote, printTable, shortTime } from './terminal.ts';

export interface CreateOptions {
  readonly service?: boolean;
  readonly user?: string;
  readonly realm: string;
  readonly label?: string;
  readonly expectedEmail?: string;
  readonly unverifiedLinks?: boolean;
  readonly verifyUrl?: string;
  readonly connection?: string;
  readonly returnUrl?: readonly string[];
  readonly productName?: string;
  readonly productLogo?: string;
  readonly json?: boolean;
}

const holderOf = (options: CreateOptions): { kind: 'service' } | { kind: 'user'; identifier: string } => {
  if ((options.service === true) === (options.user !== undefined)) {
    throw new CommandError('A key is for a service or for one person.', {
      fix: 'Give exactly one of --service and --user IDENTIFIER.',
      exitCode: 2,
    });
  }
  if (options.user !== undefined) return { kind: 'user', identifier: parseIdentifier(options.user) };
  if (options.expectedEmail !== undefined) {
    throw new CommandError('--expected-email pins one person, and a service key has none.', {
      fix: 'Use it with --user, or pin with POST /api/v1/accounts.',
      exitCode: 2,
    });
  }
  return { kind: 'service' };
};

/** Makes the person's account with these pins; one that exists has to have them already. */
const ensurePinned = async (
  accounts: AccountStore,
  key: AccountKey,
  pins: Pins,
  connection: string | undefined,
): Promise<void> => {
  const ensured = await ensureAccount(accounts, key, pins, connection);
  if (!ensured.ok) throw accountDiffers(key, explainProblem(ensured.problem).what);
};

const verifyUrlOf = ({ verifyUrl, service, unverifiedLinks }: CreateOptions): { verifyUrl?: string } => {
  if (verifyUrl === undefined) return {};
  if (service !== true || unverifiedLinks === true) {
    throw new CommandError('--verify-url is for a service key whose links are verified.', {
      fix: 'Use it with --service and without --unverified-links.',
      exitCode: 2,
    });
  }
  const url = verifyUrlSchema.safeParse(verifyUrl);
  if (url.success) return { verifyUrl: url.data };
  throw new CommandError(`--verify-url ${url.error.issues[0]?.message ?? 'is not valid'}.`, { exitCode: 2 });
};

/** Return URLs of one key. */
const maxReturnUrls = 20;

const returnUrlsOf = ({ returnUrl = [], service }: CreateOptions): { returnUrls?: readonly string[] } => {
  if (returnUrl.length === 0) return {};
  if (service !== true) {
    throw new CommandError('--return-url is for links that a service key makes.', {
      fix: 'Use it with --service.',
      exitCode: 2,
    });
  }
  if (returnUrl.length > maxReturnUrls)
    throw new CommandError(`One key has at most ${maxReturnUrls} return URLs.`, {
      fix: 'End one in /*, which allows one further path segment, or make a second key.',
      exitCode: 2,
    });
  const urls = returnUrl.map((text) => {
    const reading = readRegisteredReturnUrl(text);
    if (reading.kind === 'registered') return reading.url;
    throw new CommandError(`--return-url ${reading.because}.`, { exitCode: 2 });
  });
  return { returnUrls: [...new Set(urls)] };
};

const logoIn = async (path: string): Promise<ProductLogo> => {
  const bytes = await readLogoFile(path);
  const reading = readLogo(bytes);
  if (reading.kind === 'logo') return reading.logo;
  throw new CommandError(`--product-logo ${reading.because}.`, { exitCode: 2 });
};

/** No more of a file than a logo may have, and a byte that tells that there is more. */
const readLogoFile = async (path: string): Promise<Uint8Array> => {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(maxLogoBytes + 1), 0, maxLogoBytes + 1, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    throw new CommandError('The file of --product-logo cannot be read.', {
      fix: 'Give the path of a file.',
      exitCode: 2,
    });
  }
};

const productOf = async ({
  productName,
  productLogo,
  service,
}: CreateOptions): Promise<Pick<ApiKeyOptions, 'product'>> => {
  if (productName === undefined && productLogo === undefined) return {};
  if (service !== true || productName === undefined) {
    throw new CommandError('--product-name is for a service key, and --product-logo stands beside a name.', {
      fix: 'Use both with --service.',
      exitCode: 2,
    });
  }
  const name = productNameSchema.safeParse(productName);
  if (!name.success)
    throw new CommandError(`--product-name ${name.error.issues[0]?.message ?? 'is not valid'}.`, { exitCode: 2 });
  return {
    product: {
      name: name.data,
      ...(productLogo === undefined ? {} : { logo: await logoIn(productLogo) }),
    },
  };
};

const advise = (options: CreateOptions, realm: string): void => {
  printNote('This is the only time the key is shown. Send it as: Authorization: Bearer KEY');
  if (options.service) printNote(`Name the person in each call: Postern-Identifier: user_42 (realm ${realm})`);
  if (options.verifyUrl !== undefined)
    printNote('Confirm links with this key: POST /api/v1/auth-requests/{auth_request_id}/confirm {"identifier": …}');
  if (options.returnUrl !== undefined)
    printNote('Links may send browsers back: POST /api/v1/accounts/{identifier}/link {"return_url": …, "state": …}');
  if (options.unverifiedLinks) {
    printNote('warning: with --unverified-links whoever opens a link may complete it. Pinning the mailbox is safer.');
  } else if (options.user !== undefined && options.expectedEmail === undefined) {
    printNote('Nothing proves yet who completes a link of this key: pin the mailbox with --expected-email.');
  }
};

/** Makes a key; a user key with --expected-email also pins the person's account. */
export const create = async (options: CreateOptions): Promise<void> => {
  const holder = holderOf(options);
  const realm = parseProductRealm(options.realm);
  const verifying = verifyUrlOf(options);
  const connection = options.connection === undefined ? undefined : parseConnection(options.connection);
  const returning = returnUrlsOf(options);
  const product = await productOf(options);
  const pins = options.expectedEmail === undefined ? undefined : parsePins({ expectedEmail: options.expectedEmail });
  return withStorage(async ({ storage }) => {
    if (connection !== undefined) await requireConnection(storage, connection);
    if (holder.kind === 'user' && pins !== undefined) {
      await ensurePinned(storage.accounts, { realm, identifier: holder.identifier }, pins, connection);
    }
    const { key, record } = await createApiKey(storage.apiKeys, randomBytes, storage.clock, {
      ...holder,
      realm,
      ...(options.label === undefined ? {} : { label: options.label }),
      unverifiedLinks: options.unverifiedLinks === true,
      ...verifying,
      ...(connection === undefined ? {} : { connection }),
      ...returning,
      ...product,
    });
    if (options.json) printJson({ id: record.id, key, kind: holder.kind, realm, connection });
    else printLine(key);
    advise(options, realm);
  }, forHttp);
};

const heading = ['ID', 'KIND', 'REALM', 'PERSON', 'LABEL', 'LINKS', 'MADE', 'LAST USED', 'REVOKED'];

const linksOf = ({ unverifiedLinks, verifyUrl }: ApiKeyRecord): string => {
  if (unverifiedLinks) return 'unverified';
  return verifyUrl === undefined ? 'pinned' : plain(verifyUrl);
};

/** Prints every key. */
export const list = (options: { json?: boolean }): Promise<void> =>
  withStorage(async ({ storage }) => {
    const keys = await storage.apiKeys.list();
    if (options.json) {
      return printJson(
        keys.map((key) => ({
          id: key.id,
          kind: key.kind,
          realm: key.realm,
          identifier: key.identifier,
          label: key.label,
          unverified_links: key.unverifiedLinks,
          verify_url: key.verifyUrl,
          connection: key.connection,
          return_urls: key.returnUrls,
          product_name: key.productName,
          created_at: new Date(key.createdAt).toISOString(),
          last_used_at: key.lastUsedAt === undefined ? undefined : new Date(key.lastUsedAt).toISOString(),
          revoked_at: key.revokedAt === undefined ? undefined : new Date(key.revokedAt).toISOString(),
        })),
      );
    }
    if (keys.length === 0) return printNote('No key yet. Make one with: postern api-keys create --service');
    printTable(
      heading,
      keys.map((key) => [
        key.id,
        key.kind,
        key.realm,
        key.identifier ?? '–',
        key.label ?? '',
        linksOf(key),
        shortTime(key.createdAt),
        shortTime(key.lastUsedAt),
        shortTime(key.revokedAt),
      ]),
    );
  });

/** Revokes a key by its id; exit code 1 when there is none. */
export const revoke = (id: string): Promise<void> =>
  withStorage(async ({ storage }) => {
    if (!(await storage.apiKeys.revoke(id, storage.clock.now()))) {
      throw new CommandError('There is no such key, or it is revoked already.', { fix: 'See: postern api-keys list' });
    }
    printLine(`Revoked ${id}.`);
  });
