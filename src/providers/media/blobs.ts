import type { MediaSource } from './types';

/** A safe cast: bytes of sources are never in shared memory, which is all that `Blob` rules out. */
const ownBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/** For adapters whose `sources` is `bytes`. */
export function bytesOf(source: MediaSource): Uint8Array<ArrayBuffer> {
  if (!('bytes' in source)) throw new Error('this source should have come as bytes');
  return ownBytes(source.bytes);
}

export const blobOf = (source: MediaSource): Blob =>
  new Blob([bytesOf(source)], { type: 'contentType' in source ? source.contentType : '' });

/** A form's fields: text as it is, everything else as JSON. */
export function formOf(fields: Readonly<Record<string, unknown>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  return form;
}
