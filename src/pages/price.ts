/** Prices in words. */
import { MICRO_PER_USD, toCredits } from '../core/money';
import type { Price } from '../providers/types';

const UNITS: Record<Exclude<Price['per'], 'token'>, string> = {
  image: 'image',
  second: 'second',
  clip: 'clip',
  request: 'request',
  gpu_second: 'GPU-second',
};

export const usd = (micro: number): string => (micro / MICRO_PER_USD).toLocaleString('en', { maximumFractionDigits: 4 });

export function priceText(price: Price | undefined): string {
  if (!price) return 'not priced yet';
  if (price.per === 'token') return `${usd(price.inputMicroPerMtok)} in, ${usd(price.outputMicroPerMtok)} out, a million tokens`;
  return `${usd(price.micro)} a ${UNITS[price.per]} (${toCredits(price.micro)} credits)`;
}

/** To compare what is priced by the same unit: tokens by three of input and one of output, as conversations go. */
export function comparable(price: Price | undefined): number {
  if (!price) return Number.POSITIVE_INFINITY;
  return price.per === 'token' ? (3 * price.inputMicroPerMtok + price.outputMicroPerMtok) / 4 : price.micro;
}
