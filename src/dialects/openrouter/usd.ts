import { CREDITS_PER_USD, MICRO_PER_USD } from '../../core/money';

export const creditsAsUsd = (credits: number): number => credits / CREDITS_PER_USD;

/** USD for one of `parts` pieces, in plain digits: without an exponent and without rounding errors of a division. */
export function microAsUsd(micro: number, parts: number): string {
  const places = Math.log10(MICRO_PER_USD * parts);
  const digits = String(micro).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, '');
}
