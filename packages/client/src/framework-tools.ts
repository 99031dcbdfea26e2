// What the forms for agent frameworks share: which tools there are, and a call whose answer is text for a model.
import { AuthenticationError, ForbiddenError, PosternError } from './errors.ts';
import type { CallOptions } from './http.ts';
import type { ToolDescription, ToolSource } from './tool-source.ts';

export interface FrameworkTool extends ToolDescription {
  readonly run: RunTool;
}

/** Answers with text for the model. Throws only what no model can mend: a key that is not accepted, an abort. */
export type RunTool = (input: unknown, options?: CallOptions) => Promise<string>;

const inputOf = (input: unknown): Record<string, unknown> =>
  typeof input === 'object' && input !== null ? Object.fromEntries(Object.entries(input)) : {};

const linkText = (toolName: string, url: string, expiresAt: string): string =>
  [
    `The person has to approve first. Show this link to the person, who opens it in a browser and approves: ${url}`,
    `It works until ${expiresAt}. After that, or once they have approved, call ${toolName} again with the same arguments.`,
  ].join('\n');

/** @param identifier the person that every call is for; no argument of a model names anybody */
export const runnerOf =
  (source: ToolSource, identifier: string, toolName: string): RunTool =>
  async (input, options) => {
    try {
      const { data, authorizationRequired } = await source.executeTool(identifier, toolName, inputOf(input), options);
      if (data === undefined) return linkText(toolName, authorizationRequired.url, authorizationRequired.expiresAt);
      return JSON.stringify({ ...data, ...(authorizationRequired && { authorizationRequired }) });
    } catch (error) {
      const isForModel = error instanceof PosternError;
      if (!isForModel || error instanceof AuthenticationError || error instanceof ForbiddenError) throw error;
      return `${error.message}\nWho can fix it: ${error.who}.\nNext step: ${error.next}`;
    }
  };

/** What the server offers, each with a call for this person. */
export const frameworkTools = async (source: ToolSource, identifier: string): Promise<FrameworkTool[]> =>
  (await source.tools.list()).map((tool) => ({ ...tool, run: runnerOf(source, identifier, tool.name) }));
