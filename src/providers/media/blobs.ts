import type { MediaSource } from './types';

/** Bytes of sources are never shared between threads, which is all that a Blob asks for. */
const ownBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/** For adapters that ask for `bytes`. */
export function bytesOf(source: MediaSource): Uint8Array<ArrayBuffer> {
  if (!('bytes' in source)) throw new Error('this source should have come as bytes');
  return ownBytes(source.bytes);
}

export const blobOf = (source: MediaSource): Blob =>
  new Blob([bytesOf(source)], { type: 'contentType' in source ? source.contentType : '' });

/** Fields of a form: text as it is, all else as JSON. */
export function formOf(fields: Readonly<Record<string, unknown>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  return form;
}
