// HTML by a tagged template that escapes every value.

/** Markup that is safe to put into a page as it is; only `html` makes it. */
export interface Html {
  readonly markup: string;
}

type Value = string | number | Html | readonly Html[] | undefined;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const render = (value: Value): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return 'markup' in value ? value.markup : value.map((item) => item.markup).join('');
};

/** Values are escaped for text and for double-quoted attributes alike; `undefined` is nothing. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  markup: strings.map((text, index) => text + render(values[index])).join(''),
});

/** Somebody else's text (an identifier, an e-mail): isolated, so that its writing direction stays its own. */
export const foreign = (text: string): Html => html`<bdi class="foreign">${text}</bdi>`;
