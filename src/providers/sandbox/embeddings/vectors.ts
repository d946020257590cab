import { shortHash } from '../../../core/hex';

export const MAX_VECTOR_LENGTH = 4096;
/** Of the makers' larger models. */
export const LARGE_VECTOR_LENGTH = 3072;

/** The vector of a text: always the same one, of length 1; a shorter one is the start of a longer one, scaled. */
export function embed(text: string, dimensions: number): Float32Array {
  const next = randomNumbers(Number.parseInt(shortHash(text), 16));
  const values = Float32Array.from({ length: dimensions }, () => next() - next());
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

/** Mulberry32: numbers from 0 up to 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Little-endian 32-bit floats, as numpy reads them. */
export function encodeBase64(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  return btoa(String.fromCharCode(...new Uint8Array(view.buffer)));
}
