// The sample's mail in other languages, each in a charset that such mail is really sent in.
import { composeMail, file, multipart, text } from './compose-mail.ts';
import { days, type SampleMessage } from './sample-message.ts';

type Encoding = '7bit' | '8bit' | 'quoted-printable' | 'base64';

const letter = (
  hoursAgo: number,
  charset: string,
  encoding: Encoding,
  envelope: { from: string; subject: string; id: string },
  body: string,
  labels: readonly string[] = ['INBOX', 'CATEGORY_PERSONAL'],
): SampleMessage => ({
  hoursAgo,
  labels,
  write: ({ owner, date }) =>
    composeMail(
      {
        from: envelope.from,
        to: owner,
        subject: envelope.subject,
        date,
        messageId: envelope.id,
        headerCharset: charset,
      },
      text(body, { charset, encoding }),
    ),
});

export const languageMail: readonly SampleMessage[] = [
  letter(
    days(2, 9),
    'iso-8859-1',
    'quoted-printable',
    { from: 'Jürgen Groß <juergen@gross.example>', subject: 'Grüße aus Köln', id: 'koeln-1@gross.example' },
    'Hallo,\n\nschöne Grüße aus Köln! Der Zug war pünktlich, das Hotel ist klein, aber gemütlich.\n\nJürgen\n',
  ),
  letter(
    days(7, 2),
    'windows-1252',
    '8bit',
    { from: 'Éloïse Béranger <eloise@atelier.example>', subject: 'Devis pour l’été', id: 'devis-4@atelier.example' },
    'Bonjour,\n\nvoici le devis : 1 250 € hors taxes – valable jusqu’à la fin du mois. « Tout compris », comme convenu…\n\nÉloïse\n',
  ),
  letter(
    days(5, 6),
    'iso-2022-jp',
    '7bit',
    {
      from: '田中 花子 <hanako@sakura.example>',
      subject: '来週の打ち合わせについて',
      id: 'uchiawase-2@sakura.example',
    },
    'お世話になっております。来週の打ち合わせは火曜日の午後三時からでよろしいでしょうか。\n\n田中\n',
    ['INBOX', 'UNREAD', 'CATEGORY_PERSONAL'],
  ),
  letter(
    days(11, 6),
    'shift_jis',
    'base64',
    { from: '山本 太郎 <taro@kissa.example>', subject: '写真を送ります', id: 'shashin-1@kissa.example' },
    'こんにちは。旅行の写真を送ります。表紙は富士山です。\n',
  ),
  letter(
    days(13),
    'gb2312',
    'base64',
    { from: '李明 <liming@changjiang.example>', subject: '报价单', id: 'baojia-7@changjiang.example' },
    '您好：\n\n附件是我们的最新报价，请查收。如有问题，请随时联系。\n\n李明\n',
  ),
  letter(
    days(14, 3),
    'koi8-r',
    'quoted-printable',
    { from: 'Ольга Петрова <olga@neva.example>', subject: 'Билеты на концерт', id: 'bilety-3@neva.example' },
    'Привет!\n\nБилеты куплены, два места в третьем ряду. Начало в 19:00.\n\nОльга\n',
  ),
  letter(
    days(15, 5),
    'euc-kr',
    'base64',
    { from: '김지수 <jisu@hangang.example>', subject: '회의 자료', id: 'hoeui-1@hangang.example' },
    '안녕하세요. 내일 회의 자료를 보내 드립니다. 확인 부탁드립니다.\n',
  ),
  letter(
    days(18),
    'iso-8859-2',
    'quoted-printable',
    { from: 'Łukasz Żak <lukasz@wisla.example>', subject: 'Zaproszenie na ślub', id: 'slub-1@wisla.example' },
    'Cześć!\n\nZapraszamy Cię na nasz ślub w sierpniu. Daj znać, czy przyjedziesz.\n\nŁukasz i Zofia\n',
    ['INBOX', 'STARRED', 'CATEGORY_PERSONAL'],
  ),
  letter(
    days(20, 4),
    'utf-8',
    'base64',
    { from: 'נועה כהן <noa@carmel.example>', subject: 'שלום מחיפה', id: 'haifa-1@carmel.example' },
    'שלום,\n\nהגענו הביתה בשלום. תודה על הכול! 🌊\n\nנועה\n',
  ),
  {
    hoursAgo: days(6, 8),
    labels: ['INBOX', 'UNREAD', 'CATEGORY_PERSONAL'],
    write: ({ owner, date }) =>
      composeMail(
        {
          from: 'Inés Núñez <ines@sol.example>',
          to: owner,
          subject: 'Fotos y programa del congreso 🎉',
          date,
          messageId: 'congreso-1@sol.example',
        },
        multipart(
          'mixed',
          text('Hola:\n\n¿Puedes revisar el programa antes del miércoles? Faltan dos ponentes.\n\nInés\n'),
          file(
            'programa del congreso – año próximo.txt',
            'text/plain; charset=windows-1252',
            Buffer.from('Sesi\xf3n 1: dise\xf1o\r\nSesi\xf3n 2: se\xf1ales\r\n', 'latin1'),
          ),
        ),
      ),
  },
];
