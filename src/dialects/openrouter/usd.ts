import { CREDITS_PER_USD, MICRO_PER_USD } from '../../core/money';

export const creditsAsUsd = (credits: number): number => credits / CREDITS_PER_USD;

const MICRO_PER_MTOK = 1_000_000;
const PLACES = Math.log10(MICRO_PER_USD * MICRO_PER_MTOK);

/** USD a token, in plain digits: without an exponent and without rounding errors of a division. */
export function usdAToken(microPerMtok: number): string {
  const digits = String(microPerMtok).padStart(PLACES + 1, '0');
  return `${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`.replace(/\.?0+$/, '');
}
