// Messages written for these tests, as RFC 822 source, and a world whose one person has just them.
import { Buffer } from 'node:buffer';
import type { Client, RequestOptions } from '@modelcontextprotocol/client';
import { createSandbox, type GoogleAccount } from '@postern/gmail-sandbox';
import type { Pool } from '../../../src/mcp/jobs/worker-pool.ts';
import { handClock } from '../../support/hand-clock.ts';
import { createWorld, type World } from '../../support/world.ts';
import { currentClient } from '../clients.ts';

export interface Part {
  readonly type: string;
  readonly content: string | Uint8Array;
  readonly disposition?: string;
}

const encoded = (content: string | Uint8Array): string =>
  Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n');

const partLines = ({ type, content, disposition }: Part): string[] => [
  `Content-Type: ${type}`,
  'Content-Transfer-Encoding: base64',
  ...(disposition === undefined ? [] : [`Content-Disposition: ${disposition}`]),
  '',
  encoded(content),
];

/** A message with one part, or with several in multipart/mixed. */
export const mail = (subject: string, parts: readonly Part[], minute = 0): Buffer => {
  const [only] = parts;
  const body =
    parts.length === 1 && only
      ? partLines(only)
      : [
          'Content-Type: multipart/mixed; boundary="edge"',
          '',
          ...parts.flatMap((part) => ['--edge', ...partLines(part)]),
          '--edge--',
        ];
  const head = [
    'From: Robin Quill <robin@example.org>',
    'To: alex@example.com',
    `Subject: ${subject}`,
    `Date: Thu, 15 Jan 2026 10:${String(minute).padStart(2, '0')}:00 +0000`,
    `Message-ID: <${minute}.${subject.length}@example.org>`,
    'MIME-Version: 1.0',
  ];
  return Buffer.from([...head, ...body, ''].join('\r\n'));
};

export const text = (content: string): Part => ({ type: 'text/plain; charset=utf-8', content });

export interface ToolWorld extends World {
  readonly mailbox: GoogleAccount['mailbox'];
  readonly contacts: GoogleAccount['contacts'];
  /** Calls a tool as the connected person, through a real client. */
  ask(name: string, args?: Record<string, unknown>, options?: RequestOptions): Promise<Answer>;
}

export interface Answer {
  readonly isError: boolean;
  readonly structured: Record<string, unknown>;
  readonly blocks: { type: string; text?: string; data?: string; mimeType?: string }[];
  /** Of a whole result on the wire. */
  readonly bytes: number;
}

const askWith = async (
  client: Client,
  name: string,
  args: Record<string, unknown>,
  options?: RequestOptions,
): Promise<Answer> => {
  const result = await client.callTool({ name, arguments: args }, options);
  return {
    isError: result.isError === true,
    structured: { ...(result.structuredContent as Record<string, unknown> | undefined) },
    blocks: result.content as Answer['blocks'],
    bytes: Buffer.byteLength(JSON.stringify(result)),
  };
};

/** A connected person with an empty mailbox; `hostedDomain` makes it a Workspace account. */
export const createToolWorld = async (
  options: { hostedDomain?: string; env?: Record<string, string>; workers?: Pool } = {},
) => {
  const { hostedDomain, env = {}, workers } = options;
  const clock = handClock();
  const sandbox = createSandbox({ clock });
  const account = sandbox.addAccount({ email: 'alex@example.com', ...(hostedDomain ? { hostedDomain } : {}) });
  const world = await createWorld({ clock, sandbox, env, workers });
  const key = await world.connect('user_42');
  sandbox.clearRequests();
  const makeServer = () => world.postern.mcpServer({ key, credential: 'service_key', linkPolicy: 'unverified' });
  const client = await currentClient(makeServer, 'modern');
  await client.listTools();
  const toolWorld: ToolWorld = {
    ...world,
    mailbox: account.mailbox,
    contacts: account.contacts,
    ask: (name, args = {}, options) => askWith(client, name, args, options),
  };
  return toolWorld;
};
