// A message that was fetched → the form in which it is shown: the texts that Gmail left out are fetched, then a job reads it
// all. What takes too long as a whole is read again by the beginnings of its bodies, then without them.

import type { Answer, Body } from '@postern/mail-text/answer';
import type { PageRequest } from '@postern/mail-text/message';
import type { Fetched, GmailReader } from '../../google/ports.ts';
import { ok, type Result } from '../../model/result.ts';
import { outputOf } from '../jobs/job-runner.ts';
import type { JobRunner, Outcome } from '../jobs/jobs.ts';
import type { DraftContent, ListedDraft, ParsedFormat } from '../jobs/message-jobs.ts';
import type { Variants } from '../size-limit.ts';
import { type MessageOutput, viewOf } from './outputs.ts';

interface MessageRequest {
  readonly format: ParsedFormat;
  readonly page: PageRequest;
}

const thisMessage = 'This message';

/** Bytes of a body, and of all of them, that are read where the whole took too long. */
const maxBodyBytes = 64 * 1024;
const maxBodiesBytes = 512 * 1024;

type Input = MessageRequest & {
  readonly answer: Fetched['answer'];
  readonly texts: ReadonlyMap<string, Body>;
  readonly maxBodyBytes?: number;
};

/** Its copy with the beginnings of its bodies: the bodies themselves move to the thread, which may end with them. */
const beginningsOf = (input: Input): Input => {
  let left = maxBodiesBytes;
  const cut = ({ bytes, cut: already, ...body }: Body): Body => {
    const kept = bytes.slice(0, Math.min(maxBodyBytes, left));
    left -= kept.length;
    return { ...body, bytes: kept, ...(already || kept.length < bytes.length ? { cut: true } : {}) };
  };
  return { ...withBodies(input, cut), maxBodyBytes };
};

const withoutBodies = (input: Input): Input => ({
  ...withBodies(input, () => ({ bytes: new Uint8Array(), cut: true })),
  maxBodyBytes: 0,
});

const withBodies = ({ answer, texts, ...wanted }: Input, change: (body: Body) => Body): Input => ({
  ...wanted,
  answer: { ...answer, ...(answer.bodies === undefined ? {} : { bodies: answer.bodies.map(change) }) },
  texts: new Map([...texts].map(([id, text]) => [id, change(text)])),
});

/** All of it, else the beginnings of its bodies, else what it is without them. */
const readInTime = async <Output>(
  input: Input,
  run: (input: Input, again?: 'again') => Promise<Outcome<Output>>,
): Promise<Outcome<Output>> => {
  const excerpt = beginningsOf(input);
  const bodiless = withoutBodies(input);
  let outcome = await run(input);
  if (outcome.kind === 'ended') outcome = await run(excerpt, 'again');
  if (outcome.kind === 'ended') outcome = await run(bodiless, 'again');
  return outcome;
};

/** The texts that Gmail left out and that the format shows, by our part id. */
const fetchTexts = async (
  { answer, text }: Fetched,
  format: ParsedFormat,
  jobs: JobRunner,
): Promise<Result<ReadonlyMap<string, Body>>> => {
  const texts = new Map<string, Body>();
  if (viewOf(format) !== 'full') return ok(texts);
  const missing = outputOf(
    await jobs.run('missingTexts', { answer: { skeleton: answer.skeleton }, format }),
    thisMessage,
  );
  if (!missing.ok) return missing;
  for (const { partId, attachmentId, size } of missing.value) {
    const fetched = await text(attachmentId, size);
    if (!fetched.ok) return fetched;
    texts.set(partId, fetched.value);
  }
  return ok(texts);
};

/** One message by itself; `too_costly` where not even its header fields can be read in time. */
export const readMessage = async (
  fetched: Fetched,
  wanted: MessageRequest,
  jobs: JobRunner,
): Promise<Result<MessageOutput>> => {
  const texts = await fetchTexts(fetched, wanted.format, jobs);
  if (!texts.ok) return texts;
  const input = { ...wanted, answer: fetched.answer, texts: texts.value };
  return outputOf(await readInTime(input, (some, again) => jobs.run('message', some, again)), thisMessage);
};

/** One message of a list. @see readMessage */
export const readListedMessage = async (
  fetched: Fetched,
  wanted: MessageRequest,
  jobs: JobRunner,
): Promise<Result<Variants<MessageOutput>>> => {
  const texts = await fetchTexts(fetched, wanted.format, jobs);
  if (!texts.ok) return texts;
  const input = { ...wanted, answer: fetched.answer, texts: texts.value };
  return outputOf(await readInTime(input, (some, again) => jobs.run('listedMessage', some, again)), thisMessage);
};

/** One draft of a list, by its header fields. */
export const readListedDraft = async (answer: Answer<DraftContent>, jobs: JobRunner): Promise<Result<ListedDraft>> =>
  outputOf(await jobs.run('listedDraft', { answer }), 'This draft');

/** A page of a message's source. */
export const readSource = async (
  gmail: GmailReader,
  id: string,
  page: PageRequest,
  jobs: JobRunner,
): Promise<Result<MessageOutput>> => {
  const source = await gmail.source(id, page);
  return source.ok ? outputOf(await jobs.run('source', { source: source.value, page }), thisMessage) : source;
};
