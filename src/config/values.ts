// The grammar of single settings, as zod schemas with messages for people. Knows no variable names.
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** A TCP port, 1–65535. */
export const portSchema = z
  .string()
  .regex(/^\d{1,5}$/, 'is not a port number')
  .transform(Number)
  .refine((port) => port >= 1 && port <= 65_535, 'is not between 1 and 65535');

/** A whole number of days. */
export const daysSchema = z
  .string()
  .regex(/^\d{1,4}$/, 'is not a number of days')
  .transform(Number)
  .refine((days) => days >= 1 && days <= 3650, 'is not between 1 and 3650');

/** An absolute http(s) URL without credentials, query or fragment. */
export const urlSchema = z.string().transform((value, context) => {
  const url = URL.parse(value);
  const fault =
    url === null || !['http:', 'https:'].includes(url.protocol)
      ? 'is not an http(s) URL'
      : url.username !== '' || url.password !== ''
        ? 'must not contain a user name or password'
        : url.search !== '' || url.hash !== ''
          ? 'must not contain a query or fragment'
          : undefined;
  if (url === null || fault !== undefined) {
    context.addIssue(fault ?? 'is not an http(s) URL');
    return z.NEVER;
  }
  return url;
});

const units: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1024, mb: 1024 * 1024 };

/** A size in bytes: `26214400`, `512 KB`, `25MB` (1 KB is 1,024 bytes); at most 100 MB. */
export const sizeSchema = z
  .string()
  .regex(/^\d{1,9}\s*([kKmM]?[bB])?$/, 'is not a size')
  .transform((value) => {
    const unit = value.replace(/[\d\s]/g, '').toLowerCase();
    return Number.parseInt(value, 10) * (units[unit] ?? 1);
  })
  .refine((bytes) => bytes >= 1 && bytes <= 100 * 1024 * 1024, 'is not between 1 byte and 100 MB');

/** A host name or IP address to listen on. */
export const hostSchema = z
  .string()
  .refine((host) => isIP(host) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host), 'is not a host or IP address');

const isNetwork = (item: string): boolean => {
  const [address = '', prefix, ...rest] = item.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
};

/** Items separated by commas or white space. */
export const splitList = (value: string): string[] => value.split(/[\s,]+/).filter((item) => item !== '');

/** IP addresses and networks (`10.0.0.0/8`). */
export const networksSchema = z
  .string()
  .transform(splitList)
  .refine((items) => items.every(isNetwork), 'is not a list of IP addresses and networks');
