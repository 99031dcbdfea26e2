// What somebody sees who opens the server's address in a browser: what this is, and what to do with the address.
import { html } from './html.ts';
import type { Page } from './layout.ts';

export interface Home {
  /** The address of /mcp. */
  readonly mcpUrl: string;
  /** Whether clients sign people in here; otherwise they need a key. */
  readonly signsIn: boolean;
}

export const homePage = ({ mcpUrl, signsIn }: Home): Page => ({
  status: 200,
  title: 'An MCP server for Gmail',
  tone: 'note',
  body: html`<p>There is nothing to do in a browser here. Add this address to your MCP client:</p>
<p><code>${mcpUrl}</code></p>
<p class="soft">${
    signsIn
      ? 'It opens this browser when you have to sign in.'
      : 'It needs a key, which the people who run this server give you.'
  }</p>`,
});
