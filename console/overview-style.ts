// The part of the stylesheet that only the pages about many services have: tiles, bars, charts. Colours are those of style.ts.
export const overviewStyle = `
.filters { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; margin: 8px 0 16px; padding: 0; }
.filters a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
.tiles { display: grid; gap: 4px; grid-template-columns: repeat(auto-fill, minmax(min(172px, 100%), 1fr)); list-style: none; margin: 0; padding: 0; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-left: 3px solid var(--gap); border-radius: 5px; padding: 2px 7px; font-size: 12px; line-height: 1.35; color: var(--soft); min-width: 0; }
.tiles a { display: block; color: var(--ink); text-decoration: none; }
.tiles a:hover { text-decoration: underline; }
.tiles .person { border-left-color: var(--bad); } .tiles .unknown { border-left-color: var(--hold); } .tiles .moving { border-left-color: var(--bar); }
.card > p { margin: 6px 0 0; }
.card > h2, .card > h3 { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: baseline; justify-content: space-between; }
.card.urgent { border-left: 4px solid var(--bad); }
.card.person, .card.unknown { border-left: 4px solid var(--hold); }
.cards.two { grid-template-columns: repeat(auto-fill, minmax(min(480px, 100%), 1fr)); }
.needs { display: grid; gap: 12px; margin-top: 14px; }
.wide { overflow-wrap: break-word; }
.wide td { min-width: 64px; }
.card details { margin-top: 6px; }
.fact { font-size: 13px; color: var(--soft); }
.line { display: flex; gap: 8px; align-items: center; font-size: 13px; margin-top: 6px; font-variant-numeric: tabular-nums; }
.line svg { flex: 1 1 120px; min-width: 60px; max-width: 320px; height: 10px; }
.line span { white-space: nowrap; }
.whole { fill: var(--gap); } .share { fill: var(--bar); } .short { fill: var(--bad); } .tick { stroke: var(--ink); stroke-width: 1; }
.plain-list { margin: 0; padding-left: 20px; }
.top { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 4px 8px; }
.value { font-size: 26px; font-weight: 650; font-variant-numeric: tabular-nums; }
.not-known .value { color: var(--soft); font-size: 20px; font-weight: 500; }
.aimed { font-size: 13px; border-radius: 6px; padding: 2px 8px; color: var(--soft); border: 1px solid var(--line); }
.met { color: var(--good); background: var(--good-back); border-color: transparent; }
.missed { color: var(--bad); background: var(--bad-back); border-color: transparent; font-weight: 600; }
.chart { width: 100%; margin-top: 6px; }
.chart text { font-size: 10px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.bar { fill: var(--bar); } .gap { fill: var(--gap); } .axis { stroke: var(--line); stroke-width: 1; } .aim { stroke: var(--ink); stroke-dasharray: 4 4; }
.left { fill: none; stroke: var(--bar); stroke-width: 2; } .pace { stroke: var(--edge); stroke-dasharray: 3 4; } .mark { stroke: var(--hold); } .now { stroke: var(--ink); }
.most { stroke: var(--bar); stroke-width: 4; opacity: 0.45; } .range { stroke: var(--gap); stroke-width: 2; }
.middle { fill: var(--bar); } .ninety { fill: var(--card); stroke: var(--bar); stroke-width: 2; }
.how, .what { margin: 6px 0 0; font-size: 13px; }
.what { border-top: 1px solid var(--line); padding-top: 6px; color: var(--soft); }
.pages-on { display: flex; gap: 16px; margin: 12px 0; }
td.first, th.first { position: sticky; left: 0; background: var(--card); }
td svg { width: 120px; }
td time { white-space: nowrap; }
.notice + .cards { margin-top: 14px; }
@media (max-width: 480px) {
  .stacked thead { position: absolute; left: -9999px; }
  .stacked, .stacked tbody, .stacked tr, .stacked td { display: block; }
  .stacked tr { padding: 6px 0; border-bottom: 1px solid var(--line); } .stacked tr:last-child { border-bottom: 0; }
  .stacked td { border-bottom: 0; padding: 3px 12px; text-align: left; } .stacked td:empty { display: none; }
  .stacked td::before { content: attr(data-head) ": "; color: var(--soft); }
  .stacked td .line { margin-top: 0; }
}
@media (max-width: 480px) { form.order label { flex: 1 0 100%; } .tiles { grid-template-columns: 1fr 1fr; } }
`
