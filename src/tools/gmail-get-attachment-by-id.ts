// gmail_get_attachment_by_id: one attachment, in the form that fits it or that was asked for. The only tool without an
// output schema, because some clients drop content blocks where structured content is declared.
import { z } from 'zod';
import { declaredCharset } from '../mail/headers.ts';
import { isTextLike, page, safeFileName, textOfBytes } from '../mail/message.ts';
import { failed, ok, type Result } from '../model/result.ts';
import { type AttachmentPart, attachmentPart } from './attachment-part.ts';
import { defineTool, ProblemError, ToolContent, type ToolContext } from './define-tool.ts';
import { attachmentId, maxChars, messageId, offset } from './parameters.ts';
import { fitPage } from './size-limit.ts';

/** Bytes: larger ones are not put into an answer unless a program asks for it. */
const largestImage = 1024 * 1024;
const largestText = 5 * 1024 * 1024;
const largestOther = 64 * 1024;

const input = z.object({
  message_id: messageId,
  attachment_id: attachmentId.describe('attachmentId of the message'),
  file_name: z.exactOptional(z.string().min(1).max(1000)),
  delivery: z
    .enum(['auto', 'inline', 'link'])
    .default('auto')
    .describe('inline: base64 for programs; link: URL or saved file'),
  max_chars: maxChars,
  offset,
});

type Wanted = z.output<typeof input>;
type Facts = { readonly fileName: string; readonly mimeType: string; readonly size: number };

const asText = (bytes: Uint8Array, facts: Facts, part: AttachmentPart, wanted: Wanted): ToolContent => {
  const whole = textOfBytes(bytes, facts.mimeType, declaredCharset(part.part));
  const shown = fitPage(
    wanted.max_chars,
    (maxChars) => page(whole, { maxChars, offset: wanted.offset }),
    () => page(whole, { maxChars: 100, offset: wanted.offset }),
  );
  const { text, ...where } = shown;
  return new ToolContent({ ...facts, ...where }, { text, structured: { text } });
};

const asLink = async (facts: Facts, part: AttachmentPart, wanted: Wanted, { deliver, grantVersion }: ToolContext) => {
  const bytes = async () => {
    const answer = await part.bytes();
    if (!answer.ok) throw new ProblemError(answer.problem);
    return answer.value;
  };
  const delivered = await deliver({ ...facts, messageId: wanted.message_id, partId: part.partId, grantVersion, bytes });
  const where =
    delivered.kind === 'url'
      ? { url: delivered.url, expiresAt: new Date(delivered.expiresAt).toISOString() }
      : { path: delivered.path };
  return new ToolContent({ ...facts, ...where }, { structured: {} });
};

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

type Form = 'image' | 'text' | 'base64' | 'inline' | 'link';

const formOf = ({ mimeType, fileName, size }: Facts, delivery: Wanted['delivery']): Form => {
  if (delivery !== 'auto') return delivery;
  const isText = isTextLike(mimeType, fileName);
  if (mimeType.startsWith('image/') && !isText) return size <= largestImage ? 'image' : 'link';
  if (isText) return size <= largestText ? 'text' : 'link';
  return size <= largestOther ? 'base64' : 'link';
};

const tooLarge = ({ inlineLimit, delivery }: ToolContext) => {
  const instead = delivery === 'http' ? 'get a download URL' : 'have it saved as a file';
  return failed({
    kind: 'too_large',
    what: 'The attachment',
    limitBytes: inlineLimit,
    instead: `Use delivery "link" to ${instead}.`,
  });
};

const fetched = async (
  facts: Facts,
  form: Form,
  part: AttachmentPart,
  wanted: Wanted,
): Promise<Result<ToolContent>> => {
  const answer = await part.bytes();
  if (!answer.ok) return answer;
  const bytes = answer.value;
  const exact = { ...facts, size: bytes.length };
  switch (form) {
    case 'text':
      return ok(asText(bytes, exact, part, wanted));
    case 'image':
      return ok(new ToolContent(exact, { image: { base64: base64(bytes), mimeType: facts.mimeType } }));
    case 'base64':
      return ok(new ToolContent({ ...exact, data: base64(bytes) }, { structured: {} }));
    default:
      return ok(new ToolContent(exact, { structured: { data: base64(bytes) } }));
  }
};

export const gmailGetAttachmentById = defineTool({
  name: 'gmail_get_attachment_by_id',
  title: 'Get an attachment',
  description: 'Get one attachment of a message: an image to look at, text to read, or a link for everything large.',
  input,
  requires: ['mail'],
  optional: [],
  run: async (wanted, context) => {
    const found = await attachmentPart(context.google.gmail, wanted.message_id, wanted.attachment_id);
    if (!found.ok) return found;
    const part = found.value;
    const fileName = wanted.file_name === undefined ? part.fileName : safeFileName(wanted.file_name);
    const facts = { fileName, mimeType: part.mimeType, size: part.size };
    const form = formOf(facts, wanted.delivery);
    if (form === 'inline' && part.size > context.inlineLimit) return tooLarge(context);
    return form === 'link' ? ok(await asLink(facts, part, wanted, context)) : fetched(facts, form, part, wanted);
  },
});
