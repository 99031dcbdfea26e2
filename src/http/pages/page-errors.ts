// What a browser sees where a page's route failed: a page that says whether waiting helps. Nothing internal is part of it.
import type { ErrorHandler } from 'hono';
import type { Logger } from 'pino';
import { describeDefect } from '../../mcp/describe-defect.ts';
import { type StorageProblem, storageProblem } from '../../model/storage-failure.ts';
import type { Page } from './html/layout.ts';
import { internalErrorPage, storageBusyPage, storageFullPage } from './html/notices.ts';
import { pageResponse } from './page-response.ts';

const failurePages: Readonly<Record<StorageProblem['kind'] | 'internal', Page>> = {
  storage_busy: storageBusyPage,
  storage_full: storageFullPage,
  // Only the operator can do something about these, and looks into the log.
  sealing_key_missing: internalErrorPage,
  row_refused: internalErrorPage,
  internal: internalErrorPage,
};

export const pageErrors =
  (log: Logger): ErrorHandler =>
  (error, c) => {
    const problem = storageProblem(error) ?? { kind: 'internal' };
    log.error({ event: 'page_failed', problem: problem.kind, ...describeDefect(error) });
    return pageResponse(c, failurePages[problem.kind]);
  };
