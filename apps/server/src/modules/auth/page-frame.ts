import { createHash } from 'node:crypto';

/** The one style of our browser pages; they load nothing. */
export const PAGE_STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:26em;margin:12vh auto;padding:0 1.2em}
label{display:block;margin:1em 0}input:not([type=checkbox]){display:block;width:100%;box-sizing:border-box;font:inherit;padding:.6em;margin-top:.3em}
button{font:inherit;padding:.7em 1.4em;border:0;border-radius:8px;background:#1f5eff;color:#fff;cursor:pointer}button:disabled{opacity:.5}
button:focus-visible,input:focus-visible{outline:3px solid #7aa2ff;outline-offset:2px}button.quiet{background:none;color:inherit;text-decoration:underline;padding:.7em .4em}.row{display:flex;flex-wrap:wrap;gap:.6em;margin-top:1.4em}
.warn{border-left:4px solid #e0a000;padding-left:.8em}[role=alert]{color:#c62828;font-weight:600}@media(prefers-color-scheme:dark){[role=alert]{color:#ff8a80}}
output{display:block;font:600 2em ui-monospace,monospace;letter-spacing:.08em;margin:.6em 0;user-select:all}[role=status]{margin-top:1.2em;font-weight:600}`;

/** Source expression of a Content-Security-Policy for exactly this inline text. */
export const sourceHash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Text of others as text: names of devices and addresses are not ours. */
export const escapeHtml = (value: string): string => value.replaceAll(/[&<>"']/g, (c) => ENTITIES[c] ?? c);

/** A whole page. @param main trusted HTML */
export const pageHtml = (locale: 'en' | 'ru', title: string, main: string): string =>
  `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer"><title>${title} · pingplex</title><style>${PAGE_STYLE}</style></head><body><main>${main}</main></body></html>`;
