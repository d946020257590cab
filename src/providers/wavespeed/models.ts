/**
 * What WaveSpeed's models take, by the tables of their pages:
 * https://wavespeed.ai/docs/docs-api/ followed by the vendor, then the model's id with dashes for slashes
 * (https://wavespeed.ai/docs/docs-api/alibaba/alibaba-wan-2.6-image-to-video-flash).
 */
import { secondsFrom } from '../media/duration';
import type { DurationField, ModelFields } from '../media/model-fields';

const seconds = (...offered: readonly number[]): DurationField => ({ name: 'duration', form: 'number', offered });
const IMAGES = { name: 'images', form: 'list' } as const;

const NANO_BANANA: ModelFields = { aspectRatio: 'aspect_ratio', outputFormat: { name: 'output_format' }, references: IMAGES };
const NANO_BANANA_TIERS: ModelFields = { ...NANO_BANANA, resolution: { name: 'resolution', form: 'lower' } };

const GPT_IMAGE_2: ModelFields = {
  aspectRatio: 'aspect_ratio',
  ratios: ['1:1', '2:3', '3:2'],
  resolution: { name: 'resolution', form: 'lower' },
  quality: 'quality',
  references: IMAGES,
};

const KONTEXT: ModelFields = { aspectRatio: 'aspect_ratio', seed: 'seed', references: IMAGES };
const FLUX_2: ModelFields = { size: { name: 'size', form: 'star' }, seed: 'seed', references: IMAGES };

const seedream = (minSide: number): ModelFields => ({ size: { name: 'size', form: 'star', minSide }, references: IMAGES });

const WAN: ModelFields = { negativePrompt: 'negative_prompt', seed: 'seed', firstFrame: 'image' };
const WAN_SIZES = [720, 1_080].flatMap((lines) => {
  const longer = (lines * 16) / 9;
  return [
    { width: longer, height: lines },
    { width: lines, height: longer },
  ];
});
const WAN_FROM_TEXT: ModelFields = { ...WAN, size: { name: 'size', form: 'star', offered: WAN_SIZES }, duration: seconds(5, 10, 15) };
const WAN_FROM_IMAGE: ModelFields = { ...WAN, resolution: { name: 'resolution' }, duration: seconds(5, 10, 15) };
const WAN_FLASH: ModelFields = { ...WAN_FROM_IMAGE, duration: seconds(...secondsFrom(2, 15)) };

const kling = (offered: readonly number[]): ModelFields => ({
  negativePrompt: 'negative_prompt',
  aspectRatio: 'aspect_ratio',
  duration: seconds(...offered),
  firstFrame: 'image',
  lastFrame: 'end_image',
});
const KLING_2_6 = kling([5, 10]);
const KLING_3 = kling(secondsFrom(3, 15));
/** It takes no negative prompt. */
const { negativePrompt: _, ...OMNI } = KLING_3;
const KLING_O1: ModelFields = { ...OMNI, duration: seconds(5, 10), lastFrame: 'last_image' };

const HAILUO: ModelFields = { duration: seconds(6, 10), firstFrame: 'image', lastFrame: 'end_image' };

const seedance = (offered: readonly number[]): ModelFields => ({
  aspectRatio: 'aspect_ratio',
  resolution: { name: 'resolution' },
  duration: seconds(...offered),
  firstFrame: 'image',
  lastFrame: 'last_image',
});
const SEEDANCE_1: ModelFields = { ...seedance(secondsFrom(2, 12)), seed: 'seed' };
const SEEDANCE_1_5: ModelFields = { ...seedance(secondsFrom(4, 12)), seed: 'seed' };
const SEEDANCE_2 = seedance(secondsFrom(4, 15));
const SEEDANCE_2_FROM_TEXT: ModelFields = { ...SEEDANCE_2, references: { name: 'reference_images', form: 'list' } };

const VEO: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: { name: 'resolution' },
  duration: seconds(4, 6, 8),
  negativePrompt: 'negative_prompt',
  seed: 'seed',
  firstFrame: 'image',
  lastFrame: 'last_image',
};

const VIDU: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: { name: 'resolution' },
  duration: seconds(...secondsFrom(1, 16)),
  seed: 'seed',
  firstFrame: 'image',
};

const GROK: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: { name: 'resolution' },
  duration: seconds(6, 10),
  firstFrame: 'image',
};

/** The most common names, for models that are not listed here. */
export const USUAL_FIELDS: ModelFields = {
  size: { name: 'size', form: 'star' },
  seed: 'seed',
  negativePrompt: 'negative_prompt',
  references: IMAGES,
  firstFrame: 'image',
  lastFrame: 'last_image',
  duration: seconds(),
  image: 'image',
};

export const WAVESPEED_MODELS: Readonly<Record<string, ModelFields>> = {
  'google/nano-banana/text-to-image': NANO_BANANA,
  'google/nano-banana/edit': NANO_BANANA,
  'google/nano-banana-2/text-to-image': NANO_BANANA_TIERS,
  'google/nano-banana-2/edit': NANO_BANANA_TIERS,
  'google/nano-banana-pro/text-to-image': NANO_BANANA_TIERS,
  'google/nano-banana-pro/edit': NANO_BANANA_TIERS,
  'openai/gpt-image-2/text-to-image': GPT_IMAGE_2,
  'openai/gpt-image-2/edit': GPT_IMAGE_2,
  'wavespeed-ai/flux-kontext-pro/text-to-image': KONTEXT,
  'wavespeed-ai/flux-kontext-pro/multi': KONTEXT,
  'wavespeed-ai/flux-kontext-max/text-to-image': KONTEXT,
  'wavespeed-ai/flux-kontext-max/multi': KONTEXT,
  'wavespeed-ai/flux-2-pro/text-to-image': FLUX_2,
  'wavespeed-ai/flux-2-pro/edit': FLUX_2,
  'wavespeed-ai/flux-2-flex/text-to-image': FLUX_2,
  'wavespeed-ai/flux-2-flex/edit': FLUX_2,
  'bytedance/seedream-v4': seedream(1_024),
  'bytedance/seedream-v4/edit': seedream(1_024),
  'bytedance/seedream-v4.5': seedream(1_024),
  'bytedance/seedream-v4.5/edit': seedream(1_024),
  'bytedance/seedream-v5.0-lite': seedream(1_440),
  'bytedance/seedream-v5.0-lite/edit': seedream(1_440),
  'alibaba/wan-2.6/text-to-video': WAN_FROM_TEXT,
  'alibaba/wan-2.6/image-to-video': WAN_FROM_IMAGE,
  'alibaba/wan-2.6/image-to-video-flash': WAN_FLASH,
  'kwaivgi/kling-v2.6-pro/text-to-video': KLING_2_6,
  'kwaivgi/kling-v2.6-pro/image-to-video': KLING_2_6,
  'kwaivgi/kling-v3.0-pro/text-to-video': KLING_3,
  'kwaivgi/kling-v3.0-pro/image-to-video': KLING_3,
  'kwaivgi/kling-video-o1/text-to-video': KLING_O1,
  'kwaivgi/kling-video-o1/image-to-video': KLING_O1,
  'kwaivgi/kling-video-o3-pro/text-to-video': OMNI,
  'kwaivgi/kling-video-o3-pro/image-to-video': OMNI,
  'minimax/hailuo-02/standard': HAILUO,
  'minimax/hailuo-2.3/t2v-standard': HAILUO,
  'minimax/hailuo-2.3/i2v-standard': HAILUO,
  'bytedance/seedance-v1-pro-fast/text-to-video': SEEDANCE_1,
  'bytedance/seedance-v1-pro-fast/image-to-video': SEEDANCE_1,
  'bytedance/seedance-v1.5-pro/text-to-video': SEEDANCE_1_5,
  'bytedance/seedance-v1.5-pro/image-to-video': SEEDANCE_1_5,
  'bytedance/seedance-2.0/text-to-video': SEEDANCE_2_FROM_TEXT,
  'bytedance/seedance-2.0/image-to-video': SEEDANCE_2,
  'bytedance/seedance-2.0/text-to-video-turbo': SEEDANCE_2_FROM_TEXT,
  'bytedance/seedance-2.0/image-to-video-turbo': SEEDANCE_2,
  'bytedance/seedance-2.0-fast/text-to-video': SEEDANCE_2_FROM_TEXT,
  'bytedance/seedance-2.0-fast/image-to-video': SEEDANCE_2,
  'google/veo3.1/text-to-video': VEO,
  'google/veo3.1/image-to-video': VEO,
  'google/veo3.1-fast/text-to-video': VEO,
  'google/veo3.1-fast/image-to-video': VEO,
  'vidu/q3-pro/text-to-video': VIDU,
  'vidu/q3-pro/image-to-video': VIDU,
  'x-ai/grok-imagine-video/text-to-video': GROK,
  'x-ai/grok-imagine-video/image-to-video': GROK,
  'wavespeed-ai/hunyuan3d/v2-base': { image: 'image' },
  'tripo3d/v2.5/multiview-to-3d': {
    views: { front: 'front_image_url', back: 'back_image_url', left: 'left_image_url', right: 'right_image_url' },
  },
};
