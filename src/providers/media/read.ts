/** Reads vendors' answers, whose shape is not guaranteed. */
import { isRecord } from '../../core/record';

export type JsonObject = Record<string, unknown>;

export const objectOf = (value: unknown): JsonObject => (isRecord(value) ? value : {});
export const objectsOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isRecord) : []);
/** A non-empty text, else undefined. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
/** A text, or a list of texts. */
export const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one) => (typeof one === 'string' && one !== '' ? [one] : []));
