// Whether two forms of one text say the same to a reader: by their runs of three words, so that neither order, line
// breaks, links nor typography count. Knows nothing of MIME.

/** Longer texts are not compared: the answer is no. UTF-16 units. */
const longest = 500_000;
/** Of what one form says the other must say this share. */
const share = 0.8;
/** So many words in a row that only the plain form has are a statement of its own. */
const ownStatement = 10;

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/<?\b(?:https?|mailto|tel):[^\s>)\]]*>?|\[link \d+: [^\]\s]*\]/g, ' ')
    .match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}]+/gu) ?? [];

const runsOf = (words: readonly string[]): string[] =>
  words.length < 3 ? [words.join(' ')] : words.slice(2).map((word, at) => `${words[at]} ${words[at + 1]} ${word}`);

const longestGap = (runs: readonly string[], known: ReadonlySet<string>): number => {
  let gap = 0;
  let most = 0;
  for (const run of runs) {
    gap = known.has(run) ? 0 : gap + 1;
    most = Math.max(most, gap);
  }
  return most;
};

/**
 * Whether the plain form of a message may stand for its HTML form: it says what a person sees in the HTML (a stub does
 * not), and nothing beside that (what only a program would read).
 * @param html the readable text of the HTML form.
 */
export const saysTheSame = (plain: string, html: string): boolean => {
  if (plain.length > longest || html.length > longest) return false;
  const [ofPlain, ofHtml] = [runsOf(wordsOf(plain)), runsOf(wordsOf(html))];
  const [plainSet, htmlSet] = [new Set(ofPlain), new Set(ofHtml)];
  const covered = ofHtml.filter((run) => plainSet.has(run)).length;
  return covered >= ofHtml.length * share && longestGap(ofPlain, htmlSet) < ownStatement;
};

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
const wordless = /^(?=.{0,120}(?:19|20)\d\d)(?=.{0,120}\d{1,2}[:.]\d\d).{0,200}<[^<>\s]+@[^<>\s]+>.{0,30}[:：]$/u;
/** Surely an attribution, even if no quote marks follow. */
const strong = /@|\d{1,2}[:.h]\d\d/u;

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

// Where the quoted history of a plain text begins: everything from there on is what others wrote before. A quote that
// its reader answers below, point by point, is no history. Knows nothing of HTML.

interface Line {
  readonly text: string;
  /** UTF-16 units before this line. */
  readonly offset: number;
  readonly kind: 'own' | 'quoted' | 'blank';
}

/** Attributions and headings are short; longer lines are text. */
const longestMark = 400;

const linesOf = (text: string): Line[] => {
  let offset = 0;
  return text.split('\n').map((whole) => {
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

/**
 * Where history begins, in UTF-16 units; undefined where there is none. Lines end with LF.
 * Seen: `On … wrote:` in some thirty languages, `-----Original Message-----` and forwards, header blocks as Outlook
 * writes them, and a block of `>` lines after which nothing of the writer's own follows.
 */
export const historyStart = (text: string): number | undefined => {
  const lines = linesOf(text);
  const end = withoutFooter(lines);
  const lastOwn = lines.slice(0, end).findLastIndex(({ kind }) => kind === 'own');
  for (const [at, line] of lines.entries()) {
    const answered = lastOwn >= at;
    if (line.kind === 'quoted' && !answered) return line.offset;
    if (line.kind !== 'own') continue;
    if (divider.test(line.text) || isHeaderBlock(lines, at)) return startOfDivider(lines, at);
    const length = attributionLength(lines, at);
    if (length === 0) continue;
    const below = lines.slice(at + length, at + length + 4).find(({ kind }) => kind !== 'blank');
    const marked = below?.kind === 'quoted';
    const last = at + length - 1;
    if (
      marked
        ? lastOwn <= last
        : below !== undefined &&
          strong.test(
            lines
              .slice(at, last + 1)
              .map((l) => l.text)
              .join(' '),
          )
    )
      return line.offset;
  }
  return undefined;
};

/** A rule drawn directly above the fields belongs to them. */
const startOfDivider = (lines: readonly Line[], at: number): number | undefined => {
  const above = lines[at - 1];
  return (above && /^[_-]{8,}$/.test(above.text.replace(/\s/g, '_')) ? above : lines[at])?.offset;
};
