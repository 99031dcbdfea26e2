// gmail_get_attachment_by_id: one attachment, in the form that fits it or that was asked for. It has no output
// schema, because some clients drop content blocks where structured content is declared.
import { z } from 'zod';
import { failed, ok } from '../../model/result.ts';
import { defineTool, ProblemError } from '../define-tool.ts';
import type { AttachmentFile } from '../deliver-attachment.ts';
import { largestResultChars } from '../size-limit.ts';
import { attachmentId, maxChars, messageId, offset } from './parameters.ts';

const linkInstead = {
  http: 'Use delivery "link" to get a download URL.',
  stdio: 'Use delivery "link" to have it saved as a file.',
};

export const gmailGetAttachmentById = defineTool({
  name: 'gmail_get_attachment_by_id',
  title: 'Get an attachment',
  description: 'Get one attachment: an image to look at, text to read, or a link for everything large.',
  input: z.object({
    message_id: messageId,
    attachment_id: attachmentId.describe('attachmentId of the message'),
    file_name: z.exactOptional(z.string().min(1).max(1000)),
    delivery: z
      .enum(['auto', 'inline', 'link'])
      .default('auto')
      .describe('inline: base64 for programs; link: URL or saved file'),
    max_chars: maxChars,
    offset,
  }),
  maxResultChars: largestResultChars,
  requires: ['mail'],
  optional: [],
  run: async (wanted, { google, grantVersion, deliver, delivery, inlineLimit, jobs, progress }) => {
    const { safeFileName } = await import('@postern/mail-text/file-name');
    const { attachmentPart } = await import('./attachment-part.ts');
    const { asBase64, asImage, asLink, asText, fittingForm, maxInlineBytes, maxBytesOf } = await import(
      './attachment-forms.ts'
    );
    const { message_id: messageId, attachment_id: attachmentId, max_chars: maxChars, offset } = wanted;
    return attachmentPart(google.gmail, jobs, { messageId, attachmentId, progress }, async (part) => {
      const { partId, mimeType, size, charset } = part;
      const fileName = wanted.file_name === undefined ? part.fileName : safeFileName(wanted.file_name);
      const form = wanted.delivery === 'auto' ? fittingForm({ fileName, mimeType, size }) : wanted.delivery;
      if (form === 'link') {
        const writeTo: AttachmentFile['writeTo'] = async (take) => {
          const written = await part.stream(take);
          if (!written.ok) throw new ProblemError(written.problem);
        };
        return ok(await asLink(deliver, { messageId, partId, fileName, mimeType, size, grantVersion, writeTo }));
      }
      const limitBytes = maxInlineBytes(delivery, inlineLimit);
      if (form === 'inline' && size > limitBytes) {
        const instead = linkInstead[delivery];
        return failed({ kind: 'too_large', what: 'The attachment', limitBytes, instead });
      }
      return part.read(maxBytesOf(form, limitBytes), async (bytes) => {
        const facts = { fileName, mimeType, size: bytes.length };
        switch (form) {
          case 'image':
            return ok(asImage(facts, bytes));
          case 'text':
            return asText(jobs, facts, bytes, charset, { maxChars, offset });
          case 'base64':
          case 'inline':
            return ok(asBase64(facts, bytes));
        }
      });
    });
  },
});
