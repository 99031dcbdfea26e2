// Jobs that no mail should be able to ask for: what a thread does that goes wrong.

export default ({ name, input }: { readonly name: string; readonly input: { readonly flag?: SharedArrayBuffer } }) => {
  switch (name) {
    case 'echo':
      return input;
    case 'spin': {
      const begun = new Int32Array(input.flag ?? new SharedArrayBuffer(4));
      Atomics.add(begun, 0, 1);
      Atomics.notify(begun, 0);
      for (;;);
    }
    case 'fill': {
      const all: string[][] = [];
      for (;;) all.push(new Array(10_000).fill('x').map((x, index) => x + index));
    }
    case 'exit':
      return process.exit(3);
    default:
      throw new Error('no such job');
  }
};
