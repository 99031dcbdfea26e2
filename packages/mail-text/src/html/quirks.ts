// Whether browsers show a document in quirks mode, as those without a doctype (HTML standard §13.2.6.4.1). Knows no CSS.

/** UTF-16 units. Farther in no doctype is looked for. */
const farthest = 4_000;

const quirkyPublicId =
  /^(?:-\/\/(?:ietf|as|softquad|sq|spyglass|sun|webtechs|o'reilly|metrius|netscape|microsoft|advasoft)|-\/\/w3c\/\/dtd html (?:3|4\.0 (?:transitional|frameset)|experimental)|-\/\/w3o|html$)/i;
const quirkyWithoutSystemId = /^-\/\/w3c\/\/dtd html 4\.01 (?:transitional|frameset)/i;

/** Whether classes and ids are compared without regard to case, and lengths may lack their unit. */
export const isInQuirksMode = (html: string): boolean => {
  const start = html.slice(0, farthest).replace(/^(?:\s|<!--[\s\S]*?-->|<\?[^>]*>)+/, '');
  const [, doctype] = /^<!doctype\s+html\b([^>]*)>/i.exec(start) ?? [];
  if (doctype === undefined) return true;
  const [, publicId = '', systemId] = /^\s*public\s*(?:"([^"]*)"|'[^']*')\s*(?:"([^"]*)")?/i.exec(doctype) ?? [];
  return quirkyPublicId.test(publicId) || (systemId === undefined && quirkyWithoutSystemId.test(publicId));
};
