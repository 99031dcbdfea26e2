// Every job there is: work whose cost depends on what somebody sent. Each takes and gives plain data, so that it can be done
// in another thread as well as here, and has the name under which a thread is asked for it. Whoever imports more than types
// from here loads what reads mail.
import { findAttachmentJob, textFileJob, winmailFileJob } from './attachment-jobs.ts';
import { listedDraftJob, listedMessageJob, messageJob, missingTextsJob, sourceJob } from './message-jobs.ts';

export interface Job<Input, Output> {
  /** Needs nothing but its input. */
  run(input: Input): Output;
  /** Whether it takes a few milliseconds at most, whatever is in it: then it is done where it is asked for. */
  isSmall(input: Input): boolean;
  /** Memory of the input that is moved to the other thread instead of being copied. */
  moved(input: Input): ArrayBuffer[];
}

const jobs = {
  missingTexts: missingTextsJob,
  message: messageJob,
  listedMessage: listedMessageJob,
  listedDraft: listedDraftJob,
  source: sourceJob,
  findAttachment: findAttachmentJob,
  winmailFile: winmailFileJob,
  textFile: textFileJob,
};

type Jobs = typeof jobs;
export type JobName = keyof Jobs;
export type JobInput<Name extends JobName> = Parameters<Jobs[Name]['run']>[0];
export type JobOutput<Name extends JobName> = ReturnType<Jobs[Name]['run']>;

/** A job by its name; what fits together by `Name` is only known as any of them here. */
export const jobOf = <Name extends JobName>(name: Name): Job<JobInput<Name>, JobOutput<Name>> =>
  jobs[name] as unknown as Job<JobInput<Name>, JobOutput<Name>>;

/** Why a job has no result: it took too long or too much memory, its account has too many, or nobody waits for it. */
export type NotDone = { readonly kind: 'ended' } | { readonly kind: 'busy' } | { readonly kind: 'cancelled' };
export type Outcome<Output> = { readonly kind: 'done'; readonly output: Output } | NotDone;

/** Does the jobs of one call: small ones at once, others in a thread of their own. */
export interface JobRunner {
  /** @param again it goes on with what had its turn, and waits on whatever the call's patience. */
  run<Name extends JobName>(name: Name, input: JobInput<Name>, again?: 'again'): Promise<Outcome<JobOutput<Name>>>;
}
