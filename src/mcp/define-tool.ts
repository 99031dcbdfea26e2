// What a tool is: data plus one handler. A tool gets Google already bound to its caller; it cannot reach a token or
// another person, and it does not know how its answer is shown.
import type { z } from 'zod';
import type { CallerGoogle, ReportProgress } from '../google/ports.ts';
import type { Capability } from '../model/capability.ts';
import type { Problem } from '../model/problem.ts';
import type { Result } from '../model/result.ts';
import type { DeliverAttachment } from './deliver-attachment.ts';
import type { JobRunner } from './jobs/jobs.ts';

interface ToolContext {
  readonly google: CallerGoogle;
  /** Of the grant this call runs under. */
  readonly grantVersion: number;
  readonly deliver: DeliverAttachment;
  /** How `deliver` hands a file out: as a download URL, or saved in a folder. */
  readonly delivery: 'http' | 'stdio';
  /** Bytes: the largest attachment that is put into an answer. */
  readonly inlineLimit: number;
  /** Does what costs as much as somebody's mail is large. */
  readonly jobs: JobRunner;
  /** For work that takes a while and knows how much of it there is. */
  readonly progress: ReportProgress;
}

/** An answer that is more than one object: for clients that keep content blocks and for programs that do not. */
export class ToolContent {
  /** Facts about the answer, as a JSON text block; everything in it is data from outside. */
  readonly facts: object;
  /** What structured content holds beside `facts`; undefined: no structured content, so that no client drops a block. */
  readonly structured: object | undefined;
  /** Shown inside the fence. */
  readonly text: string | undefined;
  readonly image: { readonly base64: string; readonly mimeType: string } | undefined;

  constructor(facts: object, more: Partial<Pick<ToolContent, 'structured' | 'text' | 'image'>>) {
    this.facts = facts;
    this.structured = more.structured;
    this.text = more.text;
    this.image = more.image;
  }
}

/** Carries a problem through code that is not ours to return it, such as a delivery asking for the bytes. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.kind);
    this.problem = problem;
  }
}

export interface Tool<Shape extends z.ZodRawShape = z.ZodRawShape, Output extends object = object> {
  readonly name: string;
  readonly title: string;
  /** Tells a model when to use the tool. */
  readonly description: string;
  readonly input: z.ZodObject<Shape>;
  /** Absent: the tool answers with content blocks and declares no output. */
  readonly output?: z.ZodType<Output>;
  /** Characters that a result may have; declared to clients that cut earlier unless they are told. */
  readonly maxResultChars?: number;
  /** What the tool works with; the first consent asks for it. */
  readonly requires: readonly Capability[];
  /** The first consent asks for these too; without them the answer is only narrower. */
  readonly optional: readonly Capability[];
  /** What some arguments want beyond that: asked for when they first come, not in advance. */
  readonly stepUp?: {
    readonly capabilities: readonly Capability[];
    isWanted(input: z.output<z.ZodObject<Shape>>): boolean;
  };
  /**
   * What an answer lacks because it was not granted: a link for that goes beside the answer. A tool that has this runs
   * with whatever was granted; one without it runs with all that it `requires`, or not at all.
   */
  missingCapabilities?(output: Output): readonly Capability[];
  run(input: z.output<z.ZodObject<Shape>>, context: ToolContext): Promise<Result<Output | ToolContent>>;
}

/** Identity; gives a tool's handler the types of its schemas. */
export const defineTool = <Shape extends z.ZodRawShape, Output extends object>(
  tool: Tool<Shape, Output>,
): Tool<Shape, Output> => tool;
