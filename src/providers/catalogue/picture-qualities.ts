/** What a picture counts as by its quality, where providers bill by that: the documents have a single price, for the usual quality. */
import type { MediaTarget, Model } from '../types';
import type { MediaTerms } from './media-terms';

/** By the model's dearest provider. */
export function pricesByQuality({ chain }: Pick<Model, 'chain'>): Pick<MediaTerms, 'pricesByQuality'> {
  const prices: Record<string, number> = {};
  for (const target of chain as readonly MediaTarget[])
    for (const [quality, count] of Object.entries(target.pricesByQuality ?? {})) prices[quality] = Math.max(prices[quality] ?? 1, count);
  return Object.keys(prices).length > 0 ? { pricesByQuality: prices } : {};
}
