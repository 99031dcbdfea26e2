// The secrets Postern hands out itself (tickets, states, browser secrets, downloads): made here, stored only as hashes.
import { createHash } from 'node:crypto';
import type { RandomBytes } from './clock.ts';

/** 256 random bits as 43 URL-safe characters. */
export const newSecret = (random: RandomBytes): string => Buffer.from(random(32)).toString('base64url');

/** Looks like something newSecret made; anything else is not worth a look into the store. */
export const isSecret = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);

/** SHA-256, hex. Without salt: the input has 256 bits of its own. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');
