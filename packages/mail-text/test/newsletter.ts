// A newsletter as the large ones are built: nested layout tables, a style sheet, tracked links, preheader, pixel.

export const newsletterItems = 1_200;

const padded = (number: number): string => String(number).padStart(4, '0');

/** What a reader has to find of an item: its headline, and enough of its address. */
export const headlineOf = (item: number): string => `Story ${padded(item)}`;
export const addressOf = (item: number): string => `https://news.example.com/${padded(item)}`;

const item = (number: number): string =>
  '<tr><td class="block"><table role="presentation" cellpadding="10"><tr>' +
  `<td class="t${number % 300}"><a href="${addressOf(number)}?utm_source=weekly&amp;utm_medium=email" ` +
  `style="color:#0b57d0;">${headlineOf(number)}</a></td></tr></table></td></tr>\n`;

const styleSheet = (bytes: number): string => {
  const rules: string[] = ['.preheader{display:none!important}', '@media (max-width:600px){.block{display:block}}'];
  let size = 0;
  for (let number = 0; size < bytes; number += 1) {
    const rule = `.t${number % 300} .x${number}, #id${number} > td{font-size:${12 + (number % 8)}px;color:#${padded(number % 9999)}aa}`;
    rules.push(rule);
    size += rule.length + 1;
  }
  return rules.join('\n');
};

/** A newsletter of `items` linked items with a style sheet of `cssBytes`; the defaults make 351 KB, 72 KB of it CSS. */
export const newsletter = (items: number = newsletterItems, cssBytes = 72_000): string =>
  `<!doctype html><html><head><title>Weekly</title><style>${styleSheet(cssBytes)}</style></head><body>` +
  `<div class="preheader">This week in short${'&zwnj;&nbsp;'.repeat(60)}</div>` +
  `<table role="presentation" width="600"><tr><td><h1>The weekly letter</h1></td></tr>\n` +
  Array.from({ length: items }, (_, number) => item(number)).join('') +
  '<tr><td><img src="https://news.example.com/open.gif" width="1" height="1" alt=""></td></tr></table></body></html>';
