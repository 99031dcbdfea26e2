// The value of a declaration as written → in lower case, without comments, escapes decoded, white space collapsed: what the
// readers of single properties compare. Knows no property.
import { tokenize, tokenTypes as types } from 'css-tree/tokenizer';
import { ident } from 'css-tree/utils';

/** No value that decides whether something is seen is longer; URLs of pictures may be. */
const longestValue = 400;

const needsTokens = /[\\/"']/;

export const plainValue = (written: string): string => {
  const text = written.slice(0, longestValue);
  if (!needsTokens.test(text)) return text.replace(/\s+/g, ' ').trim().toLowerCase();
  let plain = '';
  tokenize(text, (type, start, end) => {
    if (type === types.Comment || type === types.WhiteSpace) plain += plain.endsWith(' ') ? '' : ' ';
    else
      plain +=
        type === types.Url || type === types.String ? text.slice(start, end) : ident.decode(text.slice(start, end));
  });
  return plain.trim().toLowerCase();
};
