// Where the quoted history of a mail begins: from there on it is what others wrote before. In plain text by the words with which
// mail programs introduce what they quote, in HTML by the marks that they leave. A quote that its reader answers below, point by
// point, is no history.

/**
 * Where history begins in a plain text, in UTF-16 units; undefined where there is none. Lines end with LF.
 * Seen: `On … wrote:` in some thirty languages, `-----Original Message-----` and forwards, header blocks as Outlook
 * writes them, and a block of `>` lines after which nothing of the writer's own follows.
 */
export const historyStart = (text: string): number | undefined => {
  const lines = linesOf(text);
  const end = withoutFooter(lines);
  const lastOwn = lines.slice(0, end).findLastIndex(({ kind }) => kind === 'own');
  for (const [at, line] of lines.entries()) {
    if (line.kind === 'quoted' && lastOwn < at) return line.offset;
    if (line.kind !== 'own') continue;
    if (divider.test(line.text) || isHeaderBlock(lines, at)) return startOfDivider(lines, at);
    const length = attributionLength(lines, at);
    if (length > 0 && introducesHistory(lines, at, length, lastOwn)) return line.offset;
  }
  return undefined;
};

/** Whether what follows an attribution is quoted and not answered; without quote marks the attribution must be a sure one. */
const introducesHistory = (lines: readonly Line[], at: number, length: number, lastOwn: number): boolean => {
  const below = lines.slice(at + length, at + length + 4).find(({ kind }) => kind !== 'blank');
  if (below?.kind === 'quoted') return lastOwn < at + length;
  const attribution = lines
    .slice(at, at + length)
    .map(({ text }) => text)
    .join(' ');
  return below !== undefined && strong.test(attribution);
};

interface Line {
  readonly text: string;
  /** UTF-16 units before this line. */
  readonly offset: number;
  readonly kind: 'own' | 'quoted' | 'blank';
}

/** Attributions and headings are short; longer lines are text. */
const longestMark = 400;

/** A history that begins after so many lines is not looked for. */
const mostLines = 100_000;

const linesOf = (text: string): Line[] => {
  let offset = 0;
  return text.split('\n', mostLines).map((whole) => {
    const line: Line = {
      text: whole.length > longestMark ? '' : whole.trim(),
      offset,
      kind: /^ ?(?:>|\|>)/.test(whole) ? 'quoted' : whole.trim() === '' ? 'blank' : 'own',
    };
    offset += whole.length + 1;
    return line;
  });
};

/** Outlook puts the fields of the earlier message above it. */
const isHeaderBlock = (lines: readonly Line[], at: number): boolean => {
  if (!fromField.test(lines[at]?.text ?? '')) return false;
  const next = lines.slice(at + 1, at + 7);
  return next.some(({ text }) => dateField.test(text)) && next.some(({ text }) => otherField.test(text));
};

/** How many lines from `at` on are an attribution; they are wrapped by most mail programs. */
const attributionLength = (lines: readonly Line[], at: number): number => {
  for (let count = 1; count <= 4; count++) {
    const here = lines.slice(at, at + count);
    if (here.length < count || here.some(({ kind }) => kind !== 'own')) return 0;
    const text = here.map((line) => line.text).join(' ');
    if (!/[:：]$/.test(text)) continue;
    const opens = count === 1 || opener.test(text);
    if (opens && (verb.test(text) || wordless.test(text))) return count;
  }
  return 0;
};

/** The first of the last lines that only sign or are added by a mailing list. */
const withoutFooter = (lines: readonly Line[]): number => {
  const from = Math.max(lines.length - 20, 0);
  for (let at = lines.length - 1; at >= from; at--) {
    if (lines[at]?.kind === 'own' && /^(?:--|-- |_{5,}|-{20,})$/.test(lines[at]?.text ?? '')) {
      const above = lines.slice(0, at).findLast(({ kind }) => kind !== 'blank');
      if (above?.kind === 'quoted') return at;
    }
  }
  return lines.length;
};

/** A rule drawn directly above the fields belongs to them. */
const startOfDivider = (lines: readonly Line[], at: number): number | undefined => {
  const above = lines[at - 1];
  return (above && /^[_-]{8,}$/.test(above.text.replace(/\s/g, '_')) ? above : lines[at])?.offset;
};

// The words with which mail programs introduce what they quote, in the languages they speak.

const either = (...words: string[]): string => `(?:${words.join('|')})`;

/** How an attribution begins where its language begins it with a word: English, German, French, Spanish … */
const opener = new RegExp(
  `^(?:>>? ?)?${either('On', 'Am', 'Le', 'El', 'Il', 'Em', 'Op', 'Den', 'Dne', 'Dana', 'În', 'Pada', 'W dniu', 'Vào', 'Στις', 'At', 'Quoting')}(?=[\\s,])`,
  'iu',
);
/** … and how it ends; German, Dutch and the Nordic languages name the writer after the verb. */
const verb = new RegExp(
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
const wordless = /^(?=.{0,120}(?:19|20)\d\d)(?=.{0,120}\d{1,2}[:.]\d\d).{0,200}<[^<>\s]+@[^<>\s]+>.{0,30}[:：]$/u;
/** Surely an attribution, even if no quote marks follow. */
const strong = /@|\d{1,2}[:.h]\d\d/u;

const divider = new RegExp(
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
const fromField = fieldOf(
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
const dateField = fieldOf(
  ...['Sent', 'Date', 'Gesendet', 'Datum', 'Envoyé', 'Enviado(?: el)?', 'Enviada(?: em)?', 'Fecha', 'Data', 'Inviato'],
  ...['Verzonden', 'Skickat', 'Sendt', 'Wysłano', 'Odesláno', 'Отправлено', 'Дата', 'Gönderildi', 'Lähetetty', 'Dato'],
  ...['发送时间', '日期', '寄件日期', '送信日時', '日時', '보낸 날짜'],
);
const otherField = fieldOf(
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

// HTML.

/** `inside`: what stands in the element is history. `onwards`: it and everything after it. */
export type HistoryMark = 'inside' | 'onwards' | undefined;

const insideClasses =
  /(?:^|\s)(?:x_)*(?:gmail_quote|gmail_quote_container|yahoo_quoted|moz-cite-prefix|moz-forward-container|protonmail_quote|tutanota_quote|zmail_extra|ydp[0-9a-z]*yahoo_quoted)(?=\s|$)/i;
const onwardsClasses = /(?:^|\s)(?:x_)*(?:OutlookMessageHeader)(?=\s|$)/i;
const onwardsIds =
  /^(?:x_)*(?:divRplyFwdMsg|appendonsend|oriMsgHtmlSeperator|mail-editor-reference-message-container|reply-intro|stopSpelling)$/i;
/** The rule that Outlook for Windows and for Mac draw above "From: … Sent: …". */
const outlookRule = /border:\s?none;\s?border-top:\s?solid\s?#(?:e1e1e1|b5c4df)/i;

/** Whether an element begins quoted history. */
export const historyMark = (name: string, attributes: Readonly<Record<string, string | undefined>>): HistoryMark => {
  const { class: classes = '', id = '', style = '', type = '' } = attributes;
  if (onwardsIds.test(id) || onwardsClasses.test(classes.slice(0, 500))) return 'onwards';
  if (name === 'div' && outlookRule.test(style.slice(0, 200))) return 'onwards';
  if (name === 'blockquote' && /^\s*cite\s*$/i.test(type.slice(0, 20))) return 'inside';
  return insideClasses.test(classes.slice(0, 500)) || /^yahoo_quoted/.test(id) ? 'inside' : undefined;
};

export interface HistoryTracker {
  enter(mark: 'inside' | 'onwards'): void;
  /** Leaves an element that was entered with `inside`. */
  leave(): void;
  /** Text is about to be written; `part` is remembered if history begins there. */
  beforeText(part: () => number): void;
  /** Where history begins; undefined where there is none, or where the answer stands below it. */
  readonly begins: () => number | undefined;
}

/**
 * History begins where the last stretch of it begins: answers between quotes, or below the only one, are new text, but
 * a footer under the history of a mail that began with its own words is not.
 */
export const createHistoryTracker = (): HistoryTracker => {
  let depth = 0;
  let goesOn = false;
  let begins: number | undefined;
  let stretches = 0;
  let hasOwnBefore = false;
  let hasOwnAfter = false;
  return {
    enter: (mark) => {
      if (mark === 'onwards') goesOn = true;
      else depth += 1;
    },
    leave: () => {
      depth = Math.max(depth - 1, 0);
    },
    beforeText: (part) => {
      const isHistory = goesOn || depth > 0;
      if (isHistory && (begins === undefined || hasOwnAfter)) {
        begins = part();
        stretches += 1;
        hasOwnAfter = false;
      } else if (!isHistory && begins === undefined) hasOwnBefore = true;
      else if (!isHistory) hasOwnAfter = true;
    },
    begins: () => (hasOwnAfter && (stretches > 1 || !hasOwnBefore) ? undefined : begins),
  };
};
