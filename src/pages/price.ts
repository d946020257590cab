/** Prices in words and figures. */
import { MICRO_PER_USD, toCredits } from '../core/money';
import type { Price } from '../providers/types';

const UNITS: Record<Exclude<Price['per'], 'token'>, string> = {
  image: 'image',
  second: 'second',
  clip: 'clip',
  request: 'request',
  gpu_second: 'GPU-second',
};

export const unitOf = (price: Price): string => (price.per === 'token' ? 'million tokens' : UNITS[price.per]);

/** "an image", "a second". */
export const oneOf = (price: Price): string => `${price.per === 'image' ? 'an' : 'a'} ${unitOf(price)}`;

/** As on a price tag, with at least cents. */
export const usdTag = (micro: number): string =>
  `$${(micro / MICRO_PER_USD).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`;

export const creditTag = (micro: number): string => toCredits(micro).toLocaleString('en', { maximumFractionDigits: 4 });

/** On one line, for lists to choose from. */
export function priceText(price: Price | undefined): string {
  if (!price) return 'not priced yet';
  if (price.per !== 'token') return `${usdTag(price.micro)} ${oneOf(price)}`;
  const { inputMicroPerMtok: input, outputMicroPerMtok: output } = price;
  return output === 0 ? `${usdTag(input)} in` : `${usdTag(input)} in, ${usdTag(output)} out`;
}

/** A figure to sort by among prices of the same unit. Tokens count three of input to one of output, as in conversations. */
export function comparable(price: Price | undefined): number {
  if (!price) return Number.POSITIVE_INFINITY;
  return price.per === 'token' ? (3 * price.inputMicroPerMtok + price.outputMicroPerMtok) / 4 : price.micro;
}
