// A cache of results that are computed from texts in mail. It is emptied when it is full: the same few texts are in most mail,
// and texts that a sender makes up cannot fill memory.
export class BoundedCache<Value> {
  private readonly entries = new Map<string, Value>();
  private readonly mostEntries: number;
  private readonly longestKey: number;

  /** @param longestKey UTF-16 units; values of longer keys are not kept */
  constructor(mostEntries: number, longestKey: number) {
    this.mostEntries = mostEntries;
    this.longestKey = longestKey;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }
  get(key: string): Value | undefined {
    return this.entries.get(key);
  }
  set(key: string, value: Value): void {
    if (key.length > this.longestKey) return;
    if (this.entries.size >= this.mostEntries) this.entries.clear();
    this.entries.set(key, value);
  }
}
