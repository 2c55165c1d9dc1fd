const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:26em;margin:10vh auto;padding:0 1.2em}
label{display:block;margin:1em 0}input:not([type=checkbox]){display:block;width:100%;box-sizing:border-box;font:inherit;padding:.6em;margin-top:.3em}
button{font:inherit;padding:.7em 1.4em;border:0;border-radius:8px;background:#1f5eff;color:#fff;cursor:pointer;margin-right:.5em}
.sandbox{border:2px dashed #e0a000;padding:.6em 1em;border-radius:8px}`;

/** The stand-in's one page. It says what it is in both languages, because nothing real happens here. */
export function accountPage(uid: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sandbox of Google sign-in</title><style>${STYLE}</style></head><body><main>
<h1>Sandbox of Google sign-in</h1>
<p class="sandbox">This is not Google. It stands in for it on this computer: type any address and you are that person.<br>
Это не Google, а его замена на этом компьютере: введите любой адрес, и вы станете этим человеком.</p>
<form method="post" action="/choose/${encodeURIComponent(uid)}">
<label>E-mail<input type="email" name="email" required autofocus value="you@gmail.com"></label>
<label><input type="checkbox" name="verified" checked> The address is verified · Адрес подтверждён</label>
<label>Organisation’s domain (hd), if any · Домен организации<input name="hd"></label>
<button name="way" value="go">Continue · Продолжить</button><button name="way" value="cancel" formnovalidate>Cancel · Отмена</button>
</form></main></body></html>`;
}
