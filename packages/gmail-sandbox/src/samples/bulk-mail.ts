// The sample's mail from companies: newsletters, receipts, notifications, spam. HTML as such senders write it.
import { composeMail, file, html, multipart, text } from './compose-mail.ts';
import { pdf, png } from './sample-files.ts';
import { days, type SampleMessage } from './sample-message.ts';

interface Article {
  readonly title: string;
  readonly teaser: string;
}

const articles: readonly Article[] = [
  { title: 'Night trains are back on the northern line', teaser: 'Two new sleepers a week, and what a bunk costs.' },
  { title: 'A library that lends tools', teaser: 'Drills, ladders and a telescope, for the price of a coffee.' },
  { title: 'Bread without a machine', teaser: 'Four ingredients, one bowl, and patience until morning.' },
  { title: 'The river swims', teaser: 'Water quality maps for twelve cities, updated every day.' },
  { title: 'How to read a weather chart', teaser: 'Isobars, fronts and the one symbol everybody mistakes.' },
  { title: 'Repair cafés near you', teaser: 'More than thirty open their doors this Saturday.' },
];

const style = `<style type="text/css">
  body { margin: 0; padding: 0; background: #f4f1ea; font-family: Georgia, 'Times New Roman', serif; }
  .container { width: 600px; margin: 0 auto; background: #ffffff; }
  .preheader { display: none !important; visibility: hidden; opacity: 0; height: 0; width: 0; mso-hide: all; }
  .headline a { color: #1f4e5f; text-decoration: none; }
  @media only screen and (max-width: 620px) { .container { width: 100% !important; } .hide-mobile { display: none; } }
</style>`;

/** Layout tables, a preheader padded with invisible characters, tracked links and a tracking pixel. */
const newsletterHtml = (issue: number, articles: readonly Article[]): string => {
  const tracked = (path: string) =>
    `https://click.weekly.example/f/a/${Buffer.from(`${issue}/${path}`).toString('base64url')}~~/AAQRxQA~/RgRhN2k?utm_source=newsletter&utm_medium=email&utm_campaign=issue-${issue}`;
  const rows = articles.map(
    ({ title, teaser }, index) =>
      `<tr><td class="headline" style="padding:16px 24px"><h2><a href="${tracked(String(index))}">${title}</a></h2><p>${teaser}</p><p><a href="${tracked(String(index))}">Read more</a></p></td></tr>`,
  );
  return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>The Weekly Errand ${issue}</title>${style}</head><body>
<div class="preheader">${articles[0]?.teaser}${'&#847;&zwnj;&nbsp;'.repeat(80)}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" class="container"><tr><td><img src="https://img.weekly.example/logo.png" alt="The Weekly Errand" width="180"></td></tr>
${rows.join('\n')}
<tr><td style="font-size:11px;color:#888">You receive this because you signed up. <a href="${tracked('unsubscribe')}">Unsubscribe</a></td></tr>
</table></td></tr></table>
<img src="https://open.weekly.example/o/${issue}.gif" width="1" height="1" alt="" style="display:block">
</body></html>`;
};

const newsletter = (issue: number, hoursAgo: number, labels: readonly string[]): SampleMessage => ({
  hoursAgo,
  labels,
  write: ({ owner, date }) =>
    composeMail(
      {
        from: 'The Weekly Errand <hello@weekly.example>',
        to: owner,
        subject: `The Weekly Errand #${issue}: ${articles[issue % articles.length]?.title}`,
        date,
        messageId: `issue-${issue}@weekly.example`,
        headers: [
          'List-Unsubscribe: <https://weekly.example/unsubscribe>, <mailto:unsubscribe@weekly.example>',
          'List-ID: The Weekly Errand <errand.weekly.example>',
          'Precedence: bulk',
        ],
      },
      multipart(
        'alternative',
        text('This message is best read in a program that shows HTML. https://weekly.example/online\n'),
        html(newsletterHtml(issue, [...articles.slice(issue % 6), ...articles.slice(0, issue % 6)])),
      ),
    ),
});

const invoice = (number: string, company: string, domain: string, amount: string, hoursAgo: number): SampleMessage => ({
  hoursAgo,
  labels: ['INBOX', 'CATEGORY_UPDATES', 'Receipts'],
  write: ({ owner, date }) =>
    composeMail(
      {
        from: `${company} <billing@${domain}>`,
        to: owner,
        subject: `Invoice ${number} from ${company}`,
        date,
        messageId: `${number}@${domain}`,
      },
      multipart(
        'mixed',
        html(
          `<html><body><p>Hello,</p><p>your invoice is attached.</p><table border="1"><tr><th>Item</th><th>Amount</th></tr><tr><td>Services</td><td>${amount}</td></tr><tr><td><b>Total</b></td><td><b>${amount}</b></td></tr></table><p>Payable within 14 days.</p></body></html>`,
        ),
        file(`invoice-${number}.pdf`, 'application/pdf', pdf([company, `Invoice ${number}`, `Total ${amount}`])),
      ),
    ),
});

export const bulkMail: readonly SampleMessage[] = [
  newsletter(41, days(16), ['CATEGORY_PROMOTIONS']),
  newsletter(42, days(9), ['INBOX', 'CATEGORY_PROMOTIONS']),
  newsletter(43, days(2, 3), ['INBOX', 'UNREAD', 'CATEGORY_PROMOTIONS']),
  invoice('2041', 'Brightline Hosting', 'brightline.example', '24.00 EUR', days(33)),
  invoice('2107', 'Brightline Hosting', 'brightline.example', '24.00 EUR', days(3, 8)),
  invoice('A-5518', 'Cedar Office Supplies', 'cedar-office.example', '118.40 EUR', days(12)),
  {
    hoursAgo: 20,
    labels: ['INBOX', 'UNREAD', 'CATEGORY_UPDATES'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: 'Parcel Post <noreply@parcelpost.example>',
          to: owner,
          subject: '📦 Your parcel arrives tomorrow',
          date,
          messageId: 'parcel-88@parcelpost.example',
        },
        multipart(
          'related; type="text/html"',
          html(
            '<html><body style="margin:0"><img src="cid:banner@parcelpost" alt="Parcel Post"><p>Parcel <b>JJD-0088-2210</b> arrives tomorrow between 10:00 and 13:00.</p><p><a href="https://parcelpost.example/track/JJD00882210">Track it</a> or <a href="https://parcelpost.example/redirect">send it to a neighbour</a>.</p></body></html>',
          ),
          file('banner.png', 'image/png', png(40, [250, 190, 20], [200, 30, 30]), 'banner@parcelpost'),
        ),
      ),
  },
  {
    hoursAgo: 8,
    labels: ['INBOX', 'UNREAD', 'IMPORTANT', 'CATEGORY_UPDATES'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: 'Ledger Bank <security@ledgerbank.example>',
          to: owner,
          subject: 'New sign-in to your account',
          date,
          messageId: 'signin-3@ledgerbank.example',
        },
        text(
          'A new device signed in to your account today at 09:12.\n\nIf that was you, there is nothing to do. If not, call 0800 555 0100 at once.\n\nYour one-time code was 481 203.\n',
        ),
      ),
  },
  {
    hoursAgo: days(1, 11),
    labels: ['INBOX', 'CATEGORY_SOCIAL'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: 'Trailmates <notify@trailmates.example>',
          to: owner,
          subject: 'Jonas commented on your hike',
          date,
          messageId: 'comment-12@trailmates.example',
        },
        html(
          '<table><tr><td><p><b>Jonas Weber</b> wrote:</p><blockquote>Lovely route! Was the bridge open? &lt;3</blockquote><p><a href="https://trailmates.example/h/12#c4">Reply</a></p></td></tr></table>',
        ),
      ),
  },
  {
    hoursAgo: days(1, 6),
    labels: ['INBOX', 'UNREAD', 'CATEGORY_FORUMS'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: 'Wiebke Harms via gardeners <gardeners@lists.example.org>',
          to: 'gardeners@lists.example.org',
          cc: owner,
          subject: '[gardeners] Slugs, again',
          date,
          messageId: 'slugs-5@lists.example.org',
          headers: ['List-ID: <gardeners.lists.example.org>'],
        },
        text(
          'Has anybody tried copper tape this year? Mine has been eaten, too.\n\nWiebke\n_______________________________________________\ngardeners mailing list\nhttps://lists.example.org/gardeners\n',
        ),
      ),
  },
  {
    hoursAgo: days(1, 1),
    labels: ['SPAM', 'UNREAD'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: 'Prize Office <winner@lucky-draw.example>',
          to: owner,
          subject: 'YOU HAVE WON!!! Claim within 24 hours',
          date,
          messageId: 'win-1@lucky-draw.example',
        },
        html(
          '<font color="#ff0000" size="6">CONGRATULATIONS</font><p>Your address was drawn. <a href="http://claim.lucky-draw.example/x">www.ledgerbank.example</a></p>',
        ),
      ),
  },
  {
    hoursAgo: days(4),
    labels: ['SPAM'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: 'Dr. Cheap <pharma@pills.example>',
          to: owner,
          subject: 'C h e a p   m e d s',
          date,
          messageId: 'pills-1@pills.example',
        },
        text('No prescription, no questions.\nhttp://pills.example/now\n'),
      ),
  },
  {
    hoursAgo: days(10),
    labels: ['TRASH'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: 'Old Gym <news@oldgym.example>',
          to: owner,
          subject: 'We miss you',
          date,
          messageId: 'miss-1@oldgym.example',
        },
        text('Come back for half the price.\n'),
      ),
  },
];
