// Every job there is, by the name under which another thread is asked for it.
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

export const jobs = {
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
