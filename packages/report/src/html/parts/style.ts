/** The style of the page: it is light or dark as the reader's system is, and has one column on a phone. */
export const style = `
:root { color-scheme: light dark; --text: #1b1b1f; --dim: #5a5a66; --page: #fff; --card: #f4f4f7; --line: #d5d5de; --accent: #2456c9; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8e8ee; --dim: #a5a5b3; --page: #131316; --card: #1e1e24; --line: #3a3a45; --accent: #8fb0ff; }
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); background: var(--page); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { margin: 0; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 0 0 .75rem; font-size: 1.2rem; }
h3 { margin: 1rem 0 .25rem; font-size: 1rem; }
h4 { margin: .75rem 0 .25rem; font-size: .9rem; }
p { margin: .25rem 0; color: var(--dim); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin-top: .75rem; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; }
section { background: var(--card); border-radius: .5rem; padding: 1rem; margin: 0 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.number, th.number { text-align: right; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; min-width: 0; }
figure svg { max-width: 100%; height: auto; display: block; }
figcaption { color: var(--dim); font-size: .9rem; }
.findings { margin: 0 0 .75rem; padding-left: 1.1rem; }
.finding { color: var(--text); }
.key { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .5rem 1rem; margin: .75rem 0; }
.key dt { color: var(--dim); font-size: .9rem; }
.key dd { margin: 0; font-size: 1.3rem; line-height: 1.3; overflow-wrap: anywhere; }
.key small { display: block; color: var(--dim); font-size: .8rem; }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(5rem, 1fr)); gap: .5rem; padding: 0; list-style: none; font-size: .8rem; }
.examples img { width: 4.5rem; height: 4.5rem; object-fit: contain; image-rendering: pixelated; display: block; background: #000; }
.wrong { color: #c00000; }
@media (prefers-color-scheme: dark) { .wrong { color: #ff8a80; } }
pre { overflow-x: auto; font-size: .85rem; margin: .5rem 0; }
summary { cursor: pointer; }
@media print { section { break-inside: avoid; } }
`
