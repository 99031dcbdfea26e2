// A file name that came with a mail → a name that is safe to show and to create in a folder. Never yields a path.

const maxBytes = 200;
const maxExtensionBytes = 20;
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** … and characters of private use: nobody knows their shape, but there is something. */
const forbiddenOnWindows = /[<>:"|?*\p{Co}]/gu;
const reservedOnWindows = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;

const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8');

const cutTo = (text: string, bytes: number): string => {
  let kept = '';
  let size = 0;
  for (const character of text) {
    size += bytesOf(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
};

const shorten = (name: string): string => {
  if (bytesOf(name) <= maxBytes) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && bytesOf(name.slice(dot)) <= maxExtensionBytes ? name.slice(dot) : '';
  return (
    cutTo(name.slice(0, name.length - extension.length), maxBytes - bytesOf(extension)).replace(/[.\s]+$/, '') +
    extension
  );
};

/**
 * The safe base name of `name`: no folder, no control, bidirectional or other invisible character, nothing Windows
 * refuses or treats as a device, no leading dot, at most 200 bytes of UTF-8 with its extension kept, never empty.
 */
export const safeFileName = (name: string): string => {
  const base =
    name
      .normalize('NFC')
      .replace(invisible, '')
      .split(/[/\\]/)
      .filter((piece) => piece.trim() !== '')
      .at(-1) ?? '';
  const cleaned = base
    .replace(forbiddenOnWindows, '_')
    .replace(/^[.\s]+/, '')
    .replace(/[.\s]+$/, '');
  const unreserved = reservedOnWindows.test(cleaned) ? `_${cleaned}` : cleaned;
  return shorten(unreserved) || 'attachment';
};
