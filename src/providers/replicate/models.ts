/** What Replicate's official models take, by the input schemas of their pages: https://replicate.com/ followed by the id and `/api/schema`. */
import { secondsFrom } from '../media/duration';
import type { DurationField, ModelFields } from '../media/model-fields';

const seconds = (...offered: readonly number[]): DurationField => ({ name: 'duration', form: 'number', offered });
const OUTPUT_FORMAT = { name: 'output_format', jpeg: 'jpg' } as const;
const RESOLUTION = { name: 'resolution' } as const;

const NANO_BANANA: ModelFields = {
  aspectRatio: 'aspect_ratio',
  outputFormat: OUTPUT_FORMAT,
  references: { name: 'image_input', form: 'list' },
};
const SEEDREAM_4: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: { name: 'size' },
  references: { name: 'image_input', form: 'list' },
};
const KONTEXT: ModelFields = {
  aspectRatio: 'aspect_ratio',
  seed: 'seed',
  outputFormat: OUTPUT_FORMAT,
  references: { name: 'input_image', form: 'single' },
};
const FLUX_2: ModelFields = {
  aspectRatio: 'aspect_ratio',
  seed: 'seed',
  outputFormat: OUTPUT_FORMAT,
  references: { name: 'input_images', form: 'list' },
};

const SEEDANCE_1: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: RESOLUTION,
  duration: seconds(...secondsFrom(2, 12)),
  seed: 'seed',
  firstFrame: 'image',
};
const SEEDANCE_2: ModelFields = {
  ...SEEDANCE_1,
  duration: seconds(...secondsFrom(4, 15)),
  lastFrame: 'last_frame_image',
  references: { name: 'reference_images', form: 'list' },
};
const HAILUO: ModelFields = { resolution: RESOLUTION, duration: seconds(6, 10), firstFrame: 'first_frame_image' };
const KLING_2_6: ModelFields = {
  aspectRatio: 'aspect_ratio',
  duration: seconds(5, 10),
  negativePrompt: 'negative_prompt',
  firstFrame: 'start_image',
};
const VEO: ModelFields = {
  aspectRatio: 'aspect_ratio',
  resolution: RESOLUTION,
  duration: seconds(4, 6, 8),
  negativePrompt: 'negative_prompt',
  seed: 'seed',
  firstFrame: 'image',
  lastFrame: 'last_frame',
  references: { name: 'reference_images', form: 'list' },
};

/** It takes no reference pictures, only frames. */
const { references: _, ...VEO_FAST } = VEO;

/** The most common names, for models that are not listed here. */
export const USUAL_FIELDS: ModelFields = {
  aspectRatio: 'aspect_ratio',
  seed: 'seed',
  outputFormat: OUTPUT_FORMAT,
  references: { name: 'image_input', form: 'list' },
  firstFrame: 'image',
  duration: seconds(),
};

export const REPLICATE_MODELS: Readonly<Record<string, ModelFields>> = {
  'google/nano-banana': NANO_BANANA,
  'google/nano-banana-2': { ...NANO_BANANA, resolution: RESOLUTION },
  'google/nano-banana-pro': { ...NANO_BANANA, resolution: RESOLUTION },
  'bytedance/seedream-4': SEEDREAM_4,
  'black-forest-labs/flux-kontext-pro': KONTEXT,
  'black-forest-labs/flux-kontext-max': KONTEXT,
  'black-forest-labs/flux-2-pro': FLUX_2,
  'bytedance/seedance-1-pro': { ...SEEDANCE_1, lastFrame: 'last_frame_image' },
  'bytedance/seedance-1-pro-fast': SEEDANCE_1,
  'bytedance/seedance-2.0': SEEDANCE_2,
  'bytedance/seedance-2.0-fast': SEEDANCE_2,
  'minimax/hailuo-02': { ...HAILUO, lastFrame: 'last_frame_image' },
  'minimax/hailuo-2.3': HAILUO,
  'kwaivgi/kling-v2.6': KLING_2_6,
  'google/veo-3.1': VEO,
  'google/veo-3.1-fast': VEO_FAST,
};
