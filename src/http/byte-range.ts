/** Parts of files by https://www.rfc-editor.org/rfc/rfc9110#section-14. Pure. */
export interface ByteRange {
  /** Both inclusive. */
  start: number;
  end: number;
}

/**
 * The one part that is asked for; undefined where the whole is to be sent: without a part, with several, and with what
 * is no part at all, as the RFC allows. `unsatisfiable` when it lies beyond the file.
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
