// HTML → the text a person would read, in one pass over the tags: no tree, no recursion, linear. Nothing is fetched.
// The plain version: it does not know yet what is hidden, nor does it shorten URLs.
import { type HtmlHandlers, readHtml } from './html-tokens.ts';
import { createTextLines, type TextLines } from './text-lines.ts';

/** Elements whose content nobody reads. */
const silent = new Set(['style', 'script', 'title', 'template', 'iframe', 'noembed', 'noframes']);
const paragraphs = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'ul', 'ol', 'dl', 'pre', 'hr', 'figure']);
const lines = new Set([
  ...['div', 'tr', 'li', 'dt', 'dd', 'section', 'article', 'header', 'footer', 'main', 'nav', 'aside', 'address'],
  ...[
    'center',
    'form',
    'fieldset',
    'caption',
    'thead',
    'tbody',
    'tfoot',
    'figcaption',
    'body',
    'option',
    'details',
    'summary',
  ],
]);

const deepestIndent = 8;

interface OpenLink {
  readonly href: string;
  text: string;
}

/** The URL a link shows beside its text; undefined where the text says it already or it leads nowhere outside. */
const shownUrl = (link: OpenLink): string | undefined => {
  const href = link.href.trim();
  if (!/^(?:https?|mailto|tel|ftp|sms):/i.test(href)) return undefined;
  const bare = (text: string) =>
    text
      .trim()
      .toLowerCase()
      .replace(/^(?:https?:\/\/|mailto:|tel:)/, '')
      .replace(/\/$/, '');
  return bare(href) === bare(link.text) ? undefined : href;
};

const createHandlers = (out: TextLines): HtmlHandlers & { end(): void } => {
  const lists: { ordered: boolean; count: number }[] = [];
  let link: OpenLink | undefined;
  let silentDepth = 0;
  let verbatimDepth = 0;

  const endLink = () => {
    const url = link && shownUrl(link);
    if (url !== undefined) out.words(link?.text.trim() ? ` <${url}>` : `<${url}>`);
    link = undefined;
  };
  const say = (text: string) => {
    if (link) link.text += text;
    if (verbatimDepth > 0) out.verbatim(text);
    else out.words(text);
  };
  const layOut = (name: string) => {
    if (paragraphs.has(name)) out.endBlock();
    else if (lines.has(name)) out.endLine();
  };
  const openItem = () => {
    const list = lists.at(-1);
    if (list) list.count += 1;
    out.mark(
      `${'  '.repeat(Math.min(Math.max(lists.length - 1, 0), deepestIndent))}${list?.ordered ? `${list.count}.` : '-'} `,
    );
  };
  const openCell = () => {
    if (out.inLine()) out.words(' | ');
  };

  return {
    end: endLink,
    open: (name, attributes) => {
      if (silent.has(name)) silentDepth += 1;
      if (silentDepth > 0) return;
      if ((name === 'ul' || name === 'ol') && lists.length > 0) out.endLine();
      else layOut(name);
      if (name === 'br') out.breakLine();
      else if (name === 'hr') out.words('---');
      else if (name === 'ul' || name === 'ol') lists.push({ ordered: name === 'ol', count: 0 });
      else if (name === 'li') openItem();
      else if (name === 'td' || name === 'th') openCell();
      else if (name === 'blockquote') out.quote(1);
      else if (name === 'pre') verbatimDepth += 1;
      else if (name === 'img' && attributes.alt?.trim()) say(`[${attributes.alt.trim()}]`);
      else if (name === 'a' && attributes.href) {
        endLink();
        link = { href: attributes.href, text: '' };
      }
    },
    text: (text) => {
      if (silentDepth === 0) say(text);
    },
    close: (name) => {
      if (silent.has(name)) silentDepth = Math.max(silentDepth - 1, 0);
      if (silentDepth > 0) return;
      if (name === 'a') endLink();
      else if (name === 'blockquote') {
        out.quote(-1);
        out.endBlock();
      } else if (name === 'pre') verbatimDepth = Math.max(verbatimDepth - 1, 0);
      if (name === 'ul' || name === 'ol') {
        lists.pop();
        if (lists.length > 0) return out.endLine();
      }
      layOut(name);
    },
  };
};

/** The readable text of an HTML document or fragment; links keep their URL, images their alternative text. */
export const textOfHtml = (html: string): string => {
  const out = createTextLines();
  const handlers = createHandlers(out);
  readHtml(html, handlers);
  handlers.end();
  return out.text();
};
