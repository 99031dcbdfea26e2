// One thing that doctor found out.

export type Verdict = 'ok' | 'warning' | 'fault';

export interface Finding {
  readonly verdict: Verdict;
  readonly text: string;
}

export const finding = (verdict: Verdict, text: string): Finding => ({ verdict, text });
