/** Models for pictures and films as OpenRouter lists them: https://openrouter.ai/docs/api/api-reference/images/list-image-models */
import { MICRO_PER_USD } from '../../core/money';
import { HALF } from './images';

interface MediaModelFacts {
  id: string;
  label: string;
  created: number;
}

/** Of one unit, in micro-credits; for single sizes or resolutions where they have prices of their own. */
interface UnitPrice {
  micro: number;
  tierMicro?: Readonly<Record<string, number>> | undefined;
}

export interface ImageModelFacts extends MediaModelFacts {
  sizes: readonly string[] | undefined;
  aspectRatios: readonly string[] | undefined;
  resolutions: readonly string[] | undefined;
  /** How many pictures it goes by at most. */
  references: number;
  /** How many it makes at most. */
  pictures: number;
}

export interface VideoModelFacts extends MediaModelFacts {
  resolutions: readonly string[] | undefined;
  /** In seconds. */
  lengths: readonly number[] | undefined;
  takesLastFrame: boolean;
  price: UnitPrice & { per: string };
}

const oneOf = (name: string, values: readonly string[] | undefined) => (values ? { [name]: { type: 'enum', values } } : {});

const shownTier = (tier: string): string => (tier === '0.5K' ? HALF : tier);

const parametersOf = ({ sizes, aspectRatios, resolutions, references, pictures }: ImageModelFacts) => ({
  n: { type: 'range', min: 1, max: pictures },
  ...oneOf('size', sizes),
  ...oneOf('aspect_ratio', aspectRatios),
  ...oneOf('resolution', resolutions?.map(shownTier)),
  ...(references > 0 && { input_references: { type: 'range', min: 0, max: references } }),
  stream: { type: 'boolean' },
});

export const openrouterImageModel = (facts: ImageModelFacts) => ({
  id: facts.id,
  name: facts.label,
  description: facts.label,
  created: facts.created,
  architecture: { input_modalities: facts.references > 0 ? ['text', 'image'] : ['text'], output_modalities: ['image'] },
  endpoints: `/v1/images/models/${facts.id}/endpoints`,
  supports_streaming: true,
  supported_parameters: parametersOf(facts),
});

/** A model's only endpoint is the gateway, whoever of its providers is asked. */
export const openrouterImageEndpoints = (facts: ImageModelFacts, vendor: string, { micro, tierMicro }: UnitPrice) => ({
  id: facts.id,
  endpoints: [
    {
      provider_name: vendor,
      provider_slug: vendor.toLowerCase().replace(/\W+/g, '-'),
      provider_tag: null,
      supported_parameters: parametersOf(facts),
      supports_streaming: true,
      allowed_passthrough_parameters: [],
      pricing: Object.entries(tierMicro ?? { '': micro }).map(([tier, ofTier]) => ({
        billable: 'output_image',
        unit: 'image',
        cost_usd: ofTier / MICRO_PER_USD,
        ...(tier !== '' && { variant: shownTier(tier) }),
      })),
    },
  ],
});

const PLACES = Math.log10(MICRO_PER_USD);

/** In USD as text, without an exponent. */
const usd = (micro: number): string => (micro / MICRO_PER_USD).toFixed(PLACES).replace(/\.?0+$/, '');

function pricesOf({ per, micro, tierMicro }: VideoModelFacts['price']): Record<string, string> {
  const tiers = Object.entries(tierMicro ?? {}).map(([tier, ofTier]) => [`${per}_${tier}`, usd(ofTier)]);
  return tiers.length > 0 ? Object.fromEntries(tiers) : { [per]: usd(micro) };
}

/** What is not known of a model, as providers differ in it, is null. */
export const openrouterVideoModel = ({ id, label, created, resolutions, lengths, takesLastFrame, price }: VideoModelFacts) => ({
  id,
  canonical_slug: id,
  name: label,
  description: label,
  created,
  supported_resolutions: resolutions ?? null,
  supported_durations: lengths ?? null,
  supported_frame_images: ['first_frame', ...(takesLastFrame ? ['last_frame'] : [])],
  supported_aspect_ratios: null,
  supported_sizes: null,
  generate_audio: null,
  seed: null,
  creativity: null,
  upscale_factor: null,
  allowed_passthrough_parameters: [],
  pricing_skus: pricesOf(price),
});
