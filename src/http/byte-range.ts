/** Byte ranges of files: https://www.rfc-editor.org/rfc/rfc9110#section-14 */
export interface ByteRange {
  /** Both inclusive. */
  start: number;
  end: number;
}

/**
 * The single range that is asked for. Undefined when the whole file is to be sent: no range, several, or a malformed
 * one, as the RFC allows. `unsatisfiable` when the range lies beyond the file's end.
 */
export function readRange(header: string | null, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (!match || (from === '' && to === '')) return undefined;
  if (from === '') {
    const count = Number(to);
    return count === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - count), end: size - 1 };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Number(to);
  if (to !== '' && end < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) };
}
