/** An authenticator app, and people who use one. */
import { createHmac } from 'node:crypto';
import { Person } from './person';
import type { Worker } from './worker';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 6238, written from the specification. */
export function totp(secret: string, nowMs = Date.now()): string {
  const bits = [...secret.replace(/=+$/, '')].map((digit) => BASE32.indexOf(digit).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = digest[19]! & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The code of the next half minute, since the current one was used for the set-up. */
export const nextCode = (secret: string): string => totp(secret, Date.now() + 30_000);

/** Somebody who has set up two factors and is not signed in. */
export async function withTwoFactor(worker: Worker, email?: string): Promise<{ person: Person; secret: string; codes: string[] }> {
  const person = await Person.signedIn(worker, email);
  const enabled = await person.get<{ totpURI: string; backupCodes: string[] }>('/api/auth/two-factor/enable', {
    json: { password: person.password },
  });
  const secret = new URL(enabled.totpURI).searchParams.get('secret')!;
  await person.get('/api/auth/two-factor/verify-totp', { json: { code: totp(secret) } });
  person.forgetCookies();
  return { person, secret, codes: enabled.backupCodes };
}
