/** The environment variable of a provider: `OPENAI_API_KEY` for `openai`. */
export const variableName = (providerId: string, suffix: 'API_KEY' | 'BASE_URL' | 'DEPLOYMENTS_BASE_URL' | 'WEBHOOK_SECRET'): string =>
  `${providerId.toUpperCase().replaceAll('-', '_')}_${suffix}`;

/** A variable's text; undefined when it is unset, blank, or a binding. */
export function variableText(env: Record<string, unknown>, name: string): string | undefined {
  const value = env[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Splits a comma-separated list of keys. `name` names it in errors. */
export function readApiKeys(text: string | undefined, name: string): string[] {
  if (text === undefined) return [];
  const keys = text
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (keys.some((key) => !/^[\x21-\x7e]+$/.test(key))) {
    throw new Error(`${name}: a key has white space or other characters that no HTTP header may carry.`);
  }
  return [...new Set(keys)];
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** A base URL without its trailing slash. `name` names it in errors, which never repeat the URL: it may hold a password. */
export function readBaseUrl(text: string, name: string): string {
  const url = parseUrl(text);
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error(`${name}: not a valid http or https URL.`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Error(`${name}: plain http is for loopback addresses only, since keys travel over it; use https.`);
  }
  if (url.username !== '' || url.password !== '') throw new Error(`${name}: credentials belong in the API key, not in the URL.`);
  if (url.search !== '' || url.hash !== '')
    throw new Error(`${name}: paths are appended to it, so it can have neither query nor fragment.`);
  return url.href.replace(/\/+$/, '');
}
