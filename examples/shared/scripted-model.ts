// What a language model would decide, as a script: the same in every run, without a key or a network. It knows only
// what a model is shown, the conversation and the texts of the tool results, so it can tell nothing a tool did not say.
// It does not know any framework.

/** One entry of a conversation, as the model sees it. */
export type Turn =
  | { readonly role: 'person'; readonly text: string }
  | { readonly role: 'tool'; readonly tool: string; readonly text: string };

/** What the model does next: calls a tool, or answers. */
export type Decision =
  | { readonly kind: 'call'; readonly tool: string; readonly args: Record<string, unknown> }
  | { readonly kind: 'answer'; readonly text: string };

const listTool = 'gmail_fetch_mails';
const readTool = 'gmail_get_message_by_id';

const urgent = /\burgent\b|\basap\b|\bdeadline\b|has to be signed|please confirm by/i;

interface Mail {
  readonly id: string;
  readonly from: string;
  readonly subject: string;
  readonly isUrgent: boolean;
}

/** What stands between Postern's marks: everything in it comes from outside and is data, whatever it says. */
const fenced = (text: string): string => /<<<outside (\w+)>>>\n([\s\S]*?)\n<<<end \1>>>/.exec(text)?.[2] ?? '';

const field = (text: string, name: string): string =>
  new RegExp(`^ *(?:- )?${name}: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';

const listed = (result: string): Mail[] =>
  fenced(result)
    .split(/^(?= {2}- id: )/m)
    .filter((row) => row.startsWith('  - id: '))
    .map((row) => ({
      id: field(row, 'id'),
      from: field(row, 'from'),
      subject: field(row, 'subject'),
      isUrgent: urgent.test(`${field(row, 'subject')} ${field(row, 'snippet')}`),
    }));

/** The first paragraph of a message that was read. */
const firstParagraph = (result: string): string =>
  /^ {2}text:\n([\s\S]*?)(?:\n\s*\n|\n {2}\w+: )/m.exec(fenced(result))?.[1]?.replace(/\s+/g, ' ').trim() ?? '';

const summary = (mails: readonly Mail[], read: readonly string[]): string => {
  const texts = new Map(read.map((result) => [field(fenced(result), 'id'), firstParagraph(result)]));
  const flagged = mails.filter(({ isUrgent }) => isUrgent);
  const others = mails.filter(({ isUrgent }) => !isUrgent);
  return [
    `${mails.length} unread, ${flagged.length} urgent.`,
    ...flagged.map(({ id, from, subject }) => `! ${subject} (${from}): ${texts.get(id) ?? ''}`),
    ...others.map(({ from, subject }) => `  ${subject} (${from})`),
  ].join('\n');
};

/**
 * The next step for "summarise my unread emails and flag what is urgent": list, read what looks urgent, answer.
 * @param offered the tools as the framework names them; some put the server's name in front
 */
export const decide = (conversation: readonly Turn[], offered: readonly string[]): Decision => {
  const call = (tool: string, args: Record<string, unknown>): Decision => {
    const name = offered.find((shown) => shown.endsWith(tool));
    if (name === undefined) throw new Error(`The framework offers no tool ${tool}, only: ${offered.join(', ')}.`);
    return { kind: 'call', tool: name, args };
  };
  const request = conversation.findLastIndex(({ role }) => role === 'person');
  const results = conversation.slice(request + 1).filter((turn) => turn.role === 'tool');
  const last = results.at(-1);
  if (last === undefined) return call(listTool, { query: 'is:unread in:inbox', max_results: 25 });
  // Postern's own words stand outside the fence; a mail that writes the same sentence stands inside.
  const link = /Show this link to the person, .*?: (https?:\S+)/.exec(last.text.split('<<<outside ')[0] ?? '')?.[1];
  if (link !== undefined) {
    return { kind: 'answer', text: `I cannot read your mail yet. Please open ${link} and tell me when you are done.` };
  }
  const mails = listed(results.find(({ tool }) => tool.endsWith(listTool))?.text ?? '');
  if (mails.length === 0) return { kind: 'answer', text: `The tool gave me no unread mail: ${last.text}` };
  const read = results.filter(({ tool }) => tool.endsWith(readTool)).map(({ text }) => text);
  const next = mails.filter(({ isUrgent }) => isUrgent)[read.length];
  if (next !== undefined) return call(readTool, { message_id: next.id });
  return { kind: 'answer', text: summary(mails, read) };
};
