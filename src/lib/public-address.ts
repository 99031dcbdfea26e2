// Which network addresses belong to the public internet: none of this machine, of the operator's network or of a cloud's
// inside is among them. The ranges are the library's, from IANA's registries; the judgement is here.
import ipaddr from 'ipaddr.js';

/** What IANA has given out as global unicast (RFC 4291 §2.4): all that is not in it is somebody's inside, or nobody's. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');
/** The well-known prefix of translators (RFC 6052 §2.1), by which networks without IPv4 reach every IPv4 address. */
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** The IPv4 address that a packet to this one ends at; undefined where it ends at itself. */
const embedded = (address: ipaddr.IPv6): ipaddr.IPv4 | undefined => {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.match(translated) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : undefined;
};

/**
 * Whether a packet to this address leaves for the public internet.
 * @param text an address as `dns.lookup` writes it; a literal of a URL without its brackets. False for what is none.
 */
export const isPublicAddress = (text: string): boolean => {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  const inside = embedded(address);
  if (inside !== undefined) return inside.range() === 'unicast';
  return address.match(globalUnicast) && address.range() === 'unicast';
};
