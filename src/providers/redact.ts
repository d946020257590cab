const MARK = '[redacted]';

/** What looks like a credential: patterns, each with its replacement. */
const LOOKS_SECRET: readonly (readonly [RegExp, string])[] = [
  // https://user:password@host
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@"'<>]+@/gi, `$1${MARK}@`],
  [/\b(Bearer)\s+[A-Za-z0-9._~+/=*-]{6,}/gi, `$1 ${MARK}`],
  [/\b(Basic)\s+(?=[A-Za-z0-9+/]*[\d=])[A-Za-z0-9+/]{8,}={0,2}/gi, `$1 ${MARK}`],
  // Vendors print part of a refused key, with asterisks for the rest.
  [/\b(?:sk|ck)[-_][A-Za-z0-9_.*-]{6,}/g, MARK],
  [/\b(?:pk|rk|gsk|xai|hf|r8)[-_][A-Za-z0-9_.*-]{16,}/g, MARK],
  [/\bAIza[A-Za-z0-9_*-]{10,}/g, MARK],
  [/\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, MARK],
  // An account's organisation or project at OpenAI: not a credential, but no customer's business.
  [/\b(?:org-|proj_)(?=[a-z]*[A-Z\d])[A-Za-z0-9]{8,}/g, MARK],
  // key=..., api_key=..., X-Amz-Signature=...
  [/(?<![\w-])((?:[A-Za-z0-9]+[_-])*(?:key|apikey|token|secret|password|passwd|signature|sig)=)[^\s&"'<>,;]+/gi, `$1${MARK}`],
  // "api_key": "...", x-api-key: ...
  [/(?<![\w-])((?:x-)?(?:goog-)?api[_-]?key["']?\s*:\s*["']?)[^\s"',;}]{6,}/gi, `$1${MARK}`],
  // Incorrect API key provided: abc***xyz.
  [/(\bapi[ _-]?key (?:provided|supplied)\s*[:=]\s*["'`]?)[^\s"'`,;]{4,}/gi, `$1${MARK}`],
];

/** The text without the given secrets, plain or percent-encoded, and without anything that looks like a credential. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  const given = secrets.filter((secret) => secret !== '');
  const forms = new Set([...given, ...given.map((secret) => encodeURIComponent(secret.toWellFormed()))]);
  let clean = text;
  // Longest first, since a secret may begin with another one.
  for (const form of [...forms].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(form, MARK);
  for (const [pattern, replacement] of LOOKS_SECRET) clean = clean.replace(pattern, replacement);
  return clean;
}
