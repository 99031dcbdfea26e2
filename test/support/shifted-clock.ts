// Loaded before a program (`node --import`): its machine's clock is SHIFT_MS milliseconds ahead.
const { SHIFT_MS } = process.env;
const shift = Number(SHIFT_MS);

globalThis.Date = new Proxy(Date, {
  construct: (real, given, made) => Reflect.construct(real, given.length === 0 ? [real.now() + shift] : given, made),
  get: (real, name) => (name === 'now' ? () => real.now() + shift : Reflect.get(real, name)),
});
