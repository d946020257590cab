/** What a picture of a quality counts as, where providers bill by it: the documents have one price, which is for the usual one. */
import type { MediaTarget, Model } from '../types';
import type { MediaTerms } from './media-terms';

/** At the dearest of the model's providers. */
export function pricesByQuality({ chain }: Pick<Model, 'chain'>): Pick<MediaTerms, 'pricesByQuality'> {
  const prices: Record<string, number> = {};
  for (const target of chain as readonly MediaTarget[])
    for (const [quality, count] of Object.entries(target.pricesByQuality ?? {})) prices[quality] = Math.max(prices[quality] ?? 1, count);
  return Object.keys(prices).length > 0 ? { pricesByQuality: prices } : {};
}
