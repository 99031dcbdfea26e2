// The person unticked everything that is needed at Google.
import { type Capability, capabilityText } from '../../../model/scope.ts';
import { html } from './html.ts';
import type { Page } from './layout.ts';

export const scopeMissingPage = (missing: readonly Capability[]): Page => ({
  status: 403,
  title: 'Permission was not given',
  tone: 'warn',
  body: html`<p>Nothing was connected. On Google’s page these boxes stayed empty, and without them there is nothing the assistant could read:</p>
<ul>${[...new Set(missing.map(capabilityText))].map((text) => html`<li>${text}</li>`)}</ul>
<p>If you do want to connect, ask your assistant for a new link and tick the boxes on Google’s page.</p>`,
});
