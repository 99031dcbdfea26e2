// GET /api/v1/openapi.json: the API's description as it is committed. Public: it is the same for everybody and holds nothing
// of this server. Made from `descriptions/` by the tests, so that nothing of that is loaded here.
import { Hono } from 'hono';

/** Loaded when it is first asked for. */
const load = async (): Promise<string> => {
  const { default: document } = await import('../../../docs/openapi.json', { with: { type: 'json' } });
  return JSON.stringify(document);
};

export const openApiRoute = (): Hono => {
  let text: Promise<string> | undefined;
  return new Hono().get('/openapi.json', async (c) => {
    text ??= load();
    return c.body(await text, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' });
  });
};
