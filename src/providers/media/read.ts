/** Reads vendors' answers, whose shape is not guaranteed. */
import { isFilled } from '../../core/record';

export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
/** A text, or a list of texts. */
export const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one) => (isFilled(one) ? [one] : []));
