function cell(outcome, broken) {
  if (outcome === undefined) return broken ? 'FAILED' : '-';
  return `${outcome.problem === undefined ? 'ok' : 'FAILED'} ${(outcome.elapsedMs / 1000).toFixed(1)} s`;
}

/** One row for each client, one column for each scenario. */
export function table(rows, scenarios) {
  const lines = [
    ['', ...scenarios],
    ...rows.map(({ label, outcomes, broken }) => [label, ...scenarios.map((name) => cell(outcomes[name], broken))]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
