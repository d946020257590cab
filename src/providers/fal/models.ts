/**
 * What fal's models take, by the schemas of https://github.com/fal-ai/fal-js/blob/main/libs/client/src/types/endpoints.ts
 * and of the models' pages, https://fal.ai/models/ followed by the id and `/api`.
 */
import { secondsFrom } from '../media/duration';
import type { DurationField, ModelFields } from '../media/model-fields';

const seconds = (...offered: readonly number[]): DurationField => ({ name: 'duration', form: 'text', offered });
const wholeSeconds = (...offered: readonly number[]): DurationField => ({ name: 'duration', form: 'number', offered });
const IMAGE_URLS = { name: 'image_urls', form: 'list' } as const;
const IMAGE_SIZE = { name: 'image_size', form: 'object' } as const;
const RESOLUTION = { name: 'resolution' } as const;
const OUTPUT_FORMAT = { name: 'output_format' } as const;
const upTo = (max: number) => ({ name: 'num_images', max });

const NANO_BANANA: ModelFields = {
  count: upTo(4),
  aspectRatio: 'aspect_ratio',
  seed: 'seed',
  outputFormat: OUTPUT_FORMAT,
  references: IMAGE_URLS,
};
const NANO_BANANA_2: ModelFields = { ...NANO_BANANA, resolution: { ...RESOLUTION, half: true } };
const NANO_BANANA_PRO: ModelFields = { ...NANO_BANANA, resolution: RESOLUTION };

const GPT_IMAGE_2: ModelFields = {
  count: upTo(4),
  size: { ...IMAGE_SIZE, max: { pixels: 3_840 * 2_160, side: 3_840 } },
  quality: 'quality',
  outputFormat: OUTPUT_FORMAT,
  references: IMAGE_URLS,
  mask: 'mask_url',
};

const KONTEXT: ModelFields = {
  count: upTo(4),
  aspectRatio: 'aspect_ratio',
  seed: 'seed',
  outputFormat: OUTPUT_FORMAT,
  references: IMAGE_URLS,
};
const FLUX_2: ModelFields = { size: IMAGE_SIZE, seed: 'seed', outputFormat: OUTPUT_FORMAT, references: IMAGE_URLS };
const SEEDREAM: ModelFields = { count: upTo(6), size: { ...IMAGE_SIZE, minPixels: 960 * 960 }, seed: 'seed', references: IMAGE_URLS };
const SEEDREAM_4_5: ModelFields = { ...SEEDREAM, size: { ...IMAGE_SIZE, minPixels: 2_560 * 1_440 } };
/** It takes no seed. */
const { seed: _, ...SEEDREAM_5 } = SEEDREAM_4_5;

const WAN: ModelFields = {
  resolution: RESOLUTION,
  duration: seconds(5, 10, 15),
  negativePrompt: 'negative_prompt',
  seed: 'seed',
  firstFrame: 'image_url',
};

const KLING_2_6: ModelFields = {
  aspectRatio: 'aspect_ratio',
  duration: seconds(5, 10),
  negativePrompt: 'negative_prompt',
  firstFrame: 'start_image_url',
  lastFrame: 'end_image_url',
};
const KLING_3: ModelFields = { ...KLING_2_6, duration: seconds(...secondsFrom(3, 15)) };
const OMNI: ModelFields = {
  aspectRatio: 'aspect_ratio',
  duration: seconds(...secondsFrom(3, 15)),
  firstFrame: 'image_url',
  lastFrame: 'end_image_url',
};
const KLING_O1: ModelFields = { duration: seconds(...secondsFrom(3, 10)), firstFrame: 'start_image_url', lastFrame: 'end_image_url' };

const HAILUO: ModelFields = { duration: seconds(6, 10), firstFrame: 'image_url' };
const HAILUO_02: ModelFields = { ...HAILUO, lastFrame: 'end_image_url' };

const SEEDANCE_1_FAST: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: RESOLUTION,
  duration: seconds(...secondsFrom(2, 12)),
  seed: 'seed',
  firstFrame: 'image_url',
};
const SEEDANCE_1_5: ModelFields = { ...SEEDANCE_1_FAST, duration: seconds(...secondsFrom(4, 12)), lastFrame: 'end_image_url' };
const SEEDANCE_2: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: RESOLUTION,
  duration: seconds(...secondsFrom(4, 15)),
  firstFrame: 'image_url',
  lastFrame: 'end_image_url',
};

const VEO: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: RESOLUTION,
  duration: { name: 'duration', form: 'suffixed', offered: [4, 6, 8] },
  negativePrompt: 'negative_prompt',
  seed: 'seed',
  firstFrame: 'image_url',
};

const VIDU: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: RESOLUTION,
  duration: wholeSeconds(...secondsFrom(1, 16)),
  seed: 'seed',
  firstFrame: 'image_url',
  lastFrame: 'end_image_url',
};

const GROK: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: RESOLUTION,
  duration: wholeSeconds(...secondsFrom(1, 15)),
  firstFrame: 'image_url',
};

/** The most common names, for models that are not listed here. */
export const USUAL_FIELDS: ModelFields = {
  count: upTo(4),
  size: IMAGE_SIZE,
  seed: 'seed',
  negativePrompt: 'negative_prompt',
  references: IMAGE_URLS,
  firstFrame: 'image_url',
  duration: seconds(),
  image: 'image_url',
};

export const FAL_MODELS: Readonly<Record<string, ModelFields>> = {
  'fal-ai/nano-banana': NANO_BANANA,
  'fal-ai/nano-banana/edit': NANO_BANANA,
  'fal-ai/nano-banana-2': NANO_BANANA_2,
  'fal-ai/nano-banana-2/edit': NANO_BANANA_2,
  'fal-ai/nano-banana-pro': NANO_BANANA_PRO,
  'fal-ai/nano-banana-pro/edit': NANO_BANANA_PRO,
  'openai/gpt-image-2': GPT_IMAGE_2,
  'openai/gpt-image-2/edit': GPT_IMAGE_2,
  'fal-ai/flux-pro/kontext/text-to-image': KONTEXT,
  'fal-ai/flux-pro/kontext/multi': KONTEXT,
  'fal-ai/flux-pro/kontext/max/text-to-image': KONTEXT,
  'fal-ai/flux-pro/kontext/max/multi': KONTEXT,
  'fal-ai/flux-2-pro': FLUX_2,
  'fal-ai/flux-2-pro/edit': FLUX_2,
  'fal-ai/flux-2-flex': FLUX_2,
  'fal-ai/flux-2-flex/edit': FLUX_2,
  'fal-ai/bytedance/seedream/v4/text-to-image': SEEDREAM,
  'fal-ai/bytedance/seedream/v4/edit': SEEDREAM,
  'fal-ai/bytedance/seedream/v4.5/text-to-image': SEEDREAM_4_5,
  'fal-ai/bytedance/seedream/v4.5/edit': SEEDREAM_4_5,
  'bytedance/seedream/v5/lite/text-to-image': SEEDREAM_5,
  'bytedance/seedream/v5/lite/edit': SEEDREAM_5,
  'wan/v2.6/image-to-video': WAN,
  'wan/v2.6/image-to-video/flash': WAN,
  'fal-ai/kling-video/v2.6/pro/text-to-video': KLING_2_6,
  'fal-ai/kling-video/v2.6/pro/image-to-video': KLING_2_6,
  'fal-ai/kling-video/v3/pro/text-to-video': KLING_3,
  'fal-ai/kling-video/v3/pro/image-to-video': KLING_3,
  'fal-ai/kling-video/o3/pro/text-to-video': OMNI,
  'fal-ai/kling-video/o3/pro/image-to-video': OMNI,
  'fal-ai/kling-video/o1/image-to-video': KLING_O1,
  'fal-ai/minimax/hailuo-02/standard/text-to-video': HAILUO_02,
  'fal-ai/minimax/hailuo-02/standard/image-to-video': HAILUO_02,
  'fal-ai/minimax/hailuo-2.3/standard/text-to-video': HAILUO,
  'fal-ai/minimax/hailuo-2.3/standard/image-to-video': HAILUO,
  'fal-ai/bytedance/seedance/v1/pro/fast/text-to-video': SEEDANCE_1_FAST,
  'fal-ai/bytedance/seedance/v1/pro/fast/image-to-video': SEEDANCE_1_FAST,
  'fal-ai/bytedance/seedance/v1.5/pro/text-to-video': SEEDANCE_1_5,
  'fal-ai/bytedance/seedance/v1.5/pro/image-to-video': SEEDANCE_1_5,
  'bytedance/seedance-2.0/text-to-video': SEEDANCE_2,
  'bytedance/seedance-2.0/image-to-video': SEEDANCE_2,
  'bytedance/seedance-2.0/fast/text-to-video': SEEDANCE_2,
  'bytedance/seedance-2.0/fast/image-to-video': SEEDANCE_2,
  'fal-ai/veo3.1': VEO,
  'fal-ai/veo3.1/image-to-video': VEO,
  'fal-ai/veo3.1/fast': VEO,
  'fal-ai/veo3.1/fast/image-to-video': VEO,
  'fal-ai/vidu/q3/text-to-video': VIDU,
  'fal-ai/vidu/q3/image-to-video': VIDU,
  'xai/grok-imagine-video/text-to-video': GROK,
  'xai/grok-imagine-video/image-to-video': GROK,
  'fal-ai/hunyuan3d/v2': { image: 'input_image_url', seed: 'seed' },
  'tripo3d/tripo/v2.5/multiview-to-3d': {
    views: { front: 'front_image_url', back: 'back_image_url', left: 'left_image_url', right: 'right_image_url' },
  },
};
