// Google's own clients, loaded at the first use (they cost tens of milliseconds at start) and bound to one bearer.
// Retries are off in both of their places; no auth object: the bearer is a header and nothing is ever refreshed here.
import type { gmail_v1 } from '@googleapis/gmail';
import type { people_v1 } from '@googleapis/people';

export interface ClientOptions {
  readonly fetch: typeof fetch;
  readonly gmailRootUrl: string;
  readonly peopleRootUrl: string;
}

export interface GoogleClients {
  gmail(bearer: string): Promise<gmail_v1.Gmail>;
  people(bearer: string): Promise<people_v1.People>;
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);

export const createClients = ({ fetch, gmailRootUrl, peopleRootUrl }: ClientOptions): GoogleClients => {
  const settings = (rootUrl: string, bearer: string) => ({
    rootUrl: withSlash(rootUrl),
    retry: false,
    retryConfig: { retry: 0, noResponseRetries: 0 },
    fetchImplementation: fetch,
    headers: { Authorization: `Bearer ${bearer}` },
  });
  return {
    gmail: async (bearer) => {
      const { gmail } = await import('@googleapis/gmail');
      return gmail({ version: 'v1', ...settings(gmailRootUrl, bearer) });
    },
    people: async (bearer) => {
      const { people } = await import('@googleapis/people');
      return people({ version: 'v1', ...settings(peopleRootUrl, bearer) });
    },
  };
};
