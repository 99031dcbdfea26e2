// Everything of the main entry point.
export type { AccountFilter, AccountPage, ActingClient } from './accounts.ts';
export {
  AuthenticationError,
  ConflictError,
  ConnectionError,
  type Fixer,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  PosternError,
  RateLimitedError,
  ServerError,
  TemporaryError,
  TimeoutError,
} from './errors.ts';
export type { CallOptions, PosternOptions } from './http.ts';
export { Postern } from './postern.ts';
export type { ObjectSchema, ToolDescription, ToolFormat } from './tool-source.ts';
export type {
  Message,
  MessagePart,
  MessageRow,
  Person,
  ToolInput,
  ToolInputs,
  ToolName,
  ToolOutput,
  ToolOutputs,
} from './tool-types.ts';
export type {
  Account,
  AccountSettings,
  AuthorizationRequired,
  AuthRequest,
  Capability,
  CapabilityStatus,
  ConfirmedAccount,
  Disconnected,
  Link,
  LinkSettings,
  Session,
  ToolResult,
} from './types.ts';
export type { Connection, DeadLetter, TestedWebhook, WebhookEndpoint } from './webhook-endpoints.ts';
export {
  type WebhookEvent,
  type WebhookEventType,
  type WebhookHeaders,
  WebhookVerificationError,
  webhooks,
} from './webhooks.ts';
