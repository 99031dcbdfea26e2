// The product's backend, as far as Postern is concerned: it holds the service key and speaks for its users. Nothing
// here is ever given to an agent but a session token, which is one person's and ends by itself.

/** The product's own name for its user; whatever it calls them anywhere else. */
export const user = 'user_42';

export interface Backend {
  /** Says whose mailbox it has to be, so that a link somebody passed on connects nobody else's. */
  expectMailbox(email: string): Promise<void>;
  /** A token an agent may hold. */
  openSession(): Promise<string>;
  endSessions(): Promise<void>;
  isConnected(): Promise<boolean>;
}

/** @param origin where Postern listens */
export const createBackend = (origin: string, serviceKey: string): Backend => {
  const request = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(new URL(path, origin), {
      method,
      headers: { authorization: `Bearer ${serviceKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new Error(`No Postern answers at ${origin}. Start it, or correct POSTERN_URL.`, { cause });
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const account = `/api/v1/accounts/${user}`;
  return {
    expectMailbox: async (email) => {
      await request('POST', '/api/v1/accounts', { identifier: user, expected_email: email });
    },
    openSession: async () => {
      const { token } = (await (await request('POST', `${account}/sessions`, { expires_in: 900 })).json()) as {
        token: string;
      };
      return token;
    },
    endSessions: async () => {
      await request('DELETE', `${account}/sessions`);
    },
    isConnected: async () => {
      const { status } = (await (await request('GET', account)).json()) as { status: string };
      return status === 'ACTIVE';
    },
  };
};
