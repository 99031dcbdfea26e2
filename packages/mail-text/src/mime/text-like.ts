// Which attachments are worth showing as text. Decodes nothing.

const textTypes =
  /^(?:text\/(?!rtf)|message\/|application\/(?:(?:x-)?(?:javascript|ecmascript|json|ndjson|yaml|sh|shellscript|sql|toml|tex|latex|perl|python|php|typescript|httpd-php|pem-file|subrip)|xml|xhtml|pgp-signature|pgp-keys|pgp-encrypted|ics|mbox)\b)|\+(?:json|xml|yaml)$/i;
const textExtensions =
  /\.(?:asc|bat|c|cc|cfg|conf|cpp|cs|css|csv|diff|eml|env|go|h|hpp|html?|ics|ini|java|js|json|jsonl|key|log|lua|mbox|md|mjs|patch|pem|php|pl|properties|ps1|py|r|rb|rs|rst|sh|sql|srt|svg|tex|toml|ts|tsv|txt|vcf|vtt|xml|ya?ml)$/i;

/** Whether an attachment is worth showing as text: by its type, or by its name where the type says nothing. */
export const isTextLike = (mimeType: string, fileName: string): boolean =>
  textTypes.test(mimeType) ||
  (/^(?:application\/(?:x-)?(?:octet-stream|unknown))?$/i.test(mimeType) && textExtensions.test(fileName));
