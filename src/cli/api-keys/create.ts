// `postern api-keys create`: the key goes to stdout once, everything else to stderr.
import { randomBytes } from 'node:crypto';
import { ensureAccount } from '../../connect/account-settings.ts';
import { createApiKey, verifyUrlSchema } from '../../identity/credentials.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Pins } from '../../model/account.ts';
import type { AccountKey } from '../../model/account-key.ts';
import { explainProblem } from '../../model/problem.ts';
import type { AccountStore } from '../../storage/index.ts';
import { accountDiffers, parseIdentifier, parsePins, parseProductRealm } from '../account-options.ts';
import { CommandError } from '../command-error.ts';
import { note, say, sayJson } from '../terminal.ts';
import { forHttp, withStorage } from '../with-storage.ts';

export interface CreateOptions {
  readonly service?: boolean;
  readonly user?: string;
  readonly realm: string;
  readonly label?: string;
  readonly expectedEmail?: string;
  readonly unverifiedLinks?: boolean;
  readonly verifyUrl?: string;
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
const ensurePinned = async (accounts: AccountStore, key: AccountKey, pins: Pins): Promise<void> => {
  const ensured = await ensureAccount(accounts, key, pins);
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

const advise = (options: CreateOptions, realm: string): void => {
  note('This is the only time the key is shown. Send it as: Authorization: Bearer KEY');
  if (options.service) note(`Name the person in each call: Postern-Identifier: user_42 (realm ${realm})`);
  if (options.verifyUrl !== undefined)
    note('Confirm links with this key: POST /api/v1/auth-requests/{auth_request_id}/confirm {"identifier": …}');
  if (options.unverifiedLinks) {
    note('warning: with --unverified-links whoever opens a link may complete it. Pinning the mailbox is safer.');
  } else if (options.user !== undefined && options.expectedEmail === undefined) {
    note('Nothing proves yet who completes a link of this key: pin the mailbox with --expected-email.');
  }
};

/** Makes a key; a user key with --expected-email also pins the person's account. */
export const create = (options: CreateOptions): Promise<void> => {
  const holder = holderOf(options);
  const realm = parseProductRealm(options.realm);
  const verifying = verifyUrlOf(options);
  const pins = options.expectedEmail === undefined ? undefined : parsePins({ expectedEmail: options.expectedEmail });
  return withStorage(async ({ storage }) => {
    if (holder.kind === 'user' && pins !== undefined) {
      await ensurePinned(storage.accounts, { realm, identifier: holder.identifier }, pins);
    }
    const { key, record } = await createApiKey(storage.apiKeys, randomBytes, systemClock, {
      ...holder,
      realm,
      ...(options.label === undefined ? {} : { label: options.label }),
      unverifiedLinks: options.unverifiedLinks === true,
      ...verifying,
    });
    if (options.json) sayJson({ id: record.id, key, kind: holder.kind, realm });
    else say(key);
    advise(options, realm);
  }, forHttp);
};
