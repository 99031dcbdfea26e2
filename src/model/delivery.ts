// The port through which a tool hands out an attachment that is too large for a tool result.

export interface AttachmentFile {
  readonly messageId: string;
  readonly partId: string;
  /** Already a safe base name. */
  readonly fileName: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
  readonly grantVersion: number;
  /**
   * Fetches the bytes, piece by piece; not called where only a URL is handed out.
   * @param take is called anew, from the beginning, for every try.
   */
  readonly writeTo: (take: (pieces: AsyncIterable<Uint8Array>) => Promise<void>) => Promise<void>;
}

export type Delivered =
  | { readonly kind: 'url'; readonly url: string; readonly expiresAt: number }
  | { readonly kind: 'file'; readonly path: string };

export type DeliverAttachment = (file: AttachmentFile) => Promise<Delivered>;
