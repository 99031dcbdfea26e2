// Tool results in readable form. Mail is text from outside: it is shown without control characters.
import { z } from 'zod';
import { plain } from '../terminal.ts';

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
export const oneMessage = z.union([row, z.object({ message: row }).transform(({ message }) => message)]);
export const draftList = z.object({ drafts: z.array(z.object({ id: z.string(), message: row.partial().optional() })) });
export const peopleList = z.object({ people: z.array(person), totalPeople: z.number().optional() });
/** The JSON text block that comes with every attachment. */
export const attachmentFacts = z
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

export const personLine = ({ names, emailAddresses, source }: z.infer<typeof person>): string =>
  `  ${column(names?.[0]?.displayName ?? '(no name)', 24)}  ${column(emailAddresses?.[0]?.value ?? '–', 34)}  ${source ?? ''}`.trimEnd();

/** The first lines of a body, indented. */
export const bodyLines = (text: string, most: number): string[] => {
  const lines = text.split('\n').map((line) => `  │ ${cut(line, 100)}`);
  const shown = lines.filter((line, index) => line !== '  │ ' || lines[index - 1] !== '  │ ').slice(0, most);
  return shown.length < lines.length ? [...shown, '  │ …'] : shown;
};
