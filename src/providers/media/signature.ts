/** Verifies signed callbacks: HMAC-SHA256 over `id.timestamp.body`, with the headers of Standard Webhooks. */
import type { MediaCallback } from './types';

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, and WaveSpeed's own limit. */
const MAX_AGE_SECONDS = 300;

export interface SignedContent {
  content: Uint8Array;
  /** The signatures of the version that was asked for. */
  signatures: readonly string[];
}

/** Undefined when a header is missing or the timestamp is too old. */
export function signedContent({ headers, body }: MediaCallback, version: string, nowMs: number): SignedContent | undefined {
  const id = headers.get('webhook-id');
  const timestamp = headers.get('webhook-timestamp');
  const signature = headers.get('webhook-signature');
  if (id === null || timestamp === null || signature === null || !/^\d{1,12}$/.test(timestamp)) return undefined;
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > MAX_AGE_SECONDS) return undefined;
  const signatures = signature.split(' ').flatMap((part) => (part.startsWith(`${version},`) ? [part.slice(version.length + 1)] : []));
  return { content: new TextEncoder().encode(`${id}.${timestamp}.${body}`), signatures };
}

export async function isSignedBy(key: Uint8Array, content: Uint8Array, signatures: readonly (Uint8Array | undefined)[]): Promise<boolean> {
  if (key.byteLength === 0) return false;
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  for (const signature of signatures) {
    // `verify` takes the same time whatever the signature.
    if (signature && (await crypto.subtle.verify('HMAC', imported, signature, content))) return true;
  }
  return false;
}

export const withoutPrefix = (secret: string): string => secret.replace(/^whsec_/, '');

/** Undefined when the text is not hexadecimal. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => Number.parseInt(text.slice(index * 2, index * 2 + 2), 16));
}
