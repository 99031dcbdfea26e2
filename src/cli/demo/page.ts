// What a person sees of a web page, as far as clicking through needs it: its heading, its forms, and where it goes on by
// itself. Knows no particular page.
import { Parser } from 'htmlparser2';

export interface Control {
  readonly name: string;
  readonly value: string;
}

export interface Form {
  readonly method: 'GET' | 'POST';
  /** Absolute. */
  readonly action: string;
  /** Hidden fields and ticked boxes: what is sent whichever button is pressed. */
  readonly fields: readonly Control[];
  /** Buttons that carry a name; a form with none is submitted without. */
  readonly buttons: readonly Control[];
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly heading: string;
  readonly forms: readonly Form[];
  /** Absolute; set when the page goes on by itself. */
  readonly refresh: string | undefined;
}

interface Draft {
  method: 'GET' | 'POST';
  action: string;
  fields: Control[];
  buttons: Control[];
}

const refreshTarget = (content: string, base: string): string | undefined => {
  const target = /^\s*\d*\s*;\s*url\s*=\s*['"]?(.+?)['"]?\s*$/i.exec(content)?.[1];
  return target === undefined ? undefined : URL.parse(target, base)?.href;
};

const addControl = (form: Draft, tag: string, attributes: Readonly<Record<string, string>>): void => {
  const { name, value = '', type = tag === 'button' ? 'submit' : 'text' } = attributes;
  if (name === undefined || name === '') return;
  if (type === 'submit') form.buttons.push({ name, value });
  else if (type !== 'checkbox' || 'checked' in attributes)
    form.fields.push({ name, value: value || (type === 'checkbox' ? 'on' : '') });
};

/** Reads the page that `url` answered with. */
export const readPage = (url: string, status: number, html: string): Page => {
  const forms: Draft[] = [];
  let heading = '';
  let inHeading = false;
  let refresh: string | undefined;
  const parser = new Parser({
    onopentag: (tag, attributes) => {
      const form = forms.at(-1);
      if (tag === 'h1') inHeading = true;
      else if (tag === 'meta' && /^refresh$/i.test(attributes['http-equiv'] ?? '')) {
        refresh = refreshTarget(attributes.content ?? '', url);
      } else if (tag === 'form') {
        const method = /^post$/i.test(attributes.method ?? '') ? 'POST' : 'GET';
        forms.push({ method, action: new URL(attributes.action || url, url).href, fields: [], buttons: [] });
      } else if ((tag === 'input' || tag === 'button') && form !== undefined) addControl(form, tag, attributes);
    },
    ontext: (text) => {
      if (inHeading) heading += text;
    },
    onclosetag: (tag) => {
      if (tag === 'h1') inHeading = false;
    },
  });
  parser.end(html);
  return { url, status, heading: heading.replace(/\s+/g, ' ').trim(), forms, refresh };
};
