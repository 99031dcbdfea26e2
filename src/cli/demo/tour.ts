// All six tools, called one after the other with what the answers before gave. Knows nothing of transports.
import type { CallToolResult, Client } from '@modelcontextprotocol/client';
import type { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { plain, say } from '../terminal.ts';
import {
  attachmentFacts,
  bodyLines,
  draftList,
  messageLine,
  messageList,
  oneMessage,
  peopleList,
  personLine,
} from './results.ts';

export type Arguments = Readonly<Record<string, unknown>>;

/** Calls a tool, saying so; throws CommandError when the answer is an error. */
export const call = async (client: Client, name: string, args: Arguments): Promise<CallToolResult> => {
  say(`\n→ ${name} ${JSON.stringify(args)}`);
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
  say(`  ${plain(subject ?? '(no subject)')}`);
  for (const line of bodyLines(body?.text ?? '', 8)) say(line);
  for (const { fileName, size } of attachments ?? []) say(`  📎 ${plain(fileName)} (${size} bytes)`);
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
  if (holder === undefined || attachment === undefined) return say('  This mailbox has no attachment to show.');
  say(`  ${messages.length} messages; the first attachment is ${plain(attachment.fileName)}`);
  const wanted = { message_id: holder.id, attachment_id: attachment.attachmentId };
  const { content } = await call(client, 'gmail_get_attachment_by_id', wanted);
  for (const line of content.flatMap(describeAttachment)) say(line);
};

const showPeople = async (client: Client, name: string, args: Arguments): Promise<void> => {
  const { people, totalPeople } = await structured(client, name, args, peopleList);
  for (const person of people.slice(0, most)) say(personLine(person));
  if (people.length === 0) say('  (nobody)');
  if (totalPeople !== undefined && totalPeople > most) say(`  … ${totalPeople} in all`);
};

/** Shows what each of the six tools answers for a connected mailbox. */
export const tour = async (client: Client): Promise<void> => {
  const list = await structured(client, 'gmail_fetch_mails', { max_results: most }, messageList);
  for (const row of list.messages) say(messageLine(row));
  if (list.messages.length === 0) say('  (no mail in the inbox view)');
  const [newest] = list.messages;
  if (newest !== undefined) await showMessage(client, newest.id);
  await showAttachment(client);
  const { drafts } = await structured(client, 'gmail_list_drafts', { max_results: most }, draftList);
  for (const { message } of drafts) say(messageLine(message ?? {}));
  if (drafts.length === 0) say('  (no drafts)');
  await showPeople(client, 'gmail_search_people', { query: 'a' });
  await showPeople(client, 'gmail_get_contacts', { max_results: 50 });
};
