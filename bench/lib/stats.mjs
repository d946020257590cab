export const median = (list) => {
  const s = [...list].sort((a, b) => a - b);
  return s.length ? (s[(s.length - 1) >> 1] + s[s.length >> 1]) / 2 : Number.NaN;
};

export const round = (x) => (Number.isFinite(x) ? x.toFixed(Math.abs(x) >= 100 ? 0 : Math.abs(x) >= 10 ? 1 : 2) : '–');

/** The median, with the range if there is one. */
export function spread(list) {
  const numbers = list.filter(Number.isFinite);
  if (numbers.length < 2) return round(median(numbers));
  return `${round(median(numbers))} (${round(Math.min(...numbers))}–${round(Math.max(...numbers))})`;
}

/** A Markdown table with aligned columns. */
export function table(head, rows) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((row) => [...row[i]].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell + ' '.repeat(widths[i] - [...cell].length)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

export const perRequest = (r) => (r.cpu_us === null ? Number.NaN : r.cpu_us / r.load.done);
export const perEvent = (r) => (r.cpu_us === null ? Number.NaN : r.cpu_us / r.load.events);

/** Applies `how` to the runs of a and b in each repetition that has both; a and b are [scenario, target]. */
export function paired(runs, a, b, how) {
  const of = ([scenario, target]) => runs.filter((r) => r.scenario === scenario && r.target === target);
  return of(a).flatMap((r) =>
    of(b)
      .filter((x) => x.rep === r.rep)
      .map((x) => how(r, x)),
  );
}
