// The HTML a person sees at the fake Google: account chooser, consent, block and error pages. Plain forms with stable
// names, so that a script can walk them too: `authuser` (chooser), `scope_granted` and `decision` (consent).
import type { GoogleAccount } from '../accounts.ts';
import type { AuthorizationRequest, RequestRefused } from './authorization-request.ts';
import { canonicalScopes, isIdentityScope, scopeText } from './project.ts';

export const authorizationPath = '/o/oauth2/v2/auth';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] as string);

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}' +
  'button{font:inherit;padding:.5rem 1.2rem;margin:.2rem .4rem .2rem 0}label{display:block;margin:.5rem 0}' +
  'header{opacity:.7;border-bottom:1px solid;margin-bottom:1.5rem}';

const page = (title: string, body: string, status = 200): Response =>
  new Response(
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><header>Sandbox – this is not Google</header><main><h1>${escapeHtml(title)}</h1>
${body}
</main></body></html>
`,
    { status, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } },
  );

const hiddenInputs = (request: AuthorizationRequest): string =>
  request.parameters
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('\n');

/** "Choose an account": one submit button per account, `name="authuser"`, value the address. */
export const chooserPage = (request: AuthorizationRequest, accounts: readonly GoogleAccount[]): Response => {
  const buttons = accounts.map(
    ({ email, name }) =>
      `<p><button name="authuser" value="${escapeHtml(email)}">${escapeHtml(name)} &lt;${escapeHtml(email)}&gt;</button></p>`,
  );
  return page(
    'Choose an account',
    `<p>to continue to <b>${escapeHtml(new URL(request.redirectUri).host)}</b></p>
<form id="chooser" method="get" action="${authorizationPath}">
${hiddenInputs(request)}
${buttons.length === 0 ? '<p>The sandbox has no account that could be used here.</p>' : buttons.join('\n')}
</form>`,
  );
};

const scopeItem = (scope: string): string =>
  isIdentityScope(scope)
    ? `<p>✓ ${escapeHtml(scopeText(scope))}</p>`
    : `<label><input type="checkbox" name="scope_granted" value="${escapeHtml(scope)}" checked> ${escapeHtml(scopeText(scope))}</label>`;

/** The consent page: a checkbox `name="scope_granted"` per scope (ticked), buttons `name="decision"`: allow, deny. */
export const consentPage = (request: AuthorizationRequest, account: GoogleAccount, testing: boolean): Response =>
  page(
    `${new URL(request.redirectUri).host} wants access to your Google Account`,
    `<p>${escapeHtml(account.name)} &lt;${escapeHtml(account.email)}&gt;</p>
${testing ? '<p>Google hasn’t verified this app. It is being tested by its developer.</p>' : ''}
<form id="consent" method="post" action="${authorizationPath}">
${hiddenInputs(request)}
<input type="hidden" name="authuser" value="${escapeHtml(account.email)}">
<p>Select what the app can access:</p>
${canonicalScopes(request.scopes).map(scopeItem).join('\n')}
<p><button name="decision" value="allow">Continue</button> <button name="decision" value="deny">Cancel</button></p>
</form>`,
  );

/** Google's own page where an admin has blocked the app: it never leads back to the app. */
export const adminBlockPage = (account: GoogleAccount): Response =>
  page(
    'Access blocked: your institution’s admin needs to review this app',
    `<p>${escapeHtml(account.email)}</p><p>Your institution’s admin has to allow this app before you can use it.</p>
<p>Error 400: admin_policy_enforced</p>`,
    400,
  );

/** Google's error page for a request it does not redirect. */
export const requestErrorPage = ({ code, error, description }: RequestRefused): Response =>
  page(
    'Access blocked: Authorization Error',
    `<p>${escapeHtml(description)}</p><p>Error ${code}: ${escapeHtml(error)}</p>`,
    400,
  );
