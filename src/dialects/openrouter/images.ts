/** OpenRouter's pictures: https://openrouter.ai/docs/guides/overview/multimodal/image-generation */
import { ERRORS, type GatewayError, ok, type Result } from '../../core/errors';
import type { Fields } from '../../core/record';
import { addressesIn, plainFields } from './media';
import { creditsAsUsd } from './usd';

/** Where fields of a media request stand in a request of OpenRouter's. */
export const imagesPlaces = ({ input_references: references }: Fields): Record<string, string> =>
  (references ?? undefined) === undefined ? {} : { image_urls: 'input_references' };

/** Its name for the half tier. */
export const HALF = '512';

/** The request as the fields of a media request. */
export function readImagesRequest({ input_references: references, resolution, ...fields }: Fields): Result<Fields> {
  const plain = plainFields(fields);
  if (!plain.ok) return plain;
  return ok({
    ...plain.value,
    ...((references ?? undefined) !== undefined && { image_urls: addressesIn(references) }),
    ...(resolution !== undefined && { resolution: resolution === HALF ? '0.5K' : resolution }),
  });
}

/** Pictures are not counted in tokens here. */
const usageOf = (creditsUsed: number) => ({
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  cost: creditsAsUsd(creditsUsed),
  creditsUsed,
});

interface Made {
  /** Unix time, in seconds. */
  created: number;
  creditsUsed: number;
  pictures: readonly { contentType: string; url: string; base64: string | undefined }[];
}

/** Its clients read base64 alone; where that is too large, `url` is where the picture lies. */
const picture = ({ contentType, url, base64 }: Made['pictures'][number]) => ({
  b64_json: base64 ?? null,
  media_type: contentType,
  url,
});

export const imagesAnswer = ({ created, creditsUsed, pictures }: Made) => ({
  created,
  data: pictures.map(picture),
  usage: usageOf(creditsUsed),
});

/** The events of a stream that has come to its end; the cost of all stands with the last. */
export const imagesEvents = ({ created, creditsUsed, pictures }: Made) =>
  pictures.map((made, index) => ({
    type: 'image_generation.completed',
    created,
    ...picture(made),
    ...(index === pictures.length - 1 && { usage: usageOf(creditsUsed) }),
  }));

export const partialEvent = (base64: string, index: number) => ({
  type: 'image_generation.partial_image',
  b64_json: base64,
  partial_image_index: index,
});

export const errorEvent = ({ kind, message, code, param }: GatewayError) => ({
  type: 'error',
  error: { message, code: code ?? null, param: param ?? null, type: ERRORS[kind].type },
});
