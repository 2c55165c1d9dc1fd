import type { CaughtMail } from './caught-mail.ts';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (value: string): string => value.replaceAll(/[&<>"']/g, (c) => ENTITIES[c] ?? c);

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em}
.label{background:#ffd24d;color:#221a00;padding:.5em 1em;border-radius:6px;font-weight:600}article{border:1px solid #8884;border-radius:8px;margin:1em 0;padding:0 1em 1em}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}small{opacity:.7}`;

/** The sandbox's inbox as a page: text only, addresses in the mails are clickable. */
export function renderInbox(mails: readonly CaughtMail[]): string {
  const articles = mails.map(
    (
      mail,
    ) => `<article><h2>${escapeHtml(mail.subject)}</h2><small>${escapeHtml(mail.to.join(', '))} · ${escapeHtml(mail.receivedAt)}</small>
<pre>${linked(mail.text)}</pre></article>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mail sandbox · pingplex</title><style>${STYLE}</style></head><body><h1>Mail sandbox</h1>
<p class="label">Sandbox: these mails were caught here and went to nobody.</p>
${articles.join('\n') || '<p>No mail yet.</p>'}</body></html>`;
}

function linked(text: string): string {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((part, i) => (i % 2 === 1 ? `<a href="${escapeHtml(part)}" rel="noreferrer">${escapeHtml(part)}</a>` : escapeHtml(part)))
    .join('');
}
