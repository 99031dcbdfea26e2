// The people in the sample accounts' address books: contacts, "other contacts" and a Workspace directory.
// All invented; several alphabets, people without a name, without an address, with the same name twice.
import type { GoogleAccount } from '../accounts.ts';
import type { NewContact } from '../people/contacts.ts';

const contacts: readonly NewContact[] = [
  {
    name: 'Priya Raman',
    emails: ['priya.raman@example.org', 'priya@home.example'],
    phones: ['+44 20 7946 0018'],
    organization: 'Lantern Studio',
    title: 'Producer',
    more: { birthdays: [{ date: { month: 4, day: 12 } }] },
  },
  {
    name: 'Tomás Ibáñez',
    emails: ['tomas.ibanez@example.org'],
    phones: ['+34 910 000 117'],
    organization: 'Ibáñez & Hija',
  },
  { name: 'Anneliese Vogt', emails: ['a.vogt@example.com'], organization: 'Stadtbücherei', title: 'Bibliothekarin' },
  { name: '田中 美咲', emails: ['misaki.tanaka@example.org'], phones: ['+81 3-0000-0142'], organization: '青葉設計' },
  { name: 'Олена Коваль', emails: ['olena.koval@example.org'], title: 'Перекладачка' },
  { name: 'Noor El-Amin', emails: ['noor@example.net'], more: { nicknames: [{ value: 'Nono' }] } },
  {
    name: 'Grace Okafor',
    emails: ['grace.okafor@example.com'],
    phones: ['+1 555 010 0199'],
    organization: 'Harbour Clinic',
  },
  { name: 'Grace Okafor', emails: ['grace@okafor.example'] },
  { name: 'Dentist', phones: ['+1 555 010 0134'] },
  { emails: ['newsletter-desk@example.org'] },
  { name: "Seán O'Brien", emails: ['sean.obrien@example.org'], organization: 'Tide & Timber' },
  { name: 'Lena', emails: ['lena.hoffmann@example.org'], phones: ['+49 30 000 55'] },
];

const otherContacts: readonly NewContact[] = [
  { name: 'Parcel Desk', emails: ['parcels@example.net'] },
  { emails: ['bookings@example.org'] },
  { name: 'Marguerite Dubois', emails: ['m.dubois@example.org'] },
  { name: 'Jonas Lindqvist', emails: ['jonas.lindqvist@example.net'], phones: ['+46 8 000 12 34'] },
];

const colleagues: readonly NewContact[] = [
  {
    name: 'Mei Castellanos',
    emails: ['mei.castellanos@example.com'],
    organization: 'Example Works',
    title: 'Head of Finance',
  },
  {
    name: 'Bogdan Petrov',
    emails: ['bogdan.petrov@example.com'],
    organization: 'Example Works',
    title: 'Site engineer',
  },
  { name: 'Grace Okafor', emails: ['grace.okafor@example.com'], organization: 'Example Works', title: 'Physician' },
  { name: 'Ida Møller', emails: ['ida.moller@example.com'], organization: 'Example Works', title: 'Office manager' },
];

/** Fills one account's address book; the directory only where the account belongs to a Workspace domain. */
export const fillSampleContacts = (account: GoogleAccount): void => {
  for (const contact of contacts) account.contacts.add(contact);
  for (const contact of otherContacts) account.contacts.other(contact);
  if (account.hostedDomain === undefined) return;
  account.contacts.directory({
    name: account.name,
    emails: [account.email],
    organization: 'Example Works',
    title: 'Project lead',
  });
  for (const colleague of colleagues) account.contacts.directory(colleague);
};
