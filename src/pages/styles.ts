/**
 * One type scale, one spacing scale, few colours, light and dark. A file of its own, since the content policy allows no
 * inline styles. The series' colours are distinguishable with colour blindness, and by lightness alone.
 */
const TOKENS = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#faf9f6, #131417);
  --raised: light-dark(#ffffff, #1a1c20);
  --sunken: light-dark(#f1efe9, #212328);
  --line: light-dark(#e4e0d7, #2d3037);
  --edge: light-dark(#8d887d, #6e727d);
  --ink: light-dark(#1b1a17, #eceae5);
  --quiet: light-dark(#605c53, #a6a39c);
  --accent: light-dark(#0b5f4a, #6fd3b3);
  --accent-strong: light-dark(#084a39, #93e2c9);
  --on-accent: light-dark(#ffffff, #08251d);
  --wash: light-dark(#e6f1ec, #16302a);
  --alarm: light-dark(#a3261b, #ff9b8f);
  --alarm-wash: light-dark(#fbecea, #391d1b);
  --c0: light-dark(#0b5f4a, #6fd3b3);
  --c1: light-dark(#d98e2b, #f0b45c);
  --c2: light-dark(#3d6fb6, #7fb0f5);
  --c3: light-dark(#b4476b, #f08fb0);
  --c4: light-dark(#7d8c2e, #c2cf6b);
  --c5: light-dark(#6b5aa8, #b3a2f2);
  --c6: light-dark(#a9a498, #6a6e78);
  --s1: .25rem; --s2: .5rem; --s3: .75rem; --s4: 1rem; --s5: 1.5rem; --s6: 2.5rem; --s7: 4rem;
  --tiny: .75rem; --small: .8125rem; --body: .9375rem; --large: 1.125rem; --title: 1.625rem; --display: clamp(2.125rem, 5.4vw, 3.5rem);
  --radius: 8px;
  --page: 76rem;
  --gutter: clamp(var(--s4), 4vw, var(--s6));
  --sans: Inter, ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
`;

const BASE = `
*, ::before, ::after { box-sizing: border-box; }
html { font: var(--body)/1.55 var(--sans); background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; scroll-padding-top: var(--s5); }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; }
h1, h2, h3, h4, p, ul, ol, dl, dd, figure, table, fieldset, pre { margin: 0; padding: 0; }
fieldset { border: 0; min-width: 0; }
legend { padding: 0; }
h1 { font-size: var(--title); line-height: 1.2; letter-spacing: -.02em; font-weight: 620; text-wrap: balance; overflow-wrap: anywhere; }
h2, h3, h4 { overflow-wrap: anywhere; }
h2 { font-size: var(--large); line-height: 1.35; letter-spacing: -.01em; font-weight: 600; }
h3, h4 { font-size: var(--body); line-height: 1.4; font-weight: 600; }
p { text-wrap: pretty; overflow-wrap: break-word; }
ul, ol { padding-inline-start: 1.2em; }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: 1px; text-decoration-color: color-mix(in srgb, currentColor 40%, transparent); }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code, pre, kbd, .mono { font-family: var(--mono); font-size: .9em; font-variant-ligatures: none; }
p code, li code, td code { background: var(--sunken); border-radius: 4px; padding: .1em .3em; overflow-wrap: anywhere; }
time, .number, dd { font-variant-numeric: tabular-nums; }
time { white-space: nowrap; }
hr { border: 0; border-top: 1px solid var(--line); width: 100%; margin: 0; }
img, svg, video { max-width: 100%; }
[hidden] { display: none !important; }
.quiet { color: var(--quiet); }
.small { font-size: var(--small); }
.tiny { font-size: var(--tiny); }
.strong { font-weight: 600; }
.break { overflow-wrap: anywhere; }
.cut { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.narrow-only { display: none; }
.lines-4 { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.number { text-align: end; white-space: nowrap; }
.skip { position: absolute; left: -100vw; top: var(--s2); }
.skip:focus { left: var(--s2); background: var(--raised); border: 1px solid var(--line); border-radius: var(--radius); padding: var(--s2) var(--s4); z-index: 3; }
`;

const FRAME = `
.bar { border-bottom: 1px solid var(--line); background: var(--paper); }
.bar > div { max-width: var(--page); margin: 0 auto; padding: 0 var(--gutter); min-height: 3.5rem; display: flex; align-items: center; gap: var(--s5); }
.brand { display: inline-flex; align-items: center; gap: var(--s2); font-weight: 650; letter-spacing: -.02em; font-size: var(--large); color: var(--ink); text-decoration: none; }
.brand svg { width: 1.375rem; height: 1.375rem; color: var(--accent); flex: none; }
.bar nav { display: flex; gap: var(--s5); align-self: stretch; }
.bar nav a { color: var(--quiet); text-decoration: none; font-size: .875rem; display: inline-flex; align-items: center; min-height: 2.5rem; box-shadow: inset 0 0 transparent; }
.bar nav a:hover { color: var(--ink); }
.bar nav a[aria-current] { color: var(--ink); box-shadow: inset 0 -2px var(--accent); }
.bar .end { margin-inline-start: auto; display: flex; gap: var(--s4); align-items: center; font-size: .875rem; min-width: 0; }
.bar .end > span { color: var(--quiet); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 17rem; }
.bar .end > a:not(.button) { color: var(--ink); text-decoration: none; white-space: nowrap; display: inline-flex; align-items: center; min-height: 1.5rem; }
.bar .end button { white-space: nowrap; }
.bar .button { min-height: 2.125rem; padding-block: 0; font-size: .875rem; }
main { width: 100%; max-width: var(--page); margin: 0 auto; padding: var(--s6) var(--gutter) var(--s7); display: grid; gap: var(--s6); flex: 1; align-content: start; grid-template-columns: minmax(0, 1fr); }
main:focus { outline: none; }
main.narrow { max-width: calc(25rem + 2 * var(--gutter)); padding-top: var(--s7); gap: var(--s5); }
.frame { width: 100%; max-width: var(--page); margin: 0 auto; padding: 0 var(--gutter); display: grid; grid-template-columns: 12.5rem minmax(0, 1fr); gap: 0 var(--s6); flex: 1; }
.frame main { padding-inline: 0; max-width: none; }
.side { padding: var(--s6) 0 var(--s5); border-inline-end: 1px solid var(--line); padding-inline-end: var(--s5); }
.side > div { display: grid; gap: var(--s5); position: sticky; top: var(--s5); }
.side nav { display: grid; gap: 1px; }
.side nav a { color: var(--quiet); text-decoration: none; font-size: .875rem; padding: .375rem var(--s3); margin-inline: calc(-1 * var(--s3)); border-radius: 6px; }
.side nav a:hover { color: var(--ink); background: var(--sunken); }
.side nav a[aria-current=page] { color: var(--ink); background: var(--sunken); font-weight: 550; }
.menu { position: relative; }
.menu > summary { list-style: none; display: flex; align-items: center; justify-content: space-between; gap: var(--s2); cursor: pointer; border: 1px solid var(--line); border-radius: var(--radius); background: var(--raised); padding: var(--s2) var(--s3); font-size: .875rem; color: var(--ink); }
.menu > summary::-webkit-details-marker { display: none; }
.menu > summary::after { content: ""; flex: none; width: .4rem; height: .4rem; border: solid var(--quiet); border-width: 0 1.5px 1.5px 0; rotate: 45deg; translate: 0 -.15rem; }
.menu > summary > span { display: grid; min-width: 0; line-height: 1.35; }
.menu > summary > span > .strong { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.menu > :not(summary) { position: absolute; z-index: 2; inset-inline: 0; min-width: 14rem; top: calc(100% + var(--s1)); background: var(--raised); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: 0 8px 24px rgb(0 0 0 / .12); padding: var(--s1); }
.menu nav a { margin: 0; padding: var(--s2) var(--s3); overflow-wrap: anywhere; }
.foot { border-top: 1px solid var(--line); font-size: var(--small); }
.foot > div { max-width: var(--page); margin: 0 auto; padding: var(--s5) var(--gutter); display: flex; gap: var(--s3) var(--s6); flex-wrap: wrap; justify-content: space-between; align-items: baseline; color: var(--quiet); }
.foot nav { display: flex; gap: var(--s1) var(--s5); flex-wrap: wrap; }
.foot a { color: var(--quiet); text-decoration: none; padding: var(--s1) 0; }
.foot a:hover, .foot a[aria-current] { color: var(--ink); text-decoration: underline; }
`;

const LAYOUT = `
.stack { display: grid; gap: var(--s4); grid-template-columns: minmax(0, 1fr); align-content: start; }
.tight { display: grid; gap: var(--s2); grid-template-columns: minmax(0, 1fr); align-content: start; }
.loose { display: grid; gap: var(--s6); grid-template-columns: minmax(0, 1fr); align-content: start; }
ul.tight, ul.plain, ol.plain { padding: 0; list-style: none; }
.row { display: flex; gap: var(--s2) var(--s3); align-items: center; flex-wrap: wrap; }
.head { display: flex; justify-content: space-between; align-items: end; gap: var(--s3) var(--s5); flex-wrap: wrap; }
.head > * { min-width: 0; }
.prose { max-width: 40rem; }
.lead { max-width: 40rem; color: var(--quiet); font-size: var(--large); line-height: 1.5; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: var(--s5); align-items: start; }
.halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: var(--s4) var(--s5); align-items: start; }
.thirds { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: var(--s5); align-items: start; }
.panel .thirds { row-gap: var(--s4); }
.panel { background: var(--raised); border: 1px solid var(--line); border-radius: 10px; padding: var(--s5); }
.section { border-top: 1px solid var(--line); padding-top: var(--s5); display: grid; grid-template-columns: minmax(0, 15rem) minmax(0, 1fr); gap: var(--s4) var(--s6); }
.section > header { display: grid; gap: var(--s1); align-content: start; }
.section > header p { color: var(--quiet); font-size: var(--small); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: var(--s4) var(--s5); }
.figures > div { display: grid; grid-row: span 2; grid-template-rows: subgrid; row-gap: 0; }
.figures dt { color: var(--quiet); font-size: var(--small); }
.figures dd { font-size: var(--title); line-height: 1.25; letter-spacing: -.02em; font-weight: 500; overflow-wrap: anywhere; }
.figures dd small { font-size: var(--small); letter-spacing: 0; color: var(--quiet); font-weight: 400; display: block; line-height: 1.5; }
.figures.panel > div + div { border-inline-start: 1px solid var(--line); padding-inline-start: var(--s5); }
.facts { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: var(--s2) var(--s5); font-size: var(--small); }
.facts dt { color: var(--quiet); }
.facts dd { overflow-wrap: anywhere; }
.notice { border-inline-start: 3px solid var(--accent); border-radius: 0 var(--radius) var(--radius) 0; padding: var(--s3) var(--s4); background: var(--wash); overflow-wrap: anywhere; }
.notice.bad { border-color: var(--alarm); background: var(--alarm-wash); color: var(--alarm); }
.empty { border: 1px dashed var(--line); border-radius: 10px; padding: var(--s6) var(--s5); display: grid; gap: var(--s3); justify-items: start; }
.empty p:not(.strong) { max-width: 34rem; color: var(--quiet); }
.tag { border: 1px solid var(--line); border-radius: 99px; padding: .05rem var(--s2); font-size: var(--tiny); line-height: 1.5; white-space: nowrap; color: var(--quiet); display: inline-block; }
.tag.good { color: var(--accent); border-color: transparent; background: var(--wash); }
.tag.bad { color: var(--alarm); border-color: transparent; background: var(--alarm-wash); }
.chips { display: flex; gap: var(--s2); flex-wrap: wrap; }
.chips a { border: 1px solid var(--line); border-radius: 99px; padding: .2rem var(--s3); font-size: var(--small); color: var(--quiet); text-decoration: none; background: var(--raised); }
.chips a:hover { color: var(--ink); border-color: var(--edge); }
.chips a[aria-current] { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
.tabs { display: flex; gap: var(--s5); border-bottom: 1px solid var(--line); overflow-x: auto; }
.tabs a { color: var(--quiet); text-decoration: none; padding: var(--s2) 0 calc(var(--s2) + 1px); white-space: nowrap; }
.tabs a:hover { color: var(--ink); }
.tabs a[aria-current] { color: var(--ink); box-shadow: inset 0 -2px var(--accent); }
.tabs a:focus-visible { outline-offset: -2px; }
.dot { display: inline-block; width: .5rem; height: .5rem; border-radius: 50%; margin-inline-end: var(--s2); background: var(--edge); flex: none; }
.dot.working { background: var(--accent); }
.dot.failing, .dot.paused, .dot.shut { background: var(--alarm); border-radius: 1px; }
.lines { padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
.lines > li { padding: var(--s3) var(--s4); display: flex; gap: var(--s2) var(--s4); align-items: center; flex-wrap: wrap; justify-content: space-between; }
.lines > li + li { border-top: 1px solid var(--line); }
.lines > li > :first-child { flex: 1 1 14rem; min-width: 0; overflow-wrap: anywhere; }
details > summary { cursor: pointer; }
details:not(.menu) > summary { color: var(--accent); width: fit-content; padding: var(--s1) 0; }
details[open]:not(.menu) > summary { margin-bottom: var(--s3); }
`;

const FORMS = `
form { display: grid; gap: var(--s4); grid-template-columns: minmax(0, 1fr); }
form.inline { display: inline-flex; }
form.row { display: flex; }
form.ends { align-items: end; flex-wrap: nowrap; }
form.ends > label { flex: 1; }
.filter { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); align-items: end; gap: var(--s3); }
.filter > details[open] { grid-column: 1 / -1; }
.filter summary { min-height: 2.375rem; align-content: center; }
form.filter > :is(button, .button) { justify-self: start; min-width: 7rem; }
label .step { color: var(--ink); font-size: var(--body); }
label, .label { display: grid; gap: var(--s1); font-size: var(--small); color: var(--quiet); align-content: start; }
label.check { display: flex; gap: var(--s2); align-items: center; color: var(--ink); font-size: .875rem; min-height: 1.75rem; }
label small, .hint { font-size: var(--tiny); color: var(--quiet); }
input, select, textarea { font: inherit; font-size: .875rem; color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 6px; padding: .375rem var(--s3); min-height: 2.375rem; width: 100%; min-width: 0; }
.panel input, .panel select, .panel textarea { background: var(--paper); }
[aria-invalid=true] { border-color: var(--alarm); }
form > p:empty { position: absolute; }
form > .notice { font-size: var(--small); flex: 1 0 100%; }
.key form.ends { flex-wrap: wrap; }
input::placeholder, textarea::placeholder { color: var(--quiet); opacity: .8; }
input:focus-visible, select:focus-visible, textarea:focus-visible { outline-offset: 0; border-color: var(--accent); }
[aria-invalid=true]:focus-visible { outline-color: var(--alarm); border-color: var(--alarm); }
input[type=checkbox], input[type=radio] { width: 1rem; min-height: 1rem; height: 1rem; accent-color: var(--accent); padding: 0; flex: none; margin: 0; }
input[type=file] { padding-inline-start: .375rem; }
input::file-selector-button { font: inherit; font-size: var(--small); color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 4px; padding: .125rem var(--s2); margin-inline-end: var(--s2); cursor: pointer; }
input::-webkit-datetime-edit { padding-block: 0; line-height: 1; }
input::-webkit-calendar-picker-indicator { padding-block: 0; }
select[multiple] { min-height: 6.5rem; }
textarea { min-height: 7rem; resize: vertical; line-height: 1.5; }
button, .button { font: inherit; font-size: .875rem; font-weight: 550; line-height: 1.3; min-height: 2.375rem; padding: .375rem var(--s4); border-radius: 6px; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; justify-content: center; white-space: nowrap; }
button:hover, .button:hover { background: var(--accent-strong); border-color: var(--accent-strong); }
main.narrow button { white-space: normal; overflow-wrap: anywhere; }
button:disabled { opacity: .55; cursor: default; }
button[aria-busy=true] { opacity: .65; cursor: progress; }
button.plain, .button.plain { background: var(--raised); color: var(--ink); border-color: var(--edge); }
button.plain:hover, .button.plain:hover { background: var(--sunken); border-color: var(--edge); }
button.danger { background: transparent; color: var(--alarm); border-color: var(--alarm); }
button.danger:hover { background: var(--alarm-wash); border-color: var(--alarm); }
button.link { white-space: normal; text-align: start; border: 0; background: none; color: var(--accent); padding: 0; min-height: 1.5rem; text-decoration: underline; text-underline-offset: .2em; text-decoration-thickness: 1px; font-weight: 400; }
button.link.quiet { color: var(--quiet); text-decoration: none; }
button.link.quiet:hover { color: var(--ink); text-decoration: underline; }
button.link.danger { color: var(--alarm); }
.or { display: flex; align-items: center; gap: var(--s3); color: var(--quiet); font-size: var(--small); }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
`;

const DATA = `
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
table { border-collapse: collapse; width: 100%; font-size: var(--small); }
th, td { text-align: start; padding: var(--s3) var(--s4); border-bottom: 1px solid var(--line); vertical-align: top; }
th.number, td.number { text-align: end; }
th { font-weight: 500; color: var(--quiet); }
thead th { white-space: nowrap; font-size: var(--tiny); padding-block: var(--s2); background: color-mix(in srgb, var(--sunken) 45%, var(--raised)); }
tbody th { color: var(--ink); }
tr:last-child > * { border-bottom: 0; }
thead tr:last-child > * { border-bottom: 1px solid var(--line); }
tfoot > tr:first-child > * { border-top: 1px solid var(--line); }
tfoot th, tfoot td { font-weight: 600; color: var(--ink); }
tbody tr:hover > * { background: color-mix(in srgb, var(--sunken) 45%, transparent); }
tr.gap > * { background: color-mix(in srgb, var(--sunken) 45%, transparent); font-size: var(--tiny); color: var(--quiet); padding-block: var(--s2); }
.bare { border: 0; }
.bare th, .bare td { padding-inline: 0; }
.bare tbody tr:hover > * { background: none; }
td.who { min-width: 8.75rem; overflow-wrap: anywhere; }
td.act { min-width: 9.5rem; overflow-wrap: anywhere; }
th.what { width: 30%; min-width: 8rem; overflow-wrap: break-word; }
td.what { min-width: 8rem; overflow-wrap: anywhere; }
td > .row { align-items: baseline; }
td button.link { font-size: inherit; }
td small, th small { display: block; font-size: var(--tiny); color: var(--quiet); font-weight: 400; }
.name { text-decoration: none; font-weight: 550; color: var(--ink); }
.name:hover { text-decoration: underline; }
.chart { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 var(--s3); }
.chart svg { width: 100%; height: 13rem; display: block; overflow: visible; }
.chart line { stroke: var(--line); vector-effect: non-scaling-stroke; }
.chart .ticks { display: flex; flex-direction: column; justify-content: space-between; text-align: end; margin-block: -.55em; }
.chart .ticks, .chart .dates { font-size: var(--tiny); line-height: 1.1; color: var(--quiet); font-variant-numeric: tabular-nums; }
.chart .dates { grid-column: 2; display: flex; justify-content: space-between; padding-top: var(--s2); }
.span:hover .hover { fill: var(--sunken); }
.span .hover { fill: transparent; }
.legend { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); font-size: var(--small); padding: 0; list-style: none; overflow-wrap: anywhere; }
.legend svg, .swatch { width: .625rem; height: .625rem; display: inline-block; margin-inline-end: .4em; border-radius: 2px; flex: none; }
.meter { width: 100%; height: .25rem; display: block; border-radius: 2px; background: var(--sunken); margin-top: var(--s2); }
.f0 { fill: var(--c0); } .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); } .f4 { fill: var(--c4); } .f5 { fill: var(--c5); } .f6 { fill: var(--c6); }
.fbad { fill: var(--alarm); }
.code { background: var(--raised); border: 1px solid var(--line); border-radius: var(--radius); overflow: hidden; min-width: 0; }
.code > header { display: flex; align-items: center; justify-content: space-between; gap: var(--s3); padding: 0 var(--s2) 0 var(--s4); min-height: 2.25rem; border-bottom: 1px solid var(--line); background: color-mix(in srgb, var(--sunken) 45%, transparent); font-size: var(--tiny); color: var(--quiet); }
.code > header button { min-height: 1.625rem; padding: 0 var(--s2); font-size: var(--tiny); font-weight: 500; color: var(--quiet); border-color: transparent; background: none; }
.code > header button:hover { color: var(--ink); background: var(--sunken); }
.code > figure { overflow-x: auto; }
.code > figure:focus-visible { outline-offset: -2px; border-radius: 0 0 var(--radius) var(--radius); }
.code pre { padding: var(--s3) var(--s4); font-size: var(--small); line-height: 1.65; width: max-content; min-width: 100%; }
.code code { font-size: 1em; }
.code.wrap pre { width: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.code .secret { color: var(--accent); }
`;

const PAGES = `
.hero { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: var(--s6); align-items: center; padding: var(--s6) 0 var(--s5); }
.hero h1 { font-size: var(--display); letter-spacing: -.04em; line-height: 1.04; }
.hero p { font-size: var(--large); line-height: 1.5; color: var(--quiet); max-width: 32rem; }
.points { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: var(--s5) var(--s6); }
.points > div { border-top: 2px solid var(--ink); padding-top: var(--s3); display: grid; gap: var(--s1); align-content: start; }
.points p { font-size: .875rem; color: var(--quiet); }
.sides { display: grid; gap: var(--s6); grid-template-columns: 12.5rem minmax(0, 1fr); }
.sides > nav { position: sticky; top: var(--s5); align-self: start; display: grid; font-size: .875rem; max-height: calc(100vh - 2 * var(--s5)); overflow-y: auto; }
.sides > nav a { color: var(--quiet); text-decoration: none; padding: .2rem 0; }
.sides > nav a:hover, .sides > nav a[aria-current] { color: var(--ink); }
.sides > nav .strong { font-size: var(--small); padding: var(--s3) 0 var(--s1); }
.sides > nav .strong:first-child { padding-top: 0; }
.sides section { scroll-margin-top: var(--s5); }
.operation { border-top: 1px solid var(--line); padding-top: var(--s4); }
.verb { font-family: var(--mono); font-size: var(--tiny); font-weight: 600; color: var(--accent); min-width: 3.5rem; display: inline-block; }
.verb.delete { color: var(--alarm); }
.path { font-family: var(--mono); font-size: var(--small); overflow-wrap: anywhere; font-weight: 500; }
.bench { gap: var(--s5); align-items: start; grid-template-columns: minmax(0, 4fr) minmax(0, 7fr); }
.result { display: flex; flex-direction: column; gap: var(--s4); }
.result textarea { min-height: 5rem; }
.result .head { align-items: center; }
.turns { max-height: 65vh; min-height: 11rem; overflow-y: auto; }
.turns:focus-visible { outline-offset: 2px; }
.turns img, .turns video { border-radius: var(--radius); display: block; max-height: 46vh; }
.turns video, .turns audio { width: 100%; }
#output { display: grid; gap: var(--s5); padding: 0; list-style: none; grid-template-columns: minmax(0, 1fr); }
#output:empty::before { content: attr(data-empty); color: var(--quiet); max-width: 34rem; }
.turn { display: grid; gap: var(--s3); grid-template-columns: minmax(0, 1fr); }
.turn .asked { justify-self: end; max-width: 85%; padding: var(--s2) var(--s3); border-radius: 10px; background: var(--sunken); font-size: .875rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.turn :is(.asked, .answer), textarea { unicode-bidi: plaintext; }
.turn .answer { white-space: pre-wrap; overflow-wrap: anywhere; }
.turn .came { display: grid; gap: var(--s3); grid-template-columns: minmax(0, 1fr); }
.turn footer { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s3); align-items: baseline; font-size: var(--tiny); color: var(--quiet); overflow-wrap: anywhere; }
.turn footer > :empty { display: none; }
.turn footer .bad { color: var(--alarm); font-size: var(--small); flex: 1 1 100%; }
.turn footer button { font-size: inherit; min-height: 1.25rem; }
#run-cost { margin-inline-start: auto; }
#run-status { overflow-wrap: anywhere; }
#run-status.bad { color: var(--alarm); }
progress { width: 100%; height: .25rem; accent-color: var(--accent); display: block; }
.scan { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: var(--s4) var(--s5); align-items: center; }
.qr { display: block; width: 100%; max-width: 14rem; border-radius: var(--radius); outline: 1px solid var(--line); }
.choice { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 0 var(--s4); }
.key { position: relative; padding: var(--s4); display: grid; grid-template-columns: minmax(0, 1.35fr) minmax(0, .85fr) minmax(0, 1.65fr) 14rem; gap: var(--s2) var(--s4); align-items: start; }
.key.deployment { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) 10.5rem; }
.deployment > .all { grid-column: 1 / -1; }
.keys { padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
.keys > li + li { border-top: 1px solid var(--line); }
.key details[open] > form { position: absolute; z-index: 1; inset: calc(100% - var(--s2)) var(--s4) auto; background: var(--raised); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: 0 8px 24px rgb(0 0 0 / .12); padding: var(--s3) var(--s4); }
.key summary { list-style: none; font-size: .875rem; line-height: 1.3; padding: 0; min-height: 1.5rem; display: flex; align-items: center; text-decoration: underline; text-underline-offset: .2em; text-decoration-thickness: 1px; }
.key summary::-webkit-details-marker { display: none; }
.key details[open] > summary { margin-bottom: 0; }
.key > .row { justify-content: flex-end; }
.keys .off { color: var(--quiet); }
.key .facts { grid-template-columns: max-content minmax(0, 1fr); gap: var(--s1) var(--s4); }
`;

const WIDTHS = `
@media (max-width: 70rem) {
  .key, .key.deployment { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .key > .row { justify-content: flex-start; grid-column: 1 / -1; }
  .key .facts:empty { display: none; }
}
@media (max-width: 60rem) {
  .frame { display: block; padding: 0; }
  .frame main { padding-inline: var(--gutter); padding-top: var(--s5); }
  .side { padding: var(--s3) var(--gutter) 0; border: 0; border-bottom: 1px solid var(--line); }
  .side > div { position: static; gap: var(--s2); display: flex; flex-wrap: wrap; align-items: center; }
  .side .menu { flex: 1 1 100%; max-width: 24rem; }
  .side .strip { display: flex; flex-wrap: wrap; gap: 0 var(--s4); flex: 1 1 100%; }
  .side .strip nav { display: contents; }
  .side .strip nav a { margin: 0; padding: var(--s2) 0; border-radius: 0; white-space: nowrap; min-height: 2.5rem; display: inline-flex; align-items: center; }
  .side .strip nav a:hover, .side .strip nav a[aria-current=page] { background: none; }
  .side .strip nav a[aria-current=page] { box-shadow: inset 0 -2px var(--accent); }
  .side .strip a:focus-visible { outline-offset: -2px; }
  .hero, .bench { grid-template-columns: minmax(0, 1fr); }
  .section { grid-template-columns: minmax(0, 1fr); }
  .sides { grid-template-columns: minmax(0, 1fr); gap: var(--s5); }
  .sides > nav { position: static; max-height: none; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 0 var(--s4); border-bottom: 1px solid var(--line); padding-bottom: var(--s4); }
  .sides > nav .strong { grid-column: 1 / -1; }
}
@media (max-width: 40rem) {
  .bar > div { flex-wrap: wrap; gap: 0 var(--s4); padding-top: var(--s2); }
  .bar nav { order: 3; flex: 1 1 100%; gap: var(--s4); overflow-x: auto; justify-content: flex-start; }
  .bar .end { flex: 1 1 0; justify-content: flex-end; gap: var(--s3); }
  .wide-only { display: none; }
  .narrow-only { display: inline; }
  td time { white-space: normal; }
  td:has(> time, > a > time) { min-width: 6.5rem; }
  td small.narrow-only, th small.narrow-only { display: block; }
  td.break, td.act { width: 100%; min-width: 0; }
  main { gap: var(--s5); padding-block: var(--s5) var(--s6); }
  main.narrow { padding-top: var(--s6); }
  .loose { gap: var(--s5); }
  th, td { padding: var(--s3); }
  thead th, thead th.number { white-space: normal; vertical-align: bottom; }
  .hero { padding-block: var(--s4) 0; }
  .panel { padding: var(--s4); }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .figures.panel > div + div { border: 0; padding: 0; }
  .figures dd { font-size: 1.375rem; }
  .chart svg { height: 10rem; }
  .key, .key.deployment { grid-template-columns: minmax(0, 1fr); }
  .scan { grid-template-columns: minmax(0, 1fr); }
  .turns { min-height: 8rem; }
  .filter { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  form.filter > .all { grid-column: 1 / -1; }
  input, select, textarea { font-size: 1rem; }
  .foot > div { flex-direction: column; }
}
@media screen and (min-width: 75rem) {
  .scroll.long { overflow: visible; }
  .long thead th { position: sticky; top: 0; z-index: 1; box-shadow: inset 0 -1px var(--line); }
  .long td > .row { flex-wrap: nowrap; }
  .long a { scroll-margin-top: var(--s5); }
  .long thead th:first-child { border-start-start-radius: 9px; }
  .long thead th:last-child { border-start-end-radius: 9px; }
  .long tbody tr:last-child > :first-child { border-end-start-radius: 9px; }
  .long tbody tr:last-child > :last-child { border-end-end-radius: 9px; }
}
@media (min-width: 60.01rem) { .side .strip { display: grid; gap: var(--s5); } }
@media (prefers-reduced-motion: no-preference) {
  a, button, summary { transition: color .12s, border-color .12s, background-color .12s; }
}
@media (forced-colors: active) { .chart rect, .meter rect, .legend rect { forced-color-adjust: none; } .dot { forced-color-adjust: none; } }
@media print {
  :root { color-scheme: light; --paper: #fff; --raised: #fff; --sunken: #fff; }
  .bar nav, .bar .end, .side, .foot nav, form, button, .button, summary, .chips a:not([aria-current]), .no-print, .skip { display: none !important; }
  .frame { display: block; padding: 0; }
  main { padding: var(--s5) 0; }
  a { color: inherit; text-decoration: none; }
  .scroll, .code > figure { overflow: visible; }
  .scroll { border-radius: 0; }
  .stack:not(:has(> :not(form))) { display: none; }
  .code pre { width: auto; }
  .code pre { white-space: pre-wrap; }
  section, tr, figure { break-inside: avoid; }
}
`;

export const STYLES = [TOKENS, BASE, FRAME, LAYOUT, FORMS, DATA, PAGES, WIDTHS].join('');
