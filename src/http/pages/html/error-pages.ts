// What a browser sees where something failed, or where the authorization server cannot, or should not, send it back to its
// client by itself. All words are ours: nothing of the request or the client appears, but where a link leads that the
// client may hear of.
import type { PageError, ReturnLink } from '../../../authorization-server/index.ts';
import { notice } from './notices.ts';
import { foreign, type Html, html, type Page } from './page.ts';

export const internalErrorPage = notice(
  500,
  'bad',
  'Something went wrong here',
  html`Postern failed, and nothing was connected. You did nothing wrong.`,
  html`Try again in a minute. If it stays, tell the people who run this server: its log says what happened.`,
);

export const storageBusyPage = notice(
  503,
  'warn',
  'One moment, please',
  html`Postern’s database is busy just now, so nothing was changed. It is not your fault.`,
  html`Open the link again in a few seconds. If it does not work any more, ask your assistant for a new one.`,
);

export const storageFullPage = notice(
  503,
  'bad',
  'This server has run out of room',
  html`The disk of this server is full, so nothing was connected. You did nothing wrong and cannot fix it.`,
  html`Tell the people who run this server to make room on the disk that holds its database; then ask for a new link.`,
);

export const tooManyPagesPage = notice(
  429,
  'warn',
  'Too many pages at once',
  html`More pages were opened from your network within a minute than are allowed. Nothing was changed.`,
  html`Wait a minute, then reload this page.`,
);

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

/** What a program would get as JSON, in the same words. */
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

interface ErrorText {
  readonly title: string;
  readonly what: string;
  readonly next: string;
}

const authorizationErrors: Readonly<Record<PageError, ErrorText>> = {
  client: {
    title: 'This application is not known',
    what: 'The application that sent you here is not registered, or its description could not be read.',
    next: 'Go back to the application and connect again. If that does not help, its maker has to look at it.',
  },
  redirect_uri: {
    title: 'You would have been sent to the wrong place',
    what: 'The application asked to send you to an address that it did not register.',
    next: 'If you did not start this yourself, close this page. Otherwise its maker has to look at it.',
  },
  expired: {
    title: 'This sign-in is over',
    what: 'It was finished, took too long, or was started in another browser.',
    next: 'Go back to the application and connect again.',
  },
  request: {
    title: 'This request cannot be answered',
    what: 'The application that sent you here asked for something that this server does not understand.',
    next: 'Go back to the application and connect again. If that does not help, its maker has to look at it.',
  },
  busy: {
    title: 'Too many people are signing in',
    what: 'There is no room for another sign-in at the moment.',
    next: 'Try again in some minutes.',
  },
  too_many: {
    title: 'That was too often',
    what: 'Too many sign-ins were started from your network.',
    next: 'Wait a minute and try again.',
  },
  storage: {
    title: 'One moment, please',
    what: 'This server cannot write down what happens just now.',
    next: 'Try again in a few seconds.',
  },
  defect: {
    title: 'Something went wrong here',
    what: 'The sign-in could not go on, through no fault of yours.',
    next: 'Try again. If it happens again, the operator of this server finds it in the log.',
  },
};

const linkTo = ({ url, to }: ReturnLink): Html =>
  html`<p class="small soft">It is told what was wrong if you go back: <a href="${url}" rel="noreferrer">to ${foreign(to)}</a>. Only do so if you know that address.</p>`;

export const authorizationErrorPage = (error: PageError, returnLink?: ReturnLink): Page => {
  const { title, what, next } = authorizationErrors[error];
  return {
    status: 400,
    title,
    tone: error === 'busy' || error === 'too_many' || error === 'storage' ? 'warn' : 'bad',
    body: html`<p>${what}</p>
<p>${next}</p>
${returnLink === undefined ? undefined : linkTo(returnLink)}`,
  };
};
