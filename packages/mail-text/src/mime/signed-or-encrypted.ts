// Whether a message is signed or encrypted, and how (RFC 1847, RFC 3156, RFC 8551, and PGP armour in the text). Said,
// never checked or opened: Postern holds nobody's keys.
import { fileNameOf } from './attachments.ts';
import { structuredField } from './headers.ts';
import { everyPart, type Message, mimeTypeOf, type NumberedPart } from './message-part.ts';

export type Protection = 'OpenPGP' | 'S/MIME';

export interface Security {
  readonly signed?: Protection;
  readonly encrypted?: Protection;
  /** Postern never checks a signature. */
  readonly signatureChecked?: false;
}

const byProtocol = (protocol: string | undefined): Protection => (/pkcs7/i.test(protocol ?? '') ? 'S/MIME' : 'OpenPGP');

/** RFC 8551 §3.2.2: what an application/pkcs7-mime part holds. */
const ofPkcs7 = (numbered: NumberedPart): Security => {
  const kind = structuredField(numbered.part, 'content-type')?.parameters['smime-type']?.toLowerCase() ?? '';
  if (kind === 'certs-only') return {};
  if (kind === 'signed-data' || (kind === '' && /\.p7s$/i.test(fileNameOf(numbered)))) return { signed: 'S/MIME' };
  return { encrypted: 'S/MIME' };
};

const protocolOf = ({ part }: NumberedPart): string | undefined =>
  structuredField(part, 'content-type')?.parameters.protocol;

const ofPart = (numbered: NumberedPart): Security => {
  switch (mimeTypeOf(numbered.part)) {
    case 'multipart/signed':
      return { signed: byProtocol(protocolOf(numbered)) };
    case 'multipart/encrypted':
      return { encrypted: byProtocol(protocolOf(numbered)) };
    case 'application/pkcs7-mime':
    case 'application/x-pkcs7-mime':
      return ofPkcs7(numbered);
    default:
      return {};
  }
};

const ofText = (text: string): Security => ({
  ...(/^-----BEGIN PGP SIGNED MESSAGE-----/m.test(text) ? { signed: 'OpenPGP' as const } : {}),
  ...(/^-----BEGIN PGP MESSAGE-----/m.test(text) ? { encrypted: 'OpenPGP' as const } : {}),
});

/**
 * How a message, or something in it, is protected; undefined where it is not.
 * @param text its readable text, for armour within it.
 */
export const securityOf = (message: Message, text: string): Security | undefined => {
  let found: Security = ofText(text);
  for (const part of everyPart(message)) found = { ...ofPart(part), ...found };
  if (found.signed === undefined && found.encrypted === undefined) return undefined;
  return found.signed === undefined ? found : { ...found, signatureChecked: false };
};

/** What stands in place of a text that is out of reach; undefined where nothing is. */
export const securityText = ({ signed, encrypted }: Security): string | undefined => {
  if (encrypted !== undefined)
    return `[This message is encrypted (${encrypted}). Postern cannot decrypt it; its parts are listed as attachments.]`;
  if (signed === 'S/MIME')
    return '[The text of this message is inside its S/MIME signature, which Postern does not open; its parts are listed as attachments.]';
  return undefined;
};
