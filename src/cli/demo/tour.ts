// The tools, called one after the other with what the answers before gave, and their results in readable form. Mail is
// text from outside: it is shown without control characters.
import type { CallToolResult, Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { CommandError, plain, printLine } from '../terminal.ts';

export type Arguments = Readonly<Record<string, unknown>>;

/** Calls a tool, saying so; throws CommandError when the answer is an error. */
export const call = async (client: Client, name: string, args: Arguments): Promise<CallToolResult> => {
  printLine(`\n→ ${name} ${JSON.stringify(args)}`);
  const result = (await client.callTool({ name, arguments: { ...args } })) as CallToolResult;
  if (result.isError) throw new CommandError(`${name} answered: ${textOf(result)}`);
  return result;
};

const textOf = ({ content }: CallToolResult): string =>
  content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n');

const structured = async <T>(client: Client, name: string, args: Arguments, shape: z.ZodType<T>): Promise<T> => {
  const { structuredContent } = await call(client, name, args);
  const parsed = shape.safeParse(structuredContent);
  if (parsed.success) return parsed.data;
  throw new CommandError(`${name} answered in an unexpected form.`);
};

const most = 5;

const showMessage = async (client: Client, id: string): Promise<void> => {
  const { subject, body, attachments } = await structured(
    client,
    'gmail_get_message_by_id',
    { message_id: id },
    oneMessage,
  );
  printLine(`  ${plain(subject ?? '(no subject)')}`);
  for (const line of bodyLines(body?.text ?? '', 8)) printLine(line);
  for (const { fileName, size } of attachments ?? []) printLine(`  📎 ${plain(fileName)} (${size} bytes)`);
};

const describeAttachment = (block: CallToolResult['content'][number]): string[] => {
  if (block.type !== 'text') return [`  │ [${block.type}]`];
  const facts = attachmentFacts.safeParse(block.text);
  if (!facts.success) return bodyLines(block.text, 6);
  const { fileName, mimeType, size, data } = facts.data;
  return [`  ${plain(fileName)}: ${plain(mimeType)}, ${size} bytes${data === undefined ? '' : ', as base64'}`];
};

const showAttachment = async (client: Client): Promise<void> => {
  const args = { query: 'has:attachment', max_results: 10, format: 'readable' };
  const { messages } = await structured(client, 'gmail_fetch_mails', args, messageList);
  const holder = messages.find(({ attachments }) => attachments !== undefined && attachments.length > 0);
  const attachment = holder?.attachments?.[0];
  if (holder === undefined || attachment === undefined) return printLine('  This mailbox has no attachment to show.');
  printLine(`  ${messages.length} messages; the first attachment is ${plain(attachment.fileName)}`);
  const wanted = { message_id: holder.id, attachment_id: attachment.attachmentId };
  const { content } = await call(client, 'gmail_get_attachment_by_id', wanted);
  for (const line of content.flatMap(describeAttachment)) printLine(line);
};

const showPeople = async (client: Client, name: string, args: Arguments): Promise<void> => {
  const { people, totalPeople } = await structured(client, name, args, peopleList);
  for (const person of people.slice(0, most)) printLine(personLine(person));
  if (people.length === 0) printLine('  (nobody)');
  if (totalPeople !== undefined && totalPeople > most) printLine(`  … ${totalPeople} in all`);
};

/** Shows what each tool answers for a connected mailbox. */
export const tour = async (client: Client): Promise<void> => {
  const list = await structured(client, 'gmail_fetch_mails', { max_results: most }, messageList);
  for (const row of list.messages) printLine(messageLine(row));
  if (list.messages.length === 0) printLine('  (no mail in the inbox view)');
  const [newest] = list.messages;
  if (newest !== undefined) await showMessage(client, newest.id);
  await showAttachment(client);
  const { drafts } = await structured(client, 'gmail_list_drafts', { max_results: most }, draftList);
  for (const { message } of drafts) printLine(messageLine(message ?? {}));
  if (drafts.length === 0) printLine('  (no drafts)');
  await showPeople(client, 'gmail_search_people', { query: 'a' });
  await showPeople(client, 'gmail_get_contacts', { max_results: 50 });
};

const row = z.object({
  id: z.string(),
  from: z.string().optional(),
  subject: z.string().optional(),
  date: z.string().optional(),
  labelIds: z.array(z.string()).optional(),
  body: z.object({ text: z.string(), totalChars: z.number() }).optional(),
  attachments: z.array(z.object({ attachmentId: z.string(), fileName: z.string(), size: z.number() })).optional(),
});

const person = z.object({
  source: z.string().optional(),
  names: z.array(z.object({ displayName: z.string().optional() })).optional(),
  emailAddresses: z.array(z.object({ value: z.string().optional() })).optional(),
});

export const messageList = z.object({ messages: z.array(row) });
const oneMessage = z.union([row, z.object({ message: row }).transform(({ message }) => message)]);
const draftList = z.object({ drafts: z.array(z.object({ id: z.string(), message: row.partial().optional() })) });
const peopleList = z.object({ people: z.array(person), totalPeople: z.number().optional() });
/** The JSON text block that comes with every attachment. */
const attachmentFacts = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('is not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ fileName: z.string(), mimeType: z.string(), size: z.number(), data: z.string().optional() }));
export const authorization = z.object({ authorizationRequired: z.object({ url: z.string(), reason: z.string() }) });

const cut = (text: string, length: number): string => {
  const line = plain(text.replace(/\s+/g, ' ')).trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
};

const column = (text: string, width: number): string => cut(text, width).padEnd(width);

/** What a line shows of a message. */
type Shown = { readonly [field in 'date' | 'from' | 'subject']?: string | undefined } & {
  readonly labelIds?: string[] | undefined;
};

export const messageLine = ({ date, from, subject, labelIds }: Shown): string =>
  `${labelIds?.includes('UNREAD') ? '●' : ' '} ${(date ?? '').slice(0, 10).padEnd(10)}  ${column(from ?? '', 30)}  ${cut(subject ?? '(no subject)', 60)}`;

const personLine = ({ names, emailAddresses, source }: z.infer<typeof person>): string =>
  `  ${column(names?.[0]?.displayName ?? '(no name)', 24)}  ${column(emailAddresses?.[0]?.value ?? '–', 34)}  ${source ?? ''}`.trimEnd();

/** The first lines of a body, indented. */
const bodyLines = (text: string, most: number): string[] => {
  const lines = text.split('\n').map((line) => `  │ ${cut(line, 100)}`);
  const shown = lines.filter((line, index) => line !== '  │ ' || lines[index - 1] !== '  │ ').slice(0, most);
  return shown.length < lines.length ? [...shown, '  │ …'] : shown;
};
