/** Each character may take three of the 2 MB. */
const MOST_CHARS = 500_000;

/**
 * Packs rows of JSON into as few arrays as possible, since D1 allows a hundred parameters, and 2 MB for each. A row is never cut.
 *
 * @param most What an array may have, as `sizeOf` measures its rows.
 */
export function jsonParameters(rows: Iterable<string>, most = MOST_CHARS, sizeOf = ({ length }: string): number => length): string[] {
  const arrays: string[] = [];
  let pieces: string[] = [];
  let packed = 0;
  for (const piece of rows) {
    const size = sizeOf(piece) + 1;
    if (pieces.length > 0 && packed + size > most) {
      arrays.push(`[${pieces.join(',')}]`);
      pieces = [];
      packed = 0;
    }
    pieces.push(piece);
    packed += size;
  }
  if (pieces.length > 0) arrays.push(`[${pieces.join(',')}]`);
  return arrays;
}
