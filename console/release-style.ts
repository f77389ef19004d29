// What the page of a release adds to the stylesheet of every page.
export const releaseStyle = `
.release { display: grid; gap: 0 28px; grid-template-columns: minmax(0, 1fr); }
.release > * { min-width: 0; }
@media (min-width: 980px) { .release { grid-template-columns: minmax(0, 1fr) 360px; } .release > * { grid-column: 1; }
  .release > .side { grid-column: 2; grid-row: 1 / span 8; } }
@media (min-width: 980px) { .jump { display: none; } }
.jump { color: var(--bad); font-weight: 600; margin-right: 16px; }
#jump { margin: 0; }
.sentence .state { margin-right: 6px; font-size: 15px; }
.weights { width: 100%; height: 34px; border-radius: 8px; }
.track { fill: var(--gap); } .set { fill: var(--bar); } .bound { stroke: var(--page); stroke-width: 2; }
.door { fill: none; stroke: var(--bad); stroke-width: 4; } .door.ahead { stroke-width: 2; }
.mark { stroke: var(--ink); stroke-width: 3; stroke-dasharray: 4 3; }
.plan { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.plan [aria-current] { color: var(--ink); font-weight: 600; }
.pairs { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; margin: 8px 0; font-size: 14px; }
.pairs dt { color: var(--soft); } .pairs dd { margin: 0; font-variant-numeric: tabular-nums; }
.narrow td:not(:last-child), .narrow th { overflow-wrap: normal; }
.tile { align-self: start; display: flex; flex-direction: column; gap: 6px; }
.tile h3 { display: flex; justify-content: space-between; gap: 8px; align-items: baseline; }
.tile p { margin: 0; font-size: 13px; }
.meter { width: 100%; height: 8px; border-radius: 4px; } .meter .full { fill: var(--bad); } .meter .enough { fill: var(--good); } .meter .some { fill: var(--bar); }
.course { width: 100%; height: 90px; } .course .band { fill: var(--bar); opacity: 0.22; } .course .candidate { fill: none; stroke: var(--bar); stroke-width: 2.5; }
.course .stable { fill: none; stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4; } .course .floor { stroke: var(--edge); }
.legend { font-size: 13px; color: var(--soft); }
.looks { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin: 8px 0; }
.looks input[type=range] { flex: 1 1 240px; min-height: 32px; accent-color: var(--bar); }
.looks select { flex: 0 1 180px; }
.steer form.order { align-items: stretch; } .steer button { width: 100%; }
.answer { border-top: 1px solid var(--line); padding-top: 8px; margin-top: 10px; }
.commands pre { font-size: 12px; }
td .state { white-space: nowrap; }
@media (max-width: 640px) { .timeline thead { position: absolute; left: -9999px; } .timeline tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
  .timeline td { display: block; border: 0; padding: 1px 12px; } }
`
