/** Node 18 has Web Crypto but no global for it. */
export async function webCrypto(): Promise<Crypto> {
  if (globalThis.crypto !== undefined) return globalThis.crypto;
  const { webcrypto } = await nodeModule<{ webcrypto: Crypto }>('node:crypto');
  return webcrypto;
}

/** Imports a Node module in a way that bundlers ignore; browsers and Workers never get here. */
export const nodeModule = async <T>(name: string): Promise<T> => (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as T;

/** A key that no other call has. */
export async function newIdempotencyKey(): Promise<string> {
  const bytes = (await webCrypto()).getRandomValues(new Uint8Array(16));
  return `sdk-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
