/** How much input one price unit covers, where the provider bills by length. */
import type { LengthCost, MediaTarget, Model } from '../types';
import type { MediaTerms } from './media-terms';

/** By the model's dearest provider; a free provider sets no limit. */
export function coveredLengths({
  price,
  chain,
}: Pick<Model, 'price' | 'chain'>): Pick<MediaTerms, 'textBytesARequest' | 'audioSecondsARequest'> {
  if (price?.per !== 'request' || price.micro === 0) return {};
  const covered = (by: LengthCost['per']): number | undefined => {
    const costs = (chain as readonly MediaTarget[]).flatMap(({ lengthCost }) => (lengthCost?.per === by ? [lengthCost.micro] : []));
    // A price that does not even cover the smallest unit covers one.
    return costs.length === 0 ? undefined : Math.max(1, Math.floor(price.micro / Math.max(...costs)));
  };
  const [textBytesARequest, audioSecondsARequest] = [covered('text_byte'), covered('audio_second')];
  return {
    ...(textBytesARequest !== undefined && { textBytesARequest }),
    ...(audioSecondsARequest !== undefined && { audioSecondsARequest }),
  };
}
