/** Signatures by https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
import { fromBase64, toBase64 } from '../../providers/media/sources';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

const encoder = new TextEncoder();

export const newWebhookSecret = (): string => PREFIX + toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));

async function sign(secret: string, content: string): Promise<string> {
  const bytes = fromBase64(secret.slice(PREFIX.length)) ?? new Uint8Array();
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return `v1,${toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(content))))}`;
}

/** The headers of a signed message; after a rotation it carries a signature for each secret that still signs. */
export async function signedHeaders(
  messageId: string,
  atMs: number,
  body: string,
  secrets: readonly string[],
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signatures = await Promise.all(secrets.map((secret) => sign(secret, `${messageId}.${timestamp}.${body}`)));
  return { 'webhook-id': messageId, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
