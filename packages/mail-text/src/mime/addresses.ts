// An address field (RFC 5322 §3.4) as a list of mailboxes in words. Splits; judges nothing about the addresses.
import { headerText } from './headers.ts';

interface Splitter {
  readonly found: string[];
  current: string;
  group: string | undefined;
  membersBefore: number;
}

/** Puts the text so far away; a piece without "@" belongs to the next one: `Doe, John <j@example.com>`. */
const endMailbox = (state: Splitter, last: boolean): void => {
  const text = state.current.trim();
  if (text === '') {
    state.current = '';
  } else if (last || text.includes('@')) {
    state.found.push(text);
    state.current = '';
  } else {
    state.current += ',';
  }
};

const endGroup = (state: Splitter): void => {
  endMailbox(state, true);
  if (state.group !== undefined && state.found.length === state.membersBefore) state.found.push(state.group);
  state.group = undefined;
};

const takeSeparator = (state: Splitter, character: string): boolean => {
  switch (character) {
    case ',':
      endMailbox(state, false);
      return true;
    case ';':
      endGroup(state);
      return true;
    case ':':
      if (state.group !== undefined || state.current.includes('@')) return false;
      state.group = state.current.trim();
      state.membersBefore = state.found.length;
      state.current = '';
      return true;
    default:
      return false;
  }
};

const closerOf: Readonly<Record<string, string>> = { '"': '"', '<': '>', '(': ')' };

/**
 * The mailboxes of an address field, each as the sender wrote it with encoded words decoded (`Name <user@example.com>`).
 * Groups give their members, an empty group its name. Split before decoding, so that an encoded comma splits nothing.
 */
export const mailboxesOf = (field: string): string[] => {
  const state: Splitter = { found: [], current: '', group: undefined, membersBefore: 0 };
  let closer: string | undefined;
  let escaped = false;
  for (const character of field) {
    if (closer === undefined && takeSeparator(state, character)) continue;
    state.current += character;
    if (escaped) escaped = false;
    else if (character === '\\' && closer !== undefined) escaped = true;
    else if (closer === undefined) closer = closerOf[character];
    else if (character === closer) closer = undefined;
  }
  endGroup(state);
  return state.found.map(headerText).filter((mailbox) => mailbox !== '');
};
