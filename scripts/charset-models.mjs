// Makes packages/mail-text/src/mime/charset-models.ts: how likely each letter follows another in the languages of old charsets, from the words
// that the runtime's own locale data (Unicode CLDR) has for regions, languages, dates and units, and from the sentences
// below: article 1 of the Universal Declaration of Human Rights and what letters of business say.
// Run: npm exec -- node scripts/charset-models.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const sentences = {
  en: 'All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood. Hello thank you for your message best regards please find the invoice attached meeting tomorrow café naïve résumé',
  de: 'Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen. Sehr geehrte Damen und Herren, vielen Dank für Ihre Nachricht. Mit freundlichen Grüßen, schöne Grüße aus Köln. Anbei erhalten Sie die Rechnung. Übersicht über die Kosten, Größe, Straße, Müller, Maße, für, natürlich, möglich, können, müssen, würde, heißt, groß, weiß, nächste Woche, später, Änderung, Öffnungszeiten, Büro, prüfen, bestätigen',
  fr: 'Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité. Bonjour, réunion reportée à demain. Merci de votre réponse. Veuillez trouver ci-joint la facture. Noël, été, déjà, très, après, où, même, être, février, août, décembre, ça va bien, français, reçu, garçon, société, numéro, téléphone, à bientôt, cordialement, prénom, côté, hôtel',
  es: 'Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia, deben comportarse fraternalmente los unos con los otros. Buenos días, la reunión será mañana el miércoles. Año, niño, español, señor, señora, qué tal, cómo está, información, atención, gracias, teléfono, número, también, más, según, después, así, aquí, factura adjunta',
  pt: 'Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, devem agir uns para com os outros em espírito de fraternidade. Bom dia, a reunião será amanhã às dez. São Paulo, atenção, informação, não, você, também, então, até, obrigado, segue em anexo a fatura, número, telefone, português, está, são, mês, próximo, José, João, ação',
  it: 'Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza e devono agire gli uni verso gli altri in spirito di fratellanza. Buongiorno, la riunione è domani. Perché, più, città, già, così, può, è, lunedì, martedì, società, qualità, attività, grazie, fattura in allegato',
  nl: 'Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en geweten, en behoren zich jegens elkander in een geest van broederschap te gedragen. Geachte heer, vergadering morgen, met vriendelijke groet, één, coördinatie, België, factuur',
  sv: 'Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och samvete och bör handla gentemot varandra i en anda av broderskap. Hej, möte på måndag, hälsningar från Malmö, Göteborg, tack för ditt svar, fakturan bifogas, även, också, få, så, när, måste, åtta, från, för, på',
  da: 'Alle mennesker er født frie og lige i værdighed og rettigheder. De er udstyret med fornuft og samvittighed, og de bør handle mod hverandre i en broderskabens ånd. Hej, mødet er flyttet til på mandag, København, århus, tak for svar, på, også, får, når, første, måned, gør, være, hører',
  nb: 'Alle mennesker er født frie og med samme menneskeverd og menneskerettigheter. De er utstyrt med fornuft og samvittighet og bør handle mot hverandre i brorskapets ånd. Hei, møtet er på mandag, Tromsø, også, når, få, første, være, gjøre, både, måned',
  fi: 'Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on annettu järki ja omatunto, ja heidän on toimittava toisiaan kohtaan veljeyden hengessä. Hyvää päivää, kokous siirtyy huomiseen, ystävällisin terveisin, myös, että, tämä, hän, työ, pöytä, kyllä, lasku liitteenä',
  is: 'Hver maður er borinn frjáls og jafn öðrum að virðingu og réttindum. Menn eru gæddir vitsmunum og samvizku, og ber þeim að breyta bróðurlega hverjum við annan. Það, þetta, góðan daginn, fundurinn, á morgun, ég, þú, við, sæll, Ísland',
  ca: 'Tots els éssers humans neixen lliures i iguals en dignitat i en drets. Són dotats de raó i de consciència, i han de comportar-se fraternalment els uns amb els altres. Bon dia, reunió, demà, gràcies, això, també, què, però, més',
  tr: 'Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler. Merhaba, toplantı yarın saat onda. Şirket faturası ektedir. Değişiklik, İstanbul, görüşmek üzere, sayın müşterimiz, ödemeniz alındı, teşekkürler, öğrenci, öğretmen, kış, güneş, için, değil, çok, güzel, Ayşe, Çağrı, Muğla, İzmir, şehir, soyadı, adı, aldığınız, olduğu, ışık, kız, yıl, şubat, ağustos, çarşamba, perşembe, bugün, şimdi, sipariş, müdür, ürün, ücret, açıklama, bilgilendirme, kişi, işlem, değerli, iyi günler, saygılarımızla, lütfen, dönüş, yapınız, ılık, Işık, ağaç, dağ, yağmur',
  pl: 'Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa. Dzień dobry, spotkanie przełożono na piątek. Proszę o przesłanie faktury. Dziękuję, Łódź, Kraków, zażółć gęślą jaźń, że, się, już, także, również, może, być, więc, został, które, pieniądze, wiadomość, załącznik, godzina, środa, październik, styczeń, imię, nazwisko, usługi, płatność, zamówienie',
  cs: 'Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a svědomím a mají spolu jednat v duchu bratrství. Dobrý den, schůzka je přesunuta na zítra. Děkuji, účet č., příliš žluťoučký kůň úpěl ďábelské ódy, že, což, již, může, být, při, které, příloha, faktura, dnešní, září, říjen, čtvrtek, pátek, měsíc, přátelé, zpráva, řešení, náměstí',
  sk: 'Všetci ľudia sa rodia slobodní a sebe rovní, čo sa týka ich dôstojnosti a práv. Sú obdarení rozumom a svedomím a majú navzájom jednať v bratskom duchu. Dobrý deň, stretnutie je zajtra, ďakujem, faktúra, môže, byť, ktorý, už, že, účet',
  hu: 'Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az emberek, ésszel és lelkiismerettel bírván, egymással szemben testvéri szellemben kell hogy viseltessenek. Üdvözlettel, a megbeszélés holnapra tolódik. Köszönöm szépen, Győr, jó napot, számla, mellékelve, több, első, idő, nő, kérem, önnek, hétfő, csütörtök, október, szerződés, könyv, tőle',
  ro: 'Toate ființele umane se nasc libere și egale în demnitate și în drepturi. Ele sunt înzestrate cu rațiune și conștiință și trebuie să se comporte unele față de altele în spiritul fraternității. Bună ziua, vă trimit factura, şedinţa este mâine, mulţumesc, ţară, în, că, să, fără, după, până, şi, aţi, ianuarie, Bucureşti, câteva, când',
  hr: 'Sva ljudska bića rađaju se slobodna i jednaka u dostojanstvu i pravima. Ona su obdarena razumom i sviješću i trebaju jedna prema drugima postupati u duhu bratstva. Dobar dan, sastanak je sutra, račun, hvala, što, više, već, može, ući, noć, kuća, ožujak, četvrtak',
  sl: 'Vsi ljudje se rodijo svobodni in imajo enako dostojanstvo in enake pravice. Obdarjeni so z razumom in vestjo in bi morali ravnati drug z drugim kakor bratje. Dober dan, sestanek je jutri, račun, že, še, več, lahko, četrtek',
  lt: 'Visi žmonės gimsta laisvi ir lygūs savo orumu ir teisėmis. Jiems suteiktas protas ir sąžinė ir jie turi elgtis vienas kito atžvilgiu kaip broliai. Laba diena, susitikimas perkeltas į rytojų, ačiū, žąsis, sąskaita, pridedama, šiandien, už, jūsų, mėnuo, kaip, būti, gražus, ąžuolas, šeštadienis, Šiauliai',
  lv: 'Visi cilvēki piedzimst brīvi un vienlīdzīgi savā pašcieņā un tiesībās. Viņi ir apveltīti ar saprātu un sirdsapziņu, un viņiem jāizturas citam pret citu brālības garā. Labdien, tikšanās, rīt, paldies, rēķins, Rīga, mēnesis, ļoti, šodien, būt, jūsu',
  et: 'Kõik inimesed sünnivad vabadena ja võrdsetena oma väärikuselt ja õigustelt. Neile on antud mõistus ja südametunnistus ja nende suhtumist üksteisesse peab kandma vendluse vaim. Tere, koosolek, homme, aitäh, õun, öö, töö, käsi, õpetaja, võib',
  ru: 'Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства. Привет, мир! Здравствуйте! Счёт на оплату. Встреча переносится на завтра. Отчёт за январь, список товаров, хлеб, молоко, сыр. Высылаю документы по договору. Спасибо, с уважением, да, нет, что, это, как, для, не, по, от, имя, фамилия, сумма, Иванов, Петров, Москва, Россия, город, улица, телефон, адрес, заказ, доставка, цена, руб, дата, время, год, день, сегодня, вчера, понедельник, пожалуйста, ещё, её, всё, моё, чёрный, ёж, самолёт, приём, письмо, работа, человек, компания, сообщение, ответ, вопрос, новости, можно, нужно, есть, был, была, будет, очень, хорошо',
  uk: 'Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю і повинні діяти у відношенні один до одного в дусі братерства. Доброго дня! Надсилаю рахунок. Зустріч перенесено на завтра. Київ, Україна, дякую, що, це, як, для, не, від, імя, сума, місто, вулиця, замовлення, ціна, день, сьогодні, понеділок, будь ласка, лист, робота, людина, її, їх, є, привіт',
  bg: 'Всички хора се раждат свободни и равни по достойнство и права. Те са надарени с разум и съвест и следва да се отнасят помежду си в дух на братство. Здравейте, изпращам фактурата. Среща утре в десет часа. Благодаря, с уважение, България, София, какво, това, не, да, ще, към, като, ден, днес, въпрос, отговор, града, същата, първи, тази, господин',
  sr: 'Сва људска бића рађају се слободна и једнака у достојанству и правима. Она су обдарена разумом и свешћу и треба једни према другима да поступају у духу братства. Добар дан, састанак је сутра, хвала, рачун, Београд, шта, више, може',
  mk: 'Сите човечки суштества се раѓаат слободни и еднакви по достоинство и права. Тие се обдарени со разум и совест и треба да се однесуваат еден кон друг во духот на братството. Добар ден, состанок, благодарам',
  be: 'Усе людзі нараджаюцца свабоднымі і роўнымі ў сваёй годнасці і правах. Яны надзелены розумам і сумленнем і павінны ставіцца адзін да аднаго ў духу братэрства. Дзякуй, добры дзень, Мінск',
  el: 'Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης. Καλημέρα, η συνάντηση μεταφέρεται για αύριο. Τιμολόγιο, Αθήνα, ευχαριστώ, παρακαλώ, κύριε, σας, για, από, με, το, της, και, να, δεν, είναι, ημερομηνία, όνομα, τηλέφωνο, διεύθυνση, παραγγελία',
  he: 'כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש ברעהו ברוח של אחווה. שלום, הפגישה נדחתה למחר, חשבונית מצורפת, תודה, בברכה, את, של, על, לא, כן, יום, שם, טלפון, כתובת, בוקר טוב, מחיר, הזמנה',
  ar: 'يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل بعضهم بعضا بروح الإخاء. مرحبا، تم تأجيل الاجتماع إلى الغد. الفاتورة مرفقة. شكرا، السلام عليكم، من، إلى، على، في، هذا، هذه، التي، الذي، يوم، اسم، عنوان، هاتف، رقم، طلب، السعر، صباح الخير، مع التحية',
  fa: 'تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند. همه دارای عقل و وجدان هستند و باید نسبت به یکدیگر با روح برادری رفتار کنند. سلام، متشکرم، جلسه، فردا',
  th: 'มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ สวัสดีครับ ประชุมเลื่อนไปพรุ่งนี้ ขอบคุณ ใบแจ้งหนี้ กรุณา ชื่อ ที่อยู่ โทรศัพท์ ราคา วันที่ เวลา ไม่ ได้ มี เป็น ที่ ของ และ ใน การ',
};

/** Characters by how common they are. */
const common = {
  zh: '的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运京推迟附票请查收姓址款付谢您帐账单号码客户订购费用询价合同联系邮箱手机附件通知会议报告项目材料谢测试档早晚午餐钱买卖欢迎周店街楼',
  tw: '的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運臺北票附請查收延議姓址款付謝您號碼客戶訂購費詢價聯繫郵箱通知謝雄測試檔案灣港鐵區縣鄉街樓號早晚午餐錢買賣歡迎週',
  ja: '日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨会同事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強公持野以思家世多正安院心界教文元重近考画海売知道集別物使品計死特私始朝運終台広住無真有口少町料工建空急止送切転研足究楽起着店病質待試族銀早映親験英医仕去味写字答夜音注帰古歌買悪図週室歩風紙黒花春赤青館屋色走秋夏習駅洋旅服夕借曜飲肉貸堂鳥飯勉冬昼茶弟牛魚兄犬妹姉漢議延期請求添付件名様所住連絡確認願申込予定資料',
  ko: '이다는에의가을고하지로한기사은도리어를자대시나서스라인아해정그일으게보수만과들여있주장전부제면니음소우요구모상원아안녕세회내연되었습청서울내일감합드립문성경화신생연방동위중유국러마지비운조건물선업체관계발공학재실거금산교용행식민당개양단현각역말월년날씨김박최강조윤임오한황송전홍고메첨파일견적답변확인부탁견적서계약금오전후수신제목출력처리완료배송주문상품결제취소',
};

const alphabet = Array.from({ length: 26 }, (_, at) => String.fromCharCode(65 + at));
const codes = alphabet.flatMap((first) => alphabet.map((second) => first + second));
const dateFields = ['era', 'year', 'month', 'weekOfYear', 'weekday', 'day', 'hour', 'minute', 'second', 'timeZoneName'];
const units = [
  'day',
  'hour',
  'minute',
  'kilometer',
  'meter',
  'mile',
  'foot',
  'kilogram',
  'gram',
  'liter',
  'percent',
  'byte',
];

const tried = (read) => {
  try {
    return read() ?? '';
  } catch {
    return '';
  }
};

/** Words of the locale data, each once: names of the same kind would otherwise outweigh everything. */
const localeWords = (locale) => {
  const names = (type) => new Intl.DisplayNames([locale], { type, fallback: 'none' });
  const [regions, languages, fields] = [names('region'), names('language'), names('dateTimeField')];
  const date = (options, ...of) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(Date.UTC(...of));
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return [
    ...codes.map((code) => tried(() => regions.of(code))),
    ...codes.map((code) => tried(() => languages.of(code.toLowerCase()))),
    ...dateFields.map((field) => fields.of(field)),
    ...Array.from({ length: 12 }, (_, month) => date({ month: 'long', day: 'numeric' }, 2026, month, 5)),
    ...Array.from({ length: 7 }, (_, day) => date({ weekday: 'long' }, 2026, 0, day + 1)),
    ...['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'].flatMap((unit) =>
      [-5, -2, -1, 0, 1, 2, 5].map((number) => relative.format(number, unit)),
    ),
    ...units.flatMap((unit) =>
      [1, 2, 5].map((number) =>
        new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(number),
      ),
    ),
  ].join(' ');
};

const wordsOf = (text) =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replace(/i\u0307/g, 'i')
    .split(/[^\p{L}\p{M}]+/u)
    .filter(Boolean);

const bits = (share) => Math.max(Math.round(-Math.log2(share)), 0).toString(36);

/** `letter bits` for each letter, then `|letter` with `letter bits` for each that likely follows it; a space is a word's edge. */
const lettersOf = (language) => {
  const words = [
    ...[...new Set(wordsOf(localeWords(language)))].map((word) => [word, 1]),
    ...wordsOf(sentences[language]).map((word) => [word, 6]),
  ];
  const [singles, pairs] = [new Map(), new Map()];
  let total = 0;
  const add = (map, key, times) => map.set(key, (map.get(key) ?? 0) + times);
  for (const [word, times] of words) {
    const edged = ` ${word} `;
    for (let at = 0; at + 1 < edged.length; at++) {
      add(singles, edged[at], times);
      add(pairs, edged[at] + edged[at + 1], times);
      total += times;
    }
  }
  const single = [...singles].filter(([, times]) => times >= 2);
  const follow = single.map(([first, times]) => {
    const after = [...pairs].filter(([pair, count]) => pair[0] === first && count >= 3);
    return `|${first}${after.map(([pair, count]) => pair[1] + bits(count / times)).join('')}`;
  });
  return single.map(([letter, times]) => letter + bits(times / total)).join('') + follow.join('');
};

/** Characters of the locale data that are not among the common ones. */
const others = (language, locale) => {
  const known = new Set(common[language]);
  return [...new Set(localeWords(locale))]
    .filter((character) => character > '\u2fff' && !known.has(character))
    .join('');
};

const table = (entries) => entries.map(([name, text]) => `  ${name}: '${text}',\n`).join('');
const locales = { zh: 'zh-Hans', tw: 'zh-Hant', ja: 'ja', ko: 'ko' };
const file = `// Made by scripts/charset-models.mjs; do not edit. Which letters follow each other in a language, and which characters
// are common in one: what unlabelled text is judged by (charset-detection.ts says how).

/** \`letter bits\` (base 36), then \`|letter\` with \`letter bits\` of what follows it; a space is the edge of a word. */
export const letterModels = {
${table(Object.keys(sentences).map((language) => [language, lettersOf(language)]))}} as const;

/** Characters by how common they are, and others that are known. */
export const characterModels = {
${table(
  Object.keys(common).flatMap((language) => [
    [language, [...new Set(common[language])].join('')],
    [`${language}Others`, others(language, locales[language])],
  ]),
)}} as const;
`;
writeFileSync(fileURLToPath(new URL('../packages/mail-text/src/mime/charset-models.ts', import.meta.url)), file);
