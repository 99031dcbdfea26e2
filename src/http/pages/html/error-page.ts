// What a browser sees where a program would get an error as JSON: the same words, as a page.
import { html } from './html.ts';
import type { Page } from './layout.ts';

export interface ShownError {
  readonly status: Page['status'];
  readonly message: string;
  readonly next: string;
}

const titles: Readonly<Partial<Record<Page['status'], string>>> = {
  403: 'This is not allowed here',
  404: 'There is nothing here',
  405: 'This page cannot be opened like that',
  410: 'This is no longer there',
  429: 'That was too often',
  503: 'One moment, please',
};

export const errorPage = ({ status, message, next }: ShownError): Page => ({
  status,
  title: titles[status] ?? 'This did not work',
  tone: status === 500 ? 'bad' : 'warn',
  body: html`<p>${message}</p>
<p>${next}</p>`,
});

/** An address of this server that leads nowhere. */
export const notFoundPage: Page = errorPage({
  status: 404,
  message: 'This address leads nowhere. Part of it may have been lost on the way.',
  next: 'Open the link exactly as your assistant showed it, or ask your assistant for a new one.',
});
