import { randomBytes } from 'node:crypto';
import { readJson, writeJson } from './files.mjs';

export const newSecret = () => randomBytes(32).toString('base64url');

const LEAST_LENGTHS = { KEY_MAC_SECRET: 32, ADMIN_TOKEN: 16, AUTH_SECRET: 32 };

/** The local gateway's own secrets, made once. */
export function ensureSecrets(path) {
  const stored = readJson(path) ?? {};
  const usable = (name, length) => typeof stored[name] === 'string' && stored[name].length >= length;
  const missing = Object.entries(LEAST_LENGTHS).filter(([name, length]) => !usable(name, length));
  if (missing.length === 0) return stored;
  const secrets = { ...stored, ...Object.fromEntries(missing.map(([name]) => [name, newSecret()])) };
  writeJson(path, secrets);
  return secrets;
}
