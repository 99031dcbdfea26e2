// Lower case for addresses and domains. ASCII only: in all of Unicode, different addresses become one (the Kelvin sign
// and "k").

export const asciiLowerCase = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
