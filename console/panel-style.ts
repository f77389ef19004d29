// What the sample's panel adds to the stylesheet of every page.
export const panelStyle = `
.panel { margin-top: 12px; }
.panel > div, .panel > details { border: 1px solid var(--line); border-radius: 10px; background: var(--card); padding: 6px 14px; margin: 0 0 8px; }
.panel ol { margin: 4px 0; padding-left: 22px; }
.panel .row { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; padding: 2px 0; }
.panel .row > :first-child { min-width: 150px; font-size: 13px; color: var(--soft); }
.panel form.order { margin: 2px 0; gap: 6px; }
.panel button { width: auto; min-height: 32px; padding: 3px 10px; font-size: 13px; }
.panel button[aria-pressed=true] { border: 2px solid var(--bar); color: var(--bar); }
.panel button[aria-pressed=true]::before { content: "\\2713 " / ""; }
`
