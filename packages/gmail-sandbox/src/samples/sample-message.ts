// What one message of the sample is: how old, where it lies, and how to write it.

/** What a message is written for. */
interface Occasion {
  /** The owner's e-mail address. */
  readonly owner: string;
  /** When it was sent. */
  readonly date: Date;
}

export interface SampleMessage {
  /** Age in hours. */
  readonly hoursAgo: number;
  /** Gmail's ids of its own labels, names of the user's. */
  readonly labels: readonly string[];
  readonly write: (occasion: Occasion) => Buffer;
}

/** `days(3, 4)` is three days and four hours ago. */
export const days = (count: number, hours = 0): number => count * 24 + hours;
