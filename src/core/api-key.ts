/**
 * API keys: `ck_` (or `ck_test_`) and 43 bytes in base62: version 1, account 12, key 4, secret 20, MAC 6. The MAC only
 * keeps strangers from waking account objects; the account decides by the secret's hash.
 */
import { fromBase62, toBase62 } from './base62';
import { ACCOUNT_ID_BYTES, accountBytes, accountId, KEY_ID_BYTES, keyBytes, keyId } from './ids';

const VERSION = 1;
const SECRET_BYTES = 20;
const MAC_BYTES = 6;
const BODY_BYTES = 1 + ACCOUNT_ID_BYTES + KEY_ID_BYTES + SECRET_BYTES;
const KEY_BYTES = BODY_BYTES + MAC_BYTES;
const LIVE_PREFIX = 'ck_';
const TEST_PREFIX = 'ck_test_';

export type KeyMode = 'live' | 'test';

export interface ApiKey {
  mode: KeyMode;
  accountId: string;
  keyId: string;
  /** SHA-256 of the secret, base62: what the account object stores and compares. */
  secretHash: string;
}

export type ParsedKey = { ok: true; key: ApiKey } | { ok: false; reason: 'malformed' | 'forged' };

const encoder = new TextEncoder();

async function mac(secret: CryptoKey, prefix: string, body: Uint8Array): Promise<Uint8Array> {
  const prefixBytes = encoder.encode(prefix);
  const message = new Uint8Array(prefixBytes.length + body.length);
  message.set(prefixBytes);
  message.set(body, prefixBytes.length);
  return new Uint8Array(await crypto.subtle.sign('HMAC', secret, message)).slice(0, MAC_BYTES);
}

const importSecret = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);

const hashSecret = async (secret: Uint8Array): Promise<string> => toBase62(new Uint8Array(await crypto.subtle.digest('SHA-256', secret)));

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
  return difference === 0;
}

/** The beginning of a key's token, which is not secret, so that people can tell their keys apart. */
export function tokenBeginning(mode: KeyMode, account: string, id: string): string {
  const named = [accountBytes(account), keyBytes(id)];
  if (!named[0] || !named[1]) return mode === 'test' ? TEST_PREFIX : LIVE_PREFIX;
  const known = [VERSION, ...named[0], ...named[1]];
  const filled = (byte: number): string => toBase62(Uint8Array.from({ length: KEY_BYTES }, (_, index) => known[index] ?? byte));
  const [least, most] = [filled(0), filled(255)];
  const alike = [...least].findIndex((digit, index) => digit !== most[index]);
  return (mode === 'test' ? TEST_PREFIX : LIVE_PREFIX) + least.slice(0, alike);
}

/** Mints a key for an account; the token is shown once and never stored. */
export async function mintKey(
  macSecret: string,
  mode: KeyMode,
  account: Uint8Array,
  keyBytes: Uint8Array,
): Promise<{ token: string; keyId: string; secretHash: string }> {
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  const bytes = new Uint8Array(KEY_BYTES);
  bytes[0] = VERSION;
  bytes.set(account, 1);
  bytes.set(keyBytes, 1 + ACCOUNT_ID_BYTES);
  bytes.set(secret, 1 + ACCOUNT_ID_BYTES + KEY_ID_BYTES);
  const prefix = mode === 'test' ? TEST_PREFIX : LIVE_PREFIX;
  bytes.set(await mac(await importSecret(macSecret), prefix, bytes.slice(0, BODY_BYTES)), BODY_BYTES);
  return { token: prefix + toBase62(bytes), keyId: keyId(keyBytes), secretHash: await hashSecret(secret) };
}

const CACHE_SIZE = 2000;

/** Reads keys and remembers the last few thousand. That is safe: reading is pure, and the account decides on revocation. */
export class KeyReader {
  private readonly secrets: Promise<CryptoKey>[];
  private readonly cache = new Map<string, ApiKey>();

  /** Every secret whose keys still work, the current one first. */
  constructor(macSecrets: readonly string[]) {
    this.secrets = macSecrets.map(importSecret);
  }

  async read(token: string): Promise<ParsedKey> {
    const known = this.cache.get(token);
    if (known) return { ok: true, key: known };
    const prefix = token.startsWith(TEST_PREFIX) ? TEST_PREFIX : token.startsWith(LIVE_PREFIX) ? LIVE_PREFIX : undefined;
    const bytes = prefix && fromBase62(token.slice(prefix.length), KEY_BYTES);
    if (!bytes || bytes[0] !== VERSION) return { ok: false, reason: 'malformed' };
    const body = bytes.slice(0, BODY_BYTES);
    for (const secret of this.secrets) {
      if (!equalBytes(await mac(await secret, prefix, body), bytes.slice(BODY_BYTES))) continue;
      const key: ApiKey = {
        mode: prefix === TEST_PREFIX ? 'test' : 'live',
        accountId: accountId(body.slice(1, 1 + ACCOUNT_ID_BYTES)),
        keyId: keyId(body.slice(1 + ACCOUNT_ID_BYTES, 1 + ACCOUNT_ID_BYTES + KEY_ID_BYTES)),
        secretHash: await hashSecret(body.slice(1 + ACCOUNT_ID_BYTES + KEY_ID_BYTES)),
      };
      if (this.cache.size >= CACHE_SIZE) this.cache.delete(this.cache.keys().next().value!);
      this.cache.set(token, key);
      return { ok: true, key };
    }
    return { ok: false, reason: 'forged' };
  }
}
