// The code in wire/ is made from the .proto files beside it, by tools that are not installed here: whoever changes one has to
// renew it with scripts/scalekit-wire.mjs.
import { readFileSync } from 'node:fs';
import type { DescFile, DescMessage } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { file_connected_accounts } from '../../../src/http/scalekit/wire/connected_accounts_pb.ts';
import { file_connections } from '../../../src/http/scalekit/wire/connections_pb.ts';
import { file_errdetails } from '../../../src/http/scalekit/wire/errdetails_pb.ts';
import { file_tools } from '../../../src/http/scalekit/wire/tools_pb.ts';

const fieldsOf = ({ fields, nestedMessages }: DescMessage): string[] => [
  ...fields.map(({ name, number }) => `${name} = ${number}`),
  ...nestedMessages.flatMap(fieldsOf),
];
const generated = ({ messages, enums, services }: DescFile): string[] => [
  ...messages.flatMap(fieldsOf),
  ...enums.flatMap(({ values }) => values.map(({ name, number }) => `${name} = ${number}`)),
  ...services.flatMap(({ methods }) =>
    methods.map(({ name, input, output }) => `${name}(${input.name}) returns (${output.name})`),
  ),
];

test.each([file_connected_accounts, file_connections, file_errdetails, file_tools])(
  'has every field, value and call of $proto.name with its number, and no other',
  (file) => {
    const proto = readFileSync(new URL(`../../../src/http/scalekit/proto/${file.name}.proto`, import.meta.url), 'utf8');
    const written = [...proto.matchAll(/^ +(?:rpc (.+)|(?:(?:optional |repeated )?[\w.]+ )?(\w+ = \d+));$/gm)];
    expect(generated(file).sort()).toEqual(written.map(([, rpc, field]) => rpc ?? field).sort());
  },
);
