const HERE = 'http://here.invalid';

/** Back to a path of ours, whatever was asked for: read as a browser reads it, which leaves out tabs and takes `\\` for `/`. */
export function safePath(path: string | undefined): string {
  if (!path?.startsWith('/') || !URL.canParse(path, HERE)) return '/usage';
  const { origin, pathname, search, hash } = new URL(path, HERE);
  return origin === HERE && !pathname.startsWith('//') ? pathname + search + hash : '/usage';
}
