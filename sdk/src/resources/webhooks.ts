import type { Config } from '../core/call.js';
import { webCrypto } from '../core/crypto.js';
import { HyperealError, WebhookVerificationError } from '../core/errors.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { documented, parseJson } from '../core/record.js';
import { Resource, segment } from '../core/resource.js';
import type { WebhookDelivery, WebhookDeliveryList, WebhookDeliveryListParams, WebhookEvent, WebhookSecret } from '../types/api.js';

/** A request's headers, in any form that servers use. */
export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Options of `verify`. */
export interface VerifyOptions {
  /** Begins with `whsec_`; see `webhooks.secret`. */
  secret?: string | undefined;
  /** How old, or how far in the future, a message may be; five minutes by default. */
  toleranceSeconds?: number | undefined;
}

const TOLERANCE_SECONDS = 300;
const encoder = new TextEncoder();

/** A header, whatever the case of its name. */
function headerOf(headers: HeadersLike, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? '';
  const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
  const value = key === undefined ? undefined : headers[key];
  return typeof value === 'string' ? value : (value?.join(' ') ?? '');
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/**
 * Verifies a message by the Standard Webhooks scheme and gives what it says. The body must be as it came, byte for
 * byte: frameworks that parse it have a way to get at the raw one.
 */
export async function verifyWebhook(
  body: string | ArrayBuffer | ArrayBufferView,
  headers: HeadersLike,
  { secret = '', toleranceSeconds = TOLERANCE_SECONDS }: VerifyOptions,
): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headerOf(headers, name));
  if (!id || !timestamp || !signatures) throw new WebhookVerificationError('The message is not signed.');
  const age = Math.abs(Date.now() / 1_000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp) || age > toleranceSeconds)
    throw new WebhookVerificationError('The message is too old, or from the future.');
  const bytes = bytesOf(secret.replace(/^whsec_/, ''));
  if (!bytes || bytes.length === 0) throw new HyperealError('A webhook secret is required; it begins with `whsec_`.');
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const { subtle } = await webCrypto();
  const key = await subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const content = encoder.encode(`${id}.${timestamp}.${text}`);
  let good = false;
  for (const one of signatures.split(' ')) {
    const signature = one.startsWith('v1,') ? bytesOf(one.slice(3)) : undefined;
    // The comparison is the platform's own, which takes as long for one wrong bit as for many.
    if (signature && (await subtle.verify('HMAC', key, signature, content))) good = true;
  }
  if (!good) throw new WebhookVerificationError('The signature is not ours, or the message was changed.');
  const event = parseJson(text);
  if (event === undefined) throw new WebhookVerificationError('The message is not JSON.');
  return documented<WebhookEvent>(event);
}

/** Webhooks that the gateway sends to your servers. */
export class Webhooks extends Resource {
  constructor(
    config: Config,
    private readonly usualSecret: string | undefined,
  ) {
    super(config);
  }

  /** Returns the message, or throws a `WebhookVerificationError` if it is unsigned, altered, too old, or signed by another. */
  verify(body: string | ArrayBuffer | ArrayBufferView, headers: HeadersLike, options: VerifyOptions = {}): Promise<WebhookEvent> {
    return verifyWebhook(body, headers, { ...options, secret: options.secret ?? this.usualSecret });
  }

  /** The secret that messages are signed with. */
  secret(options?: RequestOptions): APIPromise<WebhookSecret> {
    return this.fetchJson('/webhooks/secret', options);
  }

  /** Makes a new secret; for a day both sign. */
  rotateSecret(options?: RequestOptions): APIPromise<WebhookSecret> {
    return this.post('/webhooks/secret/rotate', undefined, options);
  }

  /** The latest messages and their delivery. */
  deliveries(params: WebhookDeliveryListParams = {}, options?: RequestOptions): APIPromise<WebhookDeliveryList> {
    return this.fetchJson('/webhooks/deliveries', options, { ...params });
  }

  /** Sends a message again. */
  redeliver(id: string, options?: RequestOptions): APIPromise<WebhookDelivery> {
    return this.post(`/webhooks/deliveries/${segment(id)}/redeliver`, undefined, options);
  }
}
