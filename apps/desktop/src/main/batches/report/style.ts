/** Looks of the HTML report: system fonts, light and dark, black on white on paper. Colours keep 4.5:1 on their ground. */
export const REPORT_STYLE = `
:root { --ground: #ffffff; --raised: #f6f8fa; --line: #d0d7de; --text: #1f2328; --quiet: #59636e; --ok: #116329; --warn: #7d4e00; --bad: #a40e26; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #101318; --raised: #181c23; --line: #343b45; --text: #e8ebef; --quiet: #a1aab6; --ok: #6fdd8b; --warn: #f0b849; --bad: #ff9ba0; }
}
@media print {
  :root { --ground: #ffffff; --raised: #ffffff; --line: #999999; --text: #000000; --quiet: #333333; --ok: #000000; --warn: #000000; --bad: #000000; }
  @page { size: A4 landscape; margin: 12mm; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  .wide { overflow: visible !important; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 28px 24px; }
h1 { margin: 0 0 18px; font-size: 24px; overflow-wrap: anywhere; unicode-bidi: isolate; }
h2 { margin: 28px 0 8px; font-size: 16px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 10px 24px; margin: 0 0 24px; }
dt { color: var(--quiet); font-size: 12px; }
dd { margin: 0; overflow-wrap: anywhere; unicode-bidi: isolate; }
.wide { overflow-x: auto; margin-bottom: 24px; border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: 10px 12px; text-align: left; font-weight: 600; }
th, td { padding: 8px 12px; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--raised); color: var(--quiet); font-size: 12px; font-weight: 600; white-space: nowrap; }
tbody th { max-width: 300px; font-weight: 600; overflow-wrap: anywhere; unicode-bidi: isolate; }
td { min-width: 84px; }
td:last-child { min-width: 220px; }
img { display: block; max-width: 80px; max-height: 80px; border-radius: 4px; }
small { display: block; color: var(--quiet); font-size: 12px; font-weight: 400; overflow-wrap: anywhere; unicode-bidi: isolate; }
.hash { font: 10px/1.3 ui-monospace, monospace; }
.line { display: block; white-space: nowrap; }
.line.weak { white-space: normal; }
.quiet { color: var(--quiet); font-size: 12px; }
.distinct, .strong { color: var(--ok); }
.weak { color: var(--warn); }
.same { color: var(--bad); }
ul { margin: 0; padding-left: 18px; color: var(--quiet); }
footer { padding: 0 24px 28px; text-align: center; color: var(--quiet); font-size: 12px; }
`;
