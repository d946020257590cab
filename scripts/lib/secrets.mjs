import { randomBytes } from 'node:crypto';
import { readJson, writeJson } from './files.mjs';

export const newSecret = () => randomBytes(32).toString('base64url');

/** The local gateway's own secrets, made once. */
export function ensureSecrets(path) {
  const stored = readJson(path) ?? {};
  const usable = (value, length) => typeof value === 'string' && value.length >= length;
  if (usable(stored.KEY_MAC_SECRET, 32) && usable(stored.ADMIN_TOKEN, 16)) return stored;
  const secrets = {
    KEY_MAC_SECRET: usable(stored.KEY_MAC_SECRET, 32) ? stored.KEY_MAC_SECRET : newSecret(),
    ADMIN_TOKEN: usable(stored.ADMIN_TOKEN, 16) ? stored.ADMIN_TOKEN : newSecret(),
  };
  writeJson(path, secrets);
  return secrets;
}
