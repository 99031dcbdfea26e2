// What can be wrong where a browser cannot, or should not, be sent back to its client by itself. The page that says so is
// somebody else's.

export type PageError = 'client' | 'redirect_uri' | 'over' | 'request' | 'busy' | 'too_many' | 'storage' | 'defect';

/** Where the application hears what was wrong, if the person wants to go there. */
export interface WayBack {
  readonly url: string;
  /** Its redirect URI, whole. */
  readonly to: string;
}

export interface ErrorPage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type RenderError = (error: PageError, wayBack?: WayBack) => ErrorPage;
