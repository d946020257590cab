/** One type scale, one spacing scale, six colours, light and dark. Served as a file of its own, so that the CSP allows no inline style. */
export const STYLES = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfaf7, #14151a);
  --raised: light-dark(#ffffff, #1b1d24);
  --line: light-dark(#e3dfd6, #30333d);
  --ink: light-dark(#1c1b19, #eceae4);
  --quiet: light-dark(#625e55, #a3a09a);
  --accent: light-dark(#0b5f4a, #6fd3b3);
  --on-accent: light-dark(#ffffff, #08251d);
  --alarm: light-dark(#a3261b, #ff9b8f);
  --s1: .25rem; --s2: .5rem; --s3: .75rem; --s4: 1rem; --s5: 1.5rem; --s6: 2.5rem; --s7: 4rem;
  --small: .8125rem; --body: .9375rem; --large: 1.1875rem; --title: 1.75rem; --display: clamp(2.25rem, 6vw, 3.5rem);
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace;
}
*, ::before, ::after { box-sizing: border-box; }
html { font: var(--body)/1.55 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif; background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
h1, h2, h3, p, ul, ol, dl, dd, figure, table, fieldset { margin: 0; padding: 0; }
h1 { font-size: var(--title); line-height: 1.2; letter-spacing: -.015em; font-weight: 600; text-wrap: balance; }
h2 { font-size: var(--large); line-height: 1.3; font-weight: 600; }
code, pre, .mono { font-family: var(--mono); font-size: .92em; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: var(--s4); overflow-x: auto; margin: 0; }
.skip { position: absolute; left: -100vw; } .skip:focus { left: var(--s4); top: var(--s4); background: var(--raised); padding: var(--s2) var(--s4); z-index: 2; }
.bar { display: flex; align-items: center; gap: var(--s5); padding: var(--s4) clamp(var(--s4), 4vw, var(--s6)); border-bottom: 1px solid var(--line); flex-wrap: wrap; }
.brand { font-weight: 650; letter-spacing: -.02em; font-size: var(--large); color: var(--ink); text-decoration: none; }
.bar nav { display: flex; gap: var(--s4); flex-wrap: wrap; }
.bar nav a { color: var(--quiet); text-decoration: none; padding: var(--s1) 0; border-bottom: 2px solid transparent; }
.bar nav a:hover { color: var(--ink); } .bar nav a[aria-current] { color: var(--ink); border-color: var(--accent); }
.bar .end { margin-inline-start: auto; display: flex; gap: var(--s4); align-items: center; color: var(--quiet); font-size: var(--small); flex-wrap: wrap; }
main { max-width: 72rem; margin: 0 auto; padding: var(--s6) clamp(var(--s4), 4vw, var(--s6)) var(--s7); display: grid; gap: var(--s6); }
main.narrow { max-width: 27rem; padding-top: var(--s7); gap: var(--s5); }
.head { display: flex; justify-content: space-between; align-items: end; gap: var(--s4); flex-wrap: wrap; }
.stack { display: grid; gap: var(--s4); } .tight { display: grid; gap: var(--s2); } .row { display: flex; gap: var(--s3); align-items: center; flex-wrap: wrap; }
.quiet { color: var(--quiet); } .small { font-size: var(--small); } .number { font-variant-numeric: tabular-nums; text-align: end; white-space: nowrap; }
.panel { background: var(--raised); border: 1px solid var(--line); border-radius: 10px; padding: var(--s5); }
.notice { border-inline-start: 3px solid var(--accent); padding: var(--s3) var(--s4); background: var(--raised); overflow-wrap: anywhere; }
.notice.bad { border-color: var(--alarm); color: var(--alarm); }
form { display: grid; gap: var(--s4); } form.inline { display: inline; }
form.filter { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); align-items: end; gap: var(--s3); }
label { display: grid; gap: var(--s1); font-size: var(--small); color: var(--quiet); }
label.check { display: flex; gap: var(--s2); align-items: center; }
input, select, textarea { font: inherit; font-size: var(--body); color: var(--ink); background: var(--paper); border: 1px solid light-dark(#8d887d, #6c707d); border-radius: 6px; padding: var(--s2) var(--s3); min-height: 2.5rem; width: 100%; }
input[type=checkbox] { width: 1.1rem; min-height: 1.1rem; accent-color: var(--accent); }
button, .button { font: inherit; font-weight: 550; min-height: 2.5rem; padding: var(--s2) var(--s4); border-radius: 6px; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; justify-content: center; }
button.plain, .button.plain { background: transparent; color: var(--ink); border-color: light-dark(#8d887d, #6c707d); }
button.link { border: 0; background: none; color: var(--accent); padding: 0; min-height: 1.5rem; text-decoration: underline; text-underline-offset: .2em; font-weight: 400; }
button.link.danger { color: var(--alarm); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
table { border-collapse: collapse; width: 100%; font-size: var(--small); }
th, td { text-align: start; padding: var(--s3) var(--s4); border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child > * { border-bottom: 0; } thead tr:last-child > * { border-bottom: 1px solid var(--line); } th { font-weight: 500; color: var(--quiet); white-space: nowrap; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: var(--s5); }
.figures dt { color: var(--quiet); font-size: var(--small); } .figures dd { font-size: var(--title); font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: var(--s5); align-items: start; }
.tag { border: 1px solid var(--line); border-radius: 99px; padding: 0 var(--s2); font-size: var(--small); white-space: nowrap; } .tag.bad { color: var(--alarm); border-color: currentColor; } .tag.good { color: var(--accent); border-color: currentColor; }
.chart { overflow: visible; width: 100%; height: auto; display: block; } .chart rect { fill: var(--accent); } .chart text { fill: var(--quiet); font-size: 11px; } .chart line { stroke: var(--line); }
details > summary { cursor: pointer; color: var(--accent); }
.hero { display: grid; gap: var(--s5); padding: var(--s6) 0; max-width: 46rem; } .hero h1 { font-size: var(--display); letter-spacing: -.035em; line-height: 1.05; } .hero p { font-size: var(--large); color: var(--quiet); }
.bar.second { padding-block: var(--s2); font-size: var(--small); background: var(--raised); }
footer { border-top: 1px solid var(--line); padding: var(--s5) clamp(var(--s4), 4vw, var(--s6)); font-size: var(--small); }
footer nav { display: flex; gap: var(--s2) var(--s5); flex-wrap: wrap; max-width: calc(72rem - 2 * clamp(var(--s4), 4vw, var(--s6))); margin: 0 auto; } footer a { color: var(--quiet); padding: var(--s1) 0; } footer a:hover, footer a[aria-current] { color: var(--ink); }
body { display: flex; flex-direction: column; } main { flex: 1; width: 100%; align-content: start; grid-template-columns: minmax(0, 1fr); }
.code { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; } .code pre { background: none; border: 0; overflow: visible; width: max-content; min-width: 100%; font-size: var(--small); line-height: 1.6; }
h3 { font-size: var(--body); font-weight: 600; }
.stack, .tight, form { grid-template-columns: minmax(0, 1fr); } ul, ol { padding-inline-start: 1.2em; } ul.tight { padding: 0; list-style: none; }
.lead { max-width: 42rem; color: var(--quiet); font-size: var(--large); line-height: 1.45; } .prose { max-width: 42rem; } .chapters { gap: var(--s6); }
.sides { display: grid; gap: var(--s6); grid-template-columns: minmax(0, 1fr); } .sides > nav { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); font-size: var(--small); align-self: start; }
.sides > nav a { color: var(--quiet); text-decoration: none; padding: var(--s1) 0; } .sides > nav a:hover { color: var(--ink); } .sides section { scroll-margin-top: var(--s5); }
@media (min-width: 56rem) { .sides { grid-template-columns: 11rem minmax(0, 1fr); } .sides > nav { position: sticky; top: var(--s5); display: grid; } .bench { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); } }
.tabs { display: flex; gap: var(--s5); border-bottom: 1px solid var(--line); } .tabs a { color: var(--quiet); text-decoration: none; padding: var(--s2) 0; margin-bottom: -1px; border-bottom: 2px solid transparent; } .tabs a[aria-current] { color: var(--ink); border-color: var(--accent); }
.bench { display: grid; gap: var(--s5); align-items: start; } textarea { min-height: 8rem; resize: vertical; line-height: 1.5; }
.result { min-height: 16rem; display: grid; align-content: start; gap: var(--s4); } .result img, .result video { max-width: 100%; border-radius: 8px; display: block; } .result .answer { white-space: pre-wrap; overflow-wrap: anywhere; } .result footer { all: unset; display: flex; justify-content: space-between; gap: var(--s4); flex-wrap: wrap; font-size: var(--small); color: var(--quiet); }
#output { display: grid; gap: var(--s3); } #output:empty::before { content: "What comes back is shown here."; color: var(--quiet); } #run-status { overflow-wrap: anywhere; } #run-status.bad { color: var(--alarm); } progress { width: 100%; height: .375rem; accent-color: var(--accent); }
.dot { display: inline-block; width: .625rem; height: .625rem; border-radius: 50%; margin-inline-end: var(--s2); background: var(--quiet); } .dot.working { background: var(--accent); } .dot.failing, .dot.paused { background: var(--alarm); }
time { white-space: nowrap; } .panel > label { max-width: 28rem; } .bench .panel > label { max-width: none; } table.wide { min-width: 60rem; }
@media (max-width: 40rem) { .bar { gap: var(--s2) var(--s4); } .bar nav, .bar .end { gap: var(--s3); } .bar .end > span { display: none; } .chart text { font-size: 24px; } }
[hidden] { display: none !important; }
@media (prefers-reduced-motion: no-preference) { a, button { transition: color .12s, border-color .12s, background .12s; } }
`;
