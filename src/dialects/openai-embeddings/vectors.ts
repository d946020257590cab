import { isRecord, parseJson } from '../../core/record';
import type { Answer } from '../types';

export function readEmbeddings(json: unknown): Answer | undefined {
  if (!isRecord(json) || !Array.isArray(json.data)) return undefined;
  return { usage: json.usage, hasOutput: json.data.length > 0, outputChars: 0 };
}

const toBase64 = (vector: readonly number[]): string => new Uint8Array(new Float32Array(vector).buffer).toBase64();

const isVector = (value: unknown): value is number[] => Array.isArray(value) && value.every((part) => typeof part === 'number');

/**
 * Encodes vectors as base64 of little-endian 32-bit floats where an upstream sent numbers: some official clients ask
 * for base64 unprompted and read numbers as an empty vector.
 */
export function encodeVectors(text: string): string {
  const json = parseJson(text);
  if (!isRecord(json) || !Array.isArray(json.data)) return text;
  const data = json.data as unknown[];
  if (!data.some((entry) => isRecord(entry) && isVector(entry.embedding))) return text;
  const encoded = data.map((entry) =>
    isRecord(entry) && isVector(entry.embedding) ? { ...entry, embedding: toBase64(entry.embedding) } : entry,
  );
  return JSON.stringify({ ...json, data: encoded });
}
