// The stylesheets of the pages: system fonts, light and dark by the reader's preference, nothing loaded from elsewhere. Colours
// have a contrast of 4.5 to 1 on their ground at least (WCAG 2.2 AA), and never say alone what a word does not say too.
import { overviewStyle } from './overview-style.ts'
import { panelStyle } from './panel-style.ts'
import { releaseStyle } from './release-style.ts'

const base = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #566170; --line: #dfe4ea;
  --edge: #8590a0; --bar: #3563d8; --gap: #c3cad3; --good: #0b6e4f; --good-back: #e0f3ea; --bad: #a8231f; --bad-back: #fbe7e5;
  --hold: #7a4b00; --hold-back: #fdf0d9; --press: #a8231f; --on-press: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --page: #11161d; --card: #1a212b; --ink: #e6ebf1; --soft: #9aa7b6;
  --line: #2c3643; --edge: #6b7888; --bar: #7da2f5; --gap: #46525f; --good: #6fd3a8; --good-back: #15352a; --bad: #ff9d94;
  --bad-back: #43201f; --hold: #f3c478; --hold-back: #3d2f16; --press: #ff9d94; --on-press: #2a0e0c; } }
* { box-sizing: border-box; }
html { scroll-behavior: auto; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; overflow-wrap: anywhere; }
header, main, body > footer, .above { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
main { padding-bottom: 40px; outline: 0; }
header { display: flex; flex-wrap: wrap; gap: 4px 24px; align-items: baseline; justify-content: space-between; padding-top: 14px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0; padding: 0; }
nav a { color: var(--soft); text-decoration: none; padding: 4px 0; display: inline-block; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { color: var(--ink); font-weight: 600; border-bottom: 2px solid var(--bar); }
.where, body > footer { color: var(--soft); font-size: 13px; }
.where { margin: 0; }
[data-stale] #as-of::after { content: " The page is not up to date: the server does not answer."; color: var(--bad); font-weight: 600; }
.skip { position: absolute; left: -9999px; }
.skip:focus { position: static; display: block; padding: 8px 20px; }
:focus-visible { outline: 3px solid var(--bar); outline-offset: 2px; }
a { color: var(--bar); }
h1 { font-size: 24px; line-height: 1.25; margin: 20px 0 4px; }
h2 { font-size: 18px; margin: 32px 0 12px; }
h3, .card h2 { font-size: 15px; margin: 0; }
.soft { color: var(--soft); }
.sentence { font-size: 18px; margin: 4px 0 16px; }
.cards { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0; }
.state { display: inline-block; border-radius: 6px; padding: 1px 8px; font-size: 13px; font-weight: 600; border: 1px solid var(--edge); }
.good { color: var(--good); background: var(--good-back); border-color: transparent; }
.bad { color: var(--bad); background: var(--bad-back); border-color: transparent; }
.hold { color: var(--hold); background: var(--hold-back); border-color: transparent; }
.notice a, .state a { color: inherit; }
.notice { border-radius: 10px; padding: 10px 16px; margin: 14px 0 0; border: 1px solid var(--edge); }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 12px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); font-size: 13px; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
pre, code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0; }
svg { display: block; max-width: 100%; height: auto; }
form.order { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 8px 0; }
label { font-size: 13px; color: var(--soft); }
input:not([type=range]), select, textarea { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 8px 10px; min-width: 0; flex: 1 1 220px; }
button { font: inherit; font-weight: 600; border-radius: 8px; padding: 10px 16px; min-height: 44px; cursor: pointer; border: 1px solid var(--edge); color: var(--ink); background: var(--card); }
button.danger { color: var(--on-press); background: var(--press); border-color: transparent; }
button:hover { filter: brightness(1.08); }
details > summary { cursor: pointer; padding: 6px 0; }
@media (max-width: 480px) { header, main, body > footer, .above { padding-left: 14px; padding-right: 14px; } button { width: 100%; } }
${panelStyle}`
const print = '@media print { header nav, form, .skip { display: none; } }'

/** Of the pages that show releases and services. */
export const pageStyle = `${base}${overviewStyle}${releaseStyle}${print}`
/** Of documents, such as the runbook, which are long and have none of their parts. */
export const documentStyle = `${base}${print}`
