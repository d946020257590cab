/** Longer than any path of ours; it is stored while somebody signs in elsewhere. */
const LONGEST_CHARS = 2_000;
const HERE = 'http://here.invalid';

/** Only ever a path of our own, read as a browser reads it: browsers skip tabs and take `\\` for `/`. */
export function safePath(path: string | undefined): string {
  if (!path?.startsWith('/') || !URL.canParse(path, HERE)) return '/usage';
  const { origin, pathname, search, hash } = new URL(path, HERE);
  const read = pathname + search + hash;
  return origin === HERE && !pathname.startsWith('//') && read.length <= LONGEST_CHARS ? read : '/usage';
}
