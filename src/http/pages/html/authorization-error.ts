// Where the authorization server cannot, or should not, send a browser back to its client by itself. All words are ours:
// nothing of the request or the client appears, but where a link leads that the client may hear of.
import type { PageError, WayBack } from '../../../authorization-server/index.ts';
import { foreign, type Html, html } from './html.ts';
import type { Page } from './layout.ts';

interface Words {
  readonly title: string;
  readonly what: string;
  readonly next: string;
}

const wordsFor = (error: PageError): Words => {
  switch (error) {
    case 'client':
      return {
        title: 'This application is not known',
        what: 'The application that sent you here is not registered, or its description could not be read.',
        next: 'Go back to the application and connect again. If that does not help, its maker has to look at it.',
      };
    case 'redirect_uri':
      return {
        title: 'You would have been sent to the wrong place',
        what: 'The application asked to send you to an address that it did not register.',
        next: 'If you did not start this yourself, close this page. Otherwise its maker has to look at it.',
      };
    case 'over':
      return {
        title: 'This sign-in is over',
        what: 'It was finished, took too long, or was started in another browser.',
        next: 'Go back to the application and connect again.',
      };
    case 'request':
      return {
        title: 'This request cannot be answered',
        what: 'The application that sent you here asked for something that this server does not understand.',
        next: 'Go back to the application and connect again. If that does not help, its maker has to look at it.',
      };
    case 'busy':
      return {
        title: 'Too many people are signing in',
        what: 'There is no room for another sign-in at the moment.',
        next: 'Try again in some minutes.',
      };
    case 'too_many':
      return {
        title: 'That was too often',
        what: 'Too many sign-ins were started from your network.',
        next: 'Wait a minute and try again.',
      };
    case 'storage':
      return {
        title: 'One moment, please',
        what: 'This server cannot write down what happens just now.',
        next: 'Try again in a few seconds.',
      };
    case 'defect':
      return {
        title: 'Something went wrong here',
        what: 'The sign-in could not go on, through no fault of yours.',
        next: 'Try again. If it happens again, the operator of this server finds it in the log.',
      };
  }
};

const linkTo = ({ url, to }: WayBack): Html =>
  html`<p class="small soft">It is told what was wrong if you go back: <a href="${url}" rel="noreferrer">to ${foreign(to)}</a>. Only do so if you know that address.</p>`;

export const authorizationErrorPage = (error: PageError, wayBack?: WayBack): Page => {
  const { title, what, next } = wordsFor(error);
  return {
    status: 400,
    title,
    tone: error === 'busy' || error === 'too_many' || error === 'storage' ? 'warn' : 'bad',
    body: html`<p>${what}</p>
<p>${next}</p>
${wayBack === undefined ? undefined : linkTo(wayBack)}`,
  };
};
