// One thing that doctor found out.

/** `ok` was tried and works; `untried` is how it is set, and nothing was tried. */
export type Verdict = 'ok' | 'untried' | 'warning' | 'fault';

export interface Finding {
  readonly verdict: Verdict;
  readonly text: string;
}

export const finding = (verdict: Verdict, text: string): Finding => ({ verdict, text });
