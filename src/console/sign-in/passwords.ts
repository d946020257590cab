/** Password hashes by scrypt, in the platform's implementation: in JavaScript one check would take half a second. */
import { scrypt } from 'node:crypto';
import { toHex } from '../../core/hex';

const COST = { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 };
const KEY_BYTES = 64;

const derive = (password: string, salt: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, COST, (error, key) => (error ? reject(error) : resolve(key))),
  );

export async function hashPassword(password: string): Promise<string> {
  const salt = toHex(crypto.getRandomValues(new Uint8Array(16)));
  return `${salt}:${toHex(await derive(password, salt))}`;
}

export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  const [salt, key] = hash.split(':');
  if (!salt || !key) return false;
  const expected = new TextEncoder().encode(key);
  const given = new TextEncoder().encode(toHex(await derive(password, salt)));
  return expected.length === given.length && crypto.subtle.timingSafeEqual(expected, given);
}
