// What a Postern offers of tools: descriptions and calls. Whoever makes a form of them for a framework needs no more of it.
import type { CallOptions } from './http.ts';
import type { ToolInput, ToolOutput } from './tool-types.ts';
import type { ToolResult } from './types.ts';

/** A JSON Schema of an object. */
export interface ObjectSchema {
  readonly type: 'object';
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

export interface ToolDescription {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly input_schema: ObjectSchema;
  readonly output_schema?: ObjectSchema;
}

/** In which the server can list the tools for a model's SDK; docs/api.md says for which request each is. */
export type ToolFormat = 'openai' | 'openai-responses' | 'anthropic' | 'gemini' | 'ai-sdk';

export interface ToolCalls {
  /**
   * Calls one tool for one person. What needs a person first is no error: its link is in `authorizationRequired`.
   * Everything else that fails is thrown.
   */
  executeTool<const Name extends string>(
    identifier: string,
    toolName: Name,
    input?: ToolInput<Name>,
    options?: CallOptions,
  ): Promise<ToolResult<ToolOutput<Name>>>;
}

/** What a form is made from: a `Postern` is one. */
export interface ToolSource extends ToolCalls {
  readonly tools: {
    list(options?: CallOptions): Promise<readonly ToolDescription[]>;
    listAs<Form>(format: ToolFormat, options?: CallOptions): Promise<Form>;
  };
}
