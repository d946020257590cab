import type { MediaSource } from './types';

export const toBase64 = (bytes: Uint8Array): string => bytes.toBase64();

/** Decodes base64 in either alphabet; undefined for anything else. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return undefined;
  }
}

/** The source's URL, or its bytes as a data URL. */
export const sourceUrl = (source: MediaSource): string =>
  'url' in source ? source.url : `data:${source.contentType};base64,${toBase64(source.bytes)}`;
