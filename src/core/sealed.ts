/** Texts that only this gateway can read: AES-GCM with a key for each purpose, derived from the secret that signs sessions. */

/** The present secret, and the one before it where there is one. */
export type AuthSecrets = readonly [string, ...string[]];

const encoder = new TextEncoder();

export type Purpose = 'sso client secrets' | 'shown once' | 'playground keys' | 'operator sessions';

async function keyOf(authSecret: string, purpose: Purpose): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(authSecret), 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(purpose) };
  return crypto.subtle.deriveKey(derivation, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

const IV_BYTES = 12;

export async function seal([authSecret]: AuthSecrets, purpose: Purpose, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await keyOf(authSecret, purpose);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, encoder.encode(text)));
  return btoa(String.fromCharCode(...iv, ...sealed));
}

/** Undefined unless the text was sealed here for this purpose, with one of these secrets. */
export async function unseal(authSecrets: AuthSecrets, purpose: Purpose, sealed: string): Promise<string | undefined> {
  for (const authSecret of authSecrets) {
    const text = await unsealWith(authSecret, purpose, sealed).catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}

async function unsealWith(authSecret: string, purpose: Purpose, sealed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0));
  const [iv, data] = [bytes.slice(0, IV_BYTES), bytes.slice(IV_BYTES)];
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, await keyOf(authSecret, purpose), data));
}
