/** Longer than any of ours; it is kept until somebody is back from where they sign in. */
const LONGEST_CHARS = 2_000;
const HERE = 'http://here.invalid';

/** Back to a path of ours, whatever was asked for: read as a browser reads it, which leaves out tabs and takes `\\` for `/`. */
export function safePath(path: string | undefined): string {
  if (!path?.startsWith('/') || !URL.canParse(path, HERE)) return '/usage';
  const { origin, pathname, search, hash } = new URL(path, HERE);
  const read = pathname + search + hash;
  return origin === HERE && !pathname.startsWith('//') && read.length <= LONGEST_CHARS ? read : '/usage';
}
