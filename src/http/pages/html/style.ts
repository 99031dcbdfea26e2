// The one style sheet of all pages: light and dark, 320 px and up, no external asset. Allowed in the CSP by its hash.
import { createHash } from 'node:crypto';

export const styleSheet = `
:root{color-scheme:light dark;--ground:#f3f4f1;--card:#fff;--ink:#1d2421;--soft:#55605b;--line:#dde1dc;--accent:#1d6b50;
--accent-over:#14523d;--on-accent:#fff;--good:#1d6b50;--good-wash:#e3f1ea;--note:#35558a;--note-wash:#e6edf8;
--warn:#8a5200;--warn-wash:#fdf1dc;--bad:#a02c2c;--bad-wash:#fbe7e5;--code:#f3f4f1;--shadow:0 1px 2px #1d242114,0 12px 32px #1d242114}
@media (prefers-color-scheme:dark){:root{--ground:#131715;--card:#1c211f;--ink:#e9edea;--soft:#a7b2ac;--line:#323a36;--accent:#7fd0ad;
--accent-over:#a0e0c4;--on-accent:#0d2118;--good:#7fd0ad;--good-wash:#1d342a;--note:#a3c0f2;--note-wash:#202c40;
--warn:#f0bf6c;--warn-wash:#372b16;--bad:#f2a19b;--bad-wash:#3b2220;--code:#131715;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,footer,main{width:100%;max-width:35rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.25rem;padding-bottom:.75rem}
.brand{display:flex;align-items:center;gap:.55rem;margin:0;font-weight:650;letter-spacing:.01em}
.brand svg{width:1.5rem;height:1.5rem;color:var(--accent)}
main{flex:1 0 auto}
.card{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1.5rem;box-shadow:var(--shadow)}
.head{display:flex;align-items:center;gap:.75rem;margin:0 0 .6rem}
.mark{flex:none;display:grid;place-items:center;width:2.5rem;height:2.5rem;border-radius:50%}
.mark svg{width:1.3rem;height:1.3rem}
.good{color:var(--good);background:var(--good-wash)}.note{color:var(--note);background:var(--note-wash)}
.warn{color:var(--warn);background:var(--warn-wash)}.bad{color:var(--bad);background:var(--bad-wash)}
h1{font-size:1.5rem;line-height:1.2;letter-spacing:-.01em;margin:0;text-wrap:balance}
h2{font-size:1rem;margin:1rem 0 .3rem}
p{margin:.4rem 0;text-wrap:pretty}
.soft,footer{color:var(--soft)}
.foreign{font-weight:600;overflow-wrap:anywhere}
ul,ol{margin:.4rem 0;padding-left:1.3rem}
li{margin:.25rem 0}
.ticks{list-style:none;padding:0}
.ticks li{display:flex;gap:.6rem;align-items:flex-start}
.ticks svg{flex:none;width:1.15rem;height:1.15rem;margin-top:.2rem;color:var(--good)}
.who{display:block;border:1px solid var(--line);border-radius:.7rem;padding:.6rem .9rem;margin:.75rem 0}
.who dt{color:var(--soft);font-size:.875rem}
.who dd{margin:0;font-size:1.0625rem}
.who dd+dt{margin-top:.6rem}
.callout{border-radius:.7rem;padding:.65rem .9rem;margin:.75rem 0;color:var(--ink)}
.callout strong{display:block}
.callout.warn strong{color:var(--warn)}
.callout p{margin:.2rem 0 0}
.button{display:block;width:100%;border:0;border-radius:.7rem;padding:.8rem 1.25rem;margin:1rem 0 .4rem;background:var(--accent);
color:var(--on-accent);font:inherit;font-weight:650;text-align:center;text-decoration:none;cursor:pointer}
.button:hover{background:var(--accent-over)}
.actions{position:sticky;bottom:0;z-index:1;margin:0 -1.5rem;padding:.6rem 1.5rem .3rem;background:var(--card)}
.actions .button{margin:0 0 .3rem}
.actions p{margin:0}
.actions form{display:flex;flex-wrap:wrap;gap:.5rem}
.actions .button{flex:3 1 auto;width:auto}
.actions .button+.button{flex-grow:1}
.button.plain{background:none;color:var(--accent);border:1px solid var(--line);margin-top:0}
.button.plain:hover{background:var(--code)}
a{color:var(--accent);text-underline-offset:.15em}
a.button{color:var(--on-accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.4rem}
.button:focus-visible{border-radius:.7rem}
details{border-top:1px solid var(--line);margin-top:1.5rem;padding-top:1rem}
summary{cursor:pointer;font-weight:600}
code{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--code);border-radius:.3rem;padding:.1rem .3rem;
overflow-wrap:anywhere}
.facts{margin:.75rem 0;padding:1rem;background:var(--code);border-radius:.7rem}
.facts dt{color:var(--soft);font-size:.875rem}
.facts dd{margin:0 0 .6rem}
.facts dd:last-child{margin:0}
.facts code{padding:0;background:none;display:block}
.small,footer{font-size:.875rem}
footer{padding-top:1.25rem;padding-bottom:2rem}
@media (max-width:24rem){header{padding-top:1.25rem}header,footer,main{padding-left:.75rem;padding-right:.75rem}.card{padding:1rem}.actions{margin:0 -1rem;padding:.6rem 1rem .3rem}h1{font-size:1.35rem}}
@media (prefers-reduced-motion:no-preference){.button{transition:background-color .15s}}
@media (forced-colors:active){.card,.callout,.button{border:1px solid}}
`;

/** The source expression that lets exactly this style sheet in (CSP level 3, §2.3.1). */
export const styleSource = `'sha256-${createHash('sha256').update(styleSheet).digest('base64')}'`;
