/** How many letters are to be changed, put in or left out: https://en.wikipedia.org/wiki/Levenshtein_distance */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** The names that may have been meant: those that begin like it, hold it, or are nearly it; the nearest first. */
export function similar(word: string, names: readonly string[], most = 3): string[] {
  const wanted = word.toLowerCase();
  const near = names
    .map((name) => ({ name, steps: distance(wanted, name.toLowerCase()) - (name.toLowerCase().includes(wanted) ? name.length : 0) }))
    .filter(({ steps }) => steps <= Math.max(2, Math.floor(wanted.length / 3)));
  return near
    .sort((a, b) => a.steps - b.steps)
    .slice(0, most)
    .map(({ name }) => name);
}
