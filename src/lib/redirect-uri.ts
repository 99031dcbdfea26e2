// Where a browser may be sent back to an app with a code, and what is known of who waits there (RFC 8252 §7). A scheme
// that no app of ours owns may be a browser's, to which the rest is another address, or a local document's: so the schemes
// of agents are named, others have to be a domain's in reverse (RFC 8252 §7.1), and all the rest is refused.
import { isLoopbackHost } from './loopback-host.ts';

type RedirectRefusal =
  | 'not_a_uri'
  | 'characters'
  | 'plain_http'
  | 'user_or_fragment'
  /** A scheme of browsers, documents, mail, …: nobody's app. */
  | 'no_app'
  /** In an app's scheme, another address. */
  | 'address_inside'
  | 'not_a_callback';

export type RedirectReading =
  | { readonly kind: 'web' }
  /** A program that listens on the person's own computer. */
  | { readonly kind: 'listener' }
  /** A scheme that belongs to this agent, unless somebody else's program took it. */
  | { readonly kind: 'agent'; readonly name: string }
  /** A domain in reverse as a scheme. */
  | { readonly kind: 'app' }
  /** Any other scheme: for an operator to allow, who knows the app. */
  | { readonly kind: 'unknown_app' }
  | { readonly kind: 'refused'; readonly reason: RedirectRefusal };

/** Editors made of Visual Studio Code hand an address to the extension that it names: `cursor://anysphere.cursor-mcp/…`. */
const editors: Readonly<Record<string, string>> = {
  antigravity: 'Antigravity',
  cursor: 'Cursor',
  kiro: 'Kiro',
  positron: 'Positron',
  trae: 'Trae',
  vscode: 'Visual Studio Code',
  'vscode-insiders': 'Visual Studio Code Insiders',
  vscodium: 'VSCodium',
  windsurf: 'Windsurf',
  'windsurf-next': 'Windsurf Next',
};

const agents: Readonly<Record<string, string>> = {
  cherrystudio: 'Cherry Studio',
  claude: 'Claude',
  goose: 'Goose',
  lmstudio: 'LM Studio',
  warp: 'Warp',
  warppreview: 'Warp Preview',
  zed: 'Zed',
};

/** What browsers and systems open themselves, and what leads from there to anything else. */
const nobodysApp = new RegExp(
  `^(?:${[
    // the web, and browsers that take another address
    'wss?|ftps?|sftp|gopher|feed|view-source|intent|android-app|ios-app|x-safari.*|safari.*|firefox.*|mozilla.*|moz-.*',
    'microsoft-edge.*|edge.*|googlechrome.*|chrome.*|chromium.*|brave.*|opera.*|vivaldi.*|duckduckgo.*|ddg.*|touch-https?.*',
    'samsung.*|ucbrowser.*|yandex.*|tor|onion|web\\+.*|ext\\+.*|.*-https?|https?-.*|web-?search.*|x-web-search',
    // documents and scripts
    'file|jar|res|resource|data|blob|filesystem|javascript|vbscript|livescript|mocha|about|content|mk|mhtml|cid|mid|urn',
    // systems
    'ms-.*|search|search-ms|shell|itms.*|market|app-settings|prefs|x-apple.*|help|hcp|ldaps?|smb|afp|nfs|dav|davs|vnc|rdp|ssh|telnet|git.*|svn.*|magnet|ipfs|ipns',
    // people
    'mailto|message|tel|telprompt|sms|mms|facetime.*|callto|sip|sips|xmpp|irc|ircs|news|nntp|skype.*|whatsapp|tg|zoommtg',
  ].join('|')})$`,
);

/**
 * Agents do more with their addresses than take codes: `zed://ssh/host` connects there, `cherrystudio://mcp/install`
 * installs. So each part has to be one of a callback's, and the last one says that it is one.
 */
const agentCallback = /^\/\/(?:(?:oauth2?|auth|mcp|api|v\d)\/)*[\w-]*(?:callback|redirect)\/?$/i;

const reverseDomain = /^[a-z][a-z0-9-]*(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;

/** Of a query that an app may have in its own address: words, no address. */
const plainQuery = /^[\w.~=&-]*$/;

const refused = (reason: RedirectRefusal): RedirectReading => ({ kind: 'refused', reason });

/** Percent-decoded once; undefined where it cannot be: somebody who is less strict may read anything in it. */
const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/**
 * `://host/path` or `/path` after an app's scheme holds no second address, as it stands or decoded as often as somebody
 * may decode it on the way.
 */
const holdsAddress = (rest: string): boolean => {
  let text: string | undefined = rest;
  for (let round = 0; round < 3 && text !== undefined; round += 1) text = decoded(text);
  if (text === undefined || text.includes('%')) return true;
  return /[:\\]|\/\/|(?:^|[^a-z0-9])(?:https?|www|ftp|file|data|javascript)(?:[^a-z0-9]|$)/i.test(
    text.replace(/^\/{2,3}/, '/'),
  );
};

const readApp = (scheme: string, rest: string): RedirectReading => {
  if (nobodysApp.test(scheme)) return refused('no_app');
  if (!rest.startsWith('/')) return refused('not_a_callback');
  const [path = '', query] = rest.split(/\?(.*)/s);
  if (path.includes('@')) return refused('user_or_fragment');
  if (holdsAddress(rest)) return refused('address_inside');
  const editor = editors[scheme];
  if (editor !== undefined) {
    // The extension, but none that comes with the editor, or that installs what it is told to; editors ignore case.
    const [, publisher, extension] = /^\/\/([\w-]+)\.([\w-]+)(?:\/|$)/.exec(path.toLowerCase()) ?? [];
    const isCallback = publisher !== undefined && publisher !== 'vscode' && extension?.endsWith('deeplink') === false;
    return isCallback && query === undefined ? { kind: 'agent', name: editor } : refused('not_a_callback');
  }
  const agent = agents[scheme];
  if (agent !== undefined)
    return query === undefined && agentCallback.test(path) ? { kind: 'agent', name: agent } : refused('not_a_callback');
  if (query !== undefined && !plainQuery.test(query)) return refused('not_a_callback');
  return { kind: reverseDomain.test(scheme) ? 'app' : 'unknown_app' };
};

/** Names and addresses that no other computer answers to (RFC 6761 §6.3, RFC 1122 §3.2.1.3). */
const isOwnComputer = (hostname: string): boolean =>
  isLoopbackHost(hostname.replace(/\.$/, '')) || /^0(?:\.\d+){3}$|^\[::\]$/.test(hostname);

/** RFC 8252 §7.3, and `localhost`, which apps use all the same. */
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/** Reads a redirect URI as it was registered or asked for. */
export const readRedirectUri = (text: string): RedirectReading => {
  // What nobody sees, what turns the direction of a text, and what browsers read as another character.
  if (!/^[!-~]+$/.test(text) || text.includes('\\')) return refused('characters');
  const url = URL.parse(text);
  if (url === null) return refused('not_a_uri');
  const { protocol, hostname } = url;
  if (text.includes('#')) return refused('user_or_fragment');
  if (protocol !== 'http:' && protocol !== 'https:') return readApp(protocol.slice(0, -1), text.slice(protocol.length));
  // Browsers read `https:host` and `https:///host` as well, people do not.
  const [, authority] = /^https?:\/\/([^/?]+)/i.exec(text) ?? [];
  if (authority === undefined) return refused('not_a_uri');
  if (authority.includes('@')) return refused('user_or_fragment');
  if (protocol === 'http:') return loopbackHosts.includes(hostname) ? { kind: 'listener' } : refused('plain_http');
  return { kind: isOwnComputer(hostname) ? 'listener' : 'web' };
};

/** Whether anybody may register it; what is unknown is for the operator to register. */
export const isOpenToAnybody = (reading: RedirectReading): boolean =>
  reading.kind !== 'refused' && reading.kind !== 'unknown_app';
