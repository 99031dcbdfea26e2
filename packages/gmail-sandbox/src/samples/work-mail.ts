// The sample's mail from colleagues and clients: threads, attachments, format=flowed, forwarded messages, drafts.
import { composeMail, file, html, multipart, text, verbatim } from './compose-mail.ts';
import { pdf, png } from './sample-files.ts';
import { days, type SampleMessage } from './sample-message.ts';

const mara = 'Mara Lindqvist <mara@northwind.example>';
const tomas = 'Tomas Berg <tomas@northwind.example>';
const priya = 'Priya Raman <priya@harborlight.example>';

export const workMail: readonly SampleMessage[] = [
  {
    hoursAgo: days(3, 5),
    labels: ['INBOX', 'CATEGORY_PERSONAL', 'Clients/Harborlight'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: priya,
          to: owner,
          subject: 'Floor plan for the new studio',
          date,
          messageId: 'plan-1@harborlight.example',
        },
        text(
          'Hello,\n\nThe landlord sent the floor plan at last. Can the workshop fit 14 desks if we keep the corridor clear?\n\nPriya\n',
        ),
      ),
  },
  {
    hoursAgo: days(3, 2),
    labels: ['SENT', 'Clients/Harborlight'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: owner,
          to: priya,
          subject: 'Re: Floor plan for the new studio',
          date,
          messageId: 'plan-2@mail.example.com',
          inReplyTo: 'plan-1@harborlight.example',
        },
        text(
          'Fourteen is tight. Twelve desks work, or fourteen without the sofa.\n\nOn Monday, Priya Raman wrote:\n> The landlord sent the floor plan at last. Can the workshop\n> fit 14 desks if we keep the corridor clear?\n',
        ),
      ),
  },
  {
    hoursAgo: days(2, 22),
    labels: ['INBOX', 'UNREAD', 'IMPORTANT', 'CATEGORY_PERSONAL', 'Clients/Harborlight'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: priya,
          to: owner,
          cc: mara,
          subject: 'Re: Floor plan for the new studio',
          date,
          messageId: 'plan-3@harborlight.example',
          inReplyTo: 'plan-2@mail.example.com',
        },
        multipart(
          'mixed',
          multipart(
            'alternative',
            text('The sofa goes. Marked-up plan attached, please confirm by Thursday.\n\nPriya\n'),
            html(
              '<div dir="ltr"><p>The sofa goes. Marked-up plan attached, please confirm by <b>Thursday</b>.</p><p>Priya</p></div>',
            ),
          ),
          file('floor-plan.png', 'image/png', png(48, [30, 90, 160], [240, 240, 230])),
        ),
      ),
  },
  {
    hoursAgo: 2,
    labels: ['INBOX', 'UNREAD', 'STARRED', 'IMPORTANT', 'CATEGORY_PERSONAL'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: mara,
          to: owner,
          subject: 'URGENT: contract must be signed before 5 pm today',
          date,
          messageId: 'contract-1@northwind.example',
          headers: ['Importance: high', 'X-Priority: 1 (Highest)'],
        },
        multipart(
          'mixed',
          text(
            'Legal moved the deadline: the Harborlight contract has to be signed today before 5 pm, otherwise the reserved dates are gone. The final version is attached. Call me if anything in section 4 looks wrong.\n\nMara\n',
          ),
          file(
            'Harborlight contract final.pdf',
            'application/pdf',
            pdf(['Service agreement', 'Northwind Studio and Harborlight Ltd', 'Section 4: payment within 30 days']),
          ),
        ),
      ),
  },
  {
    hoursAgo: days(1, 3),
    labels: ['INBOX', 'UNREAD', 'CATEGORY_PERSONAL'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: tomas,
          to: `${owner}, ${mara}`,
          subject: 'Notes from the planning meeting',
          date,
          messageId: 'notes-1@northwind.example',
        },
        text(
          [
            'Short notes so that nobody has to ask later. The release moves to the ',
            'second week of next month because the payment provider needs one more ',
            'week for the review.',
            '',
            'Open points:',
            '- Tomas: answer the accessibility questions',
            '- Mara: ask for a second quote',
            '',
            '> Who tells the printers? ',
            '> They need two weeks.',
            '',
            'I do.',
            '-- ',
            'Tomas',
            '',
          ].join('\n'),
          { type: 'text/plain; format=flowed', encoding: '7bit', charset: 'us-ascii' },
        ),
      ),
  },
  {
    hoursAgo: days(4, 7),
    labels: ['INBOX', 'CATEGORY_PERSONAL'],
    write: ({ owner, date }) => {
      const original = composeMail(
        {
          from: 'Print shop <orders@printshop.example>',
          to: tomas,
          subject: 'Proof for 400 flyers',
          date: new Date(date.getTime() - 86_400_000),
          messageId: 'proof-9@printshop.example',
        },
        multipart(
          'mixed',
          text('Dear Tomas,\n\nthe proof is attached. Please approve it in writing.\n'),
          file('proof.pdf', 'application/pdf', pdf(['Flyer proof', 'A5, 400 copies, both sides'])),
        ),
      );
      return composeMail(
        { from: tomas, to: owner, subject: 'Fwd: Proof for 400 flyers', date, messageId: 'fwd-9@northwind.example' },
        multipart('mixed', text('Does the blue look right to you?\n\nTomas\n'), verbatim('message/rfc822', original)),
      );
    },
  },
  {
    hoursAgo: days(5),
    labels: ['INBOX', 'CATEGORY_PERSONAL', 'STARRED'],
    write: ({ owner, date }) =>
      composeMail(
        { from: tomas, to: owner, subject: 'Budget numbers', date, messageId: 'budget-1@northwind.example' },
        multipart(
          'mixed',
          text('The table you asked for. Second column is net.\n\nTomas\n'),
          file(
            'Übersicht Budget – Entwurf.csv',
            'text/csv; charset=utf-8',
            Buffer.from('Posten;netto\nMiete;1200\nStrom;86\n'),
          ),
        ),
      ),
  },
  {
    hoursAgo: days(6, 1),
    labels: ['INBOX', 'CATEGORY_PERSONAL'],
    write: ({ owner, date }) =>
      composeMail(
        { from: mara, to: owner, subject: 'Scan', date, messageId: 'scan-77@northwind.example' },
        file('scan-0077.pdf', 'application/pdf', pdf(['Delivery note 0077', 'Received in good order'])),
      ),
  },
  {
    hoursAgo: 5,
    labels: ['DRAFT'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: owner,
          to: mara,
          subject: 'Re: URGENT: contract must be signed before 5 pm today',
          date,
          messageId: 'draft-1@mail.example.com',
          inReplyTo: 'contract-1@northwind.example',
        },
        text('Mara, I read section 4 and have one question about'),
      ),
  },
  {
    hoursAgo: days(2),
    labels: ['DRAFT'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: owner,
          to: 'landlord@estates.example',
          subject: 'Broken window in the stairwell',
          date,
          messageId: 'draft-2@mail.example.com',
        },
        multipart(
          'mixed',
          text('Dear Ms Novak,\n\nthe window on the second floor has been broken since Friday. A photo is attached.\n'),
          file('window.png', 'image/png', png(32, [200, 220, 255], [90, 60, 40])),
        ),
      ),
  },
  {
    hoursAgo: days(8),
    labels: ['DRAFT'],
    write: ({ owner, date }) =>
      composeMail(
        { from: owner, to: '', subject: '', date, messageId: 'draft-3@mail.example.com' },
        text('ideas for the summer party: boat? garden? both cheap in September'),
      ),
  },
];
