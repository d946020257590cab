/** How much of an input a price a request is for, where the provider bills by length. */
import type { LengthCost, MediaTarget, Model } from '../types';
import type { MediaTerms } from './media-terms';

/** At the dearest of the model's providers; what is free has no such end. */
export function coveredLengths({
  price,
  chain,
}: Pick<Model, 'price' | 'chain'>): Pick<MediaTerms, 'textBytesARequest' | 'audioSecondsARequest'> {
  if (price?.per !== 'request' || price.micro === 0) return {};
  const covered = (by: LengthCost['per']): number | undefined => {
    const costs = (chain as readonly MediaTarget[]).flatMap(({ lengthCost }) => (lengthCost?.per === by ? [lengthCost.micro] : []));
    // A price that covers not even the least is still the price.
    return costs.length === 0 ? undefined : Math.max(1, Math.floor(price.micro / Math.max(...costs)));
  };
  const [textBytesARequest, audioSecondsARequest] = [covered('text_byte'), covered('audio_second')];
  return {
    ...(textBytesARequest !== undefined && { textBytesARequest }),
    ...(audioSecondsARequest !== undefined && { audioSecondsARequest }),
  };
}
