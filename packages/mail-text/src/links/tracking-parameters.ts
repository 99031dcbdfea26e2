// Parameters of URLs that say where a click came from and nothing of where it goes. Kept narrow: whatever may be an id or
// a token of what the link leads to stays.

/** Each is set and read by one analytics or advertising product, and by nothing else. */
const names = new Set([
  ...['_ga', '_gl', '_hsenc', '_hsmi', '__hsfp', '__hssc', '__hstc', 'hsctatracking', '_openstat'],
  ...['dclid', 'fbclid', 'gbraid', 'gclid', 'gclsrc', 'gad_source', 'gad_campaignid', 'srsltid', 'wbraid'],
  ...['igshid', 'li_fat_id', 'mc_cid', 'mc_eid', 'msclkid', 'oly_anon_id', 'oly_enc_id', 'rb_clickid', 's_kwcid'],
  ...['ttclid', 'twclid', 'vero_conv', 'vero_id', 'wickedid', 'yclid', 'ysclid'],
]);
const isTracking = (parameter: string): boolean => {
  const name = parameter.split('=', 1)[0]?.toLowerCase() ?? '';
  return /^utm_[a-z_]+$/.test(name) || names.has(name);
};

/** A signature may stand for all parameters together: without one of them it fails. */
const signature = /(?:^|&)(?:x-(?:amz|goog)-signature|signature|sig|hmac|hash|digest|checksum|policy)=/i;

/** A URL without what only tracks; the same where a signature may cover it. */
export const withoutTracking = (url: string): string => {
  const [, head = '', query = '', fragment = ''] = /^([^?#]*)\?([^#]*)(.*)$/s.exec(url) ?? [];
  if (query === '' || signature.test(query)) return url;
  const parameters = query.split('&');
  const kept = parameters.filter((parameter) => !isTracking(parameter));
  if (kept.length === parameters.length) return url;
  return `${head}${kept.length === 0 ? '' : `?${kept.join('&')}`}${fragment}`;
};
