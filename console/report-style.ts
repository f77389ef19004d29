// The report's stylesheet: system fonts, light and dark by the reader's preference, nothing loaded from elsewhere.
export const reportStyle = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5b6776; --line: #dfe4ea;
  --bar: #4b7bec; --gap: #c3cad3; --good: #0b6e4f; --good-back: #e0f3ea; --bad: #a8231f; --bad-back: #fbe7e5; }
@media (prefers-color-scheme: dark) { :root { --page: #11161d; --card: #1a212b; --ink: #e6ebf1; --soft: #9aa7b6;
  --line: #2c3643; --bar: #7da2f5; --gap: #46525f; --good: #6fd3a8; --good-back: #15352a; --bad: #ff9d94; --bad-back: #43201f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 24px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 36px 0 12px; }
.when { color: var(--soft); margin: 0 0 8px; }
.sum { margin: 0 0 20px; font-weight: 600; }
.cards { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; display: flex; flex-direction: column; gap: 6px; }
.card h3 { margin: 0; font-size: 14px; font-weight: 600; color: var(--soft); }
.card h3 b { color: var(--ink); margin-right: 6px; }
.top { display: flex; align-items: baseline; justify-content: space-between; gap: 8px; }
.value { font-size: 28px; font-weight: 650; font-variant-numeric: tabular-nums; }
.unknown .value { color: var(--soft); font-size: 20px; font-weight: 500; }
.aimed { font-size: 13px; border-radius: 6px; padding: 2px 8px; white-space: nowrap; color: var(--soft); border: 1px solid var(--line); }
.met { color: var(--good); background: var(--good-back); border-color: transparent; }
.missed { color: var(--bad); background: var(--bad-back); border-color: transparent; font-weight: 600; }
.trend, .spread { width: 100%; height: auto; display: block; }
.bar { fill: var(--bar); } .gap { fill: var(--gap); } .aim { stroke: var(--soft); stroke-dasharray: 4 4; }
.range { stroke: var(--gap); stroke-width: 2; } .most { stroke: var(--bar); stroke-width: 4; opacity: 0.45; }
.middle { fill: var(--bar); } .ninety { fill: var(--card); stroke: var(--bar); stroke-width: 2; }
.ends { display: flex; justify-content: space-between; margin: 0; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; }
.how, .what { margin: 0; font-size: 13px; color: var(--soft); }
.how { color: var(--ink); }
.what { margin-top: auto; border-top: 1px solid var(--line); padding-top: 6px; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 12px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); font-size: 13px; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
tr:last-child td { border-bottom: 0; }
td.none { color: var(--soft); }
footer { color: var(--soft); font-size: 13px; margin-top: 28px; }
`
