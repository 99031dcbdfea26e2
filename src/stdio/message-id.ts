// Finds the id of a message that is too large to be kept: reads its bytes once and remembers nothing but the id. Knows
// as much of JSON as it takes to tell the message's own `"id"` from one deeper inside.

const byte = (character: string): number => character.charCodeAt(0);
const [quote, backslash, colon, comma, openObject, closeObject, openList, closeList] = [...'"\\:,{}[]'].map(byte);
const whitespace = [...' \t\r\n'].map(byte);

/** Bytes of the longest id that is repeated. */
const maxIdBytes = 256;

export interface IdScanner {
  read(piece: Uint8Array): void;
  /** The text or number at `"id"` of the outermost object; undefined where there is none. */
  found(): string | number | undefined;
}

const idIn = (token: string): string | number | undefined => {
  try {
    const id: unknown = JSON.parse(token);
    return typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id)) ? id : undefined;
  } catch {
    return undefined;
  }
};

export const createIdScanner = (): IdScanner => {
  let depth = 0;
  let inText = false;
  let isEscaped = false;
  /** What stands between the last `{` or `,` of the outermost object and here, as far as it is short. */
  let token: number[] = [];
  let name: string | undefined;
  let id: string | number | undefined;

  const text = (): string => Buffer.from(token).toString('utf8');
  const keep = (value: number): void => {
    if (depth === 1 && token.length <= maxIdBytes) token.push(value);
  };
  const endMember = (): void => {
    if (name === '"id"') id = idIn(text());
    name = undefined;
    token = [];
  };

  const readInText = (value: number): void => {
    keep(value);
    if (isEscaped) isEscaped = false;
    else if (value === backslash) isEscaped = true;
    else if (value === quote) inText = false;
  };

  const readOutside = (value: number): void => {
    if (value === quote) {
      keep(value);
      inText = true;
    } else if (value === openObject || value === openList) {
      keep(value);
      depth += 1;
      if (depth === 1) token = [];
    } else if (value === closeObject || value === closeList) {
      if (depth === 1) endMember();
      depth -= 1;
    } else if (depth === 1 && value === colon) {
      name = text();
      token = [];
    } else if (depth === 1 && value === comma) endMember();
    else if (!whitespace.includes(value)) keep(value);
  };

  return {
    read: (piece) => {
      for (const value of piece) {
        if (inText) readInText(value);
        else readOutside(value);
      }
    },
    found: () => id,
  };
};
