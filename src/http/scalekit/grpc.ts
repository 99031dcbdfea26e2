// The calls over gRPC. Compressed messages are not taken: nobody's requests are long, and a small one may unpack to a large one.
import type { MessageShape } from '@bufbuild/protobuf';
import { Code, type ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { Http2Listener } from '../http2.ts';
import { type Call, notImplemented } from './calls.ts';
import { connectErrorOf } from './failure.ts';

/** Bytes of one request. */
const maxRequestBytes = 1024 * 1024;

/** What Postern has instead of some calls; the others it has nothing like. */
const particular: Readonly<Record<string, string>> = {
  UpdateConnectedAccount:
    'UpdateConnectedAccount: tokens come from the person, who approves at Google, and from nobody else',
};

const routesOf =
  (calls: readonly Call[]) =>
  (router: ConnectRouter): void => {
    for (const { method, answer } of calls)
      router.rpc(method, async (request: MessageShape<typeof method.input>, { requestHeader, signal }) => {
        const authorization = requestHeader.get('authorization');
        const answered = await answer(request, { authorization, signal });
        if (answered.ok) return answered.value;
        throw connectErrorOf(answered.failure);
      });
  };

/** A method as a path names it; nothing else of a path is ever repeated. */
const methodIn = (path: string | undefined): string => {
  const [, name = 'this call'] = /^\/[\w.]{1,100}\/(\w{1,64})$/.exec(path ?? '') ?? [];
  return Object.hasOwn(particular, name) ? (particular[name] ?? name) : name;
};

export const createGrpcListener = (calls: readonly Call[]): Http2Listener => {
  const handler = connectNodeAdapter({
    routes: routesOf(calls),
    grpcWeb: false,
    connect: false,
    acceptCompression: [],
    readMaxBytes: maxRequestBytes,
    fallback: ({ url }, response) => {
      const { message, next } = notImplemented(methodIn(url));
      response.writeHead(200, {
        'content-type': 'application/grpc',
        'grpc-status': String(Code.Unimplemented),
        'grpc-message': encodeURIComponent(`${message} ${next}`),
      });
      response.end();
    },
  });
  return (request, response) => {
    handler(request, response);
  };
};
