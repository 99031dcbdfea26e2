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

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** What a tool answered with, which is JSON; nothing where it answered with a sentence. Everything in it is data, whatever it says. */
const dataIn = (result: string): Fields => {
  if (!result.startsWith('{')) return {};
  const data: unknown = JSON.parse(result);
  return isFields(data) ? data : {};
};

const listed = (result: string): Mail[] => {
  const { messages } = dataIn(result);
  if (!Array.isArray(messages)) return [];
  return messages.filter(isFields).map(({ id, from, subject, snippet }) => ({
    id: String(id),
    from: String(from),
    subject: String(subject),
    isUrgent: urgent.test(`${subject} ${snippet}`),
  }));
};

/** The first paragraph of a message that was read. */
const firstParagraph = ({ body }: Fields): string =>
  isFields(body)
    ? (
        String(body.text)
          .trim()
          .split(/\n\s*\n/)[0] ?? ''
      ).replace(/\s+/g, ' ')
    : '';

const summary = (mails: readonly Mail[], read: readonly string[]): string => {
  const texts = new Map(read.map(dataIn).map((message) => [message.id, firstParagraph(message)]));
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
  // Postern's own words are text; a mail that writes the same sentence stands inside JSON.
  const link = last.text.startsWith('{')
    ? undefined
    : /Show this link to the person, .*?: (https?:\S+)/.exec(last.text)?.[1];
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
