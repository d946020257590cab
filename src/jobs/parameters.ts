/** Each character may take three bytes. */
const MAX_PARAMETER_CHARS = 500_000;

/** Packs rows of JSON into as few arrays as possible; D1 takes parameters of 2 MB. */
export function parameters(rows: readonly string[]): string[] {
  const arrays: string[] = [];
  let pieces: string[] = [];
  let chars = 0;
  for (const piece of rows) {
    if (pieces.length > 0 && chars + piece.length > MAX_PARAMETER_CHARS) {
      arrays.push(`[${pieces.join(',')}]`);
      pieces = [];
      chars = 0;
    }
    pieces.push(piece);
    chars += piece.length;
  }
  if (pieces.length > 0) arrays.push(`[${pieces.join(',')}]`);
  return arrays;
}
