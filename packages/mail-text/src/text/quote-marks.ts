// The words with which mail programs introduce what they quote, in the languages they speak. Finds nothing itself.

const either = (...words: string[]): string => `(?:${words.join('|')})`;

/** How an attribution begins where its language begins it with a word: English, German, French, Spanish … */
export const opener = new RegExp(
  `^(?:>>? ?)?${either('On', 'Am', 'Le', 'El', 'Il', 'Em', 'Op', 'Den', 'Dne', 'Dana', 'În', 'Pada', 'W dniu', 'Vào', 'Στις', 'At', 'Quoting')}(?=[\\s,])`,
  'iu',
);
/** … and how it ends; German, Dutch and the Nordic languages name the writer after the verb. */
export const verb = new RegExp(
  `${either(
    ...['wrote', 'writes', 'said', 'a écrit', 'ha scritto', 'escribió', 'escribi[oó]', 'va escriure', 'escreveu'],
    ...['schrieb.{0,120}', 'schreef.{0,120}', 'skrev.{0,120}', 'skrifaði.{0,120}', 'napisał(?:\\(a\\)|a)?', 'pisze'],
    ...[
      'написав?(?:ла|\\(а\\))?',
      'написал(?:а|\\(а\\))?',
      'пишет',
      'пише',
      'napsal(?:a|\\(a\\))?',
      'napísal(?:a|\\(a\\))?',
    ],
    ...['kirjoitti', 'yazdı', 'şunu yazdı', '(?:ezt )?írta.{0,120}', 'a scris', 'đã viết', 'menulis', 'έγραψε', 'piše'],
    ...['写道', '寫道', '님이 작성', 'のメッセージ', 'さんは書きました', 'כתב(?:ה)?', 'كتب', 'เขียนว่า'],
  )}\\s*[:：]$`,
  'iu',
);
/** Some languages use no verb: a year, a time and an address are enough, in whatever order the first two come. */
export const wordless =
  /^(?=.{0,120}(?:19|20)\d\d)(?=.{0,120}\d{1,2}[:.]\d\d).{0,200}<[^<>\s]+@[^<>\s]+>.{0,30}[:：]$/u;
/** Surely an attribution, even if no quote marks follow. */
export const strong = /@|\d{1,2}[:.h]\d\d/u;

export const divider = new RegExp(
  `^(?:-{2,}|_{2,}|={2,}) ?${either(
    ...['Original Message', 'Original Appointment', 'Forwarded (?:Message|by .*)', 'Reply message'],
    ...[
      'Ursprüngliche Nachricht',
      'Originalnachricht',
      'Weitergeleitete Nachricht',
      "Message d[’']origine",
      'Message transféré',
    ],
    ...['Message original', 'Mensaje original', 'Mensaje reenviado', 'Messaggio originale', 'Messaggio inoltrato'],
    ...[
      'Mensagem original',
      'Mensagem encaminhada',
      'Oorspronkelijk bericht',
      'Doorgestuurd bericht',
      'Ursprungligt meddelande',
    ],
    ...[
      'Originalmeddelande',
      'Original meddelelse',
      'Oprindelig meddelelse',
      'Opprinnelig melding',
      'Alkuperäinen viesti',
    ],
    ...[
      'Oryginalna wiadomość',
      'Wiadomość oryginalna',
      'Původní zpráva',
      'Исходное сообщение',
      'Пересылаемое сообщение',
    ],
    ...[
      'Eredeti üzenet',
      'Orijinal Mesaj',
      '原始邮件',
      '原始郵件',
      '转发的邮件',
      '元のメッセージ',
      'Original-Nachricht',
      '원본 메시지',
    ],
  )} ?(?:-{2,}|_{2,}|={2,})$|^${either('Begin forwarded message', 'Anfang der weitergeleiteten Nachricht', 'Début du message réexpédié', 'Inizio messaggio inoltrato', 'Inicio del mensaje reenviado')} ?:$`,
  'iu',
);

const fieldOf = (...names: string[]): RegExp => new RegExp(`^[*_]*${either(...names)}[*_]*\\s?[:：]`, 'iu');
export const fromField = fieldOf(
  'From',
  'Von',
  'De',
  'Da',
  'Van',
  'Från',
  'Fra',
  'Od',
  'От',
  'Kimden',
  'Lähettäjä',
  '发件人',
  '寄件者',
  '寄件人',
  '差出人',
  '보낸 사람',
);
export const dateField = fieldOf(
  ...['Sent', 'Date', 'Gesendet', 'Datum', 'Envoyé', 'Enviado(?: el)?', 'Enviada(?: em)?', 'Fecha', 'Data', 'Inviato'],
  ...['Verzonden', 'Skickat', 'Sendt', 'Wysłano', 'Odesláno', 'Отправлено', 'Дата', 'Gönderildi', 'Lähetetty', 'Dato'],
  ...['发送时间', '日期', '寄件日期', '送信日時', '日時', '보낸 날짜'],
);
export const otherField = fieldOf(
  ...[
    'To',
    'Subject',
    'An',
    'Betreff',
    'À',
    'A',
    'Objet',
    'Para',
    'Asunto',
    'Assunto',
    'Oggetto',
    'Aan',
    'Onderwerp',
    'Till',
  ],
  ...['Ämne', 'Til', 'Emne', 'Do', 'Temat', 'Komu', 'Předmět', 'Кому', 'Тема', 'Kime', 'Konu', 'Aihe', 'Vastaanottaja'],
  ...['收件人', '主题', '主旨', '宛先', '件名', '받는 사람', '제목'],
);
