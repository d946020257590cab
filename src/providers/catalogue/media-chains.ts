/**
 * Where each media model can be had, in order of preference. The maker itself comes first; then, for pictures, fal,
 * which makes several in one call; for films WaveSpeed, which also is the provider of `mode: "fast"`.
 *
 * Each vendor's id is the one on its page of the model: `https://wavespeed.ai/models/`, `https://fal.ai/models/` and
 * `https://replicate.com/` followed by the id; Google's are at https://ai.google.dev/gemini-api/docs/models, OpenAI's
 * at https://developers.openai.com/api/docs/models, Fish Audio's at https://docs.fish.audio/developer-guide/models-pricing/models-overview.
 *
 * These have no provider, and are listed all the same:
 * - `gpt-4o-image`: no vendor has a model of this name, and the one that it may stand for ends in October 2026
 *   (https://developers.openai.com/api/docs/deprecations).
 * - `gemini-2.5-flash-image-official`: Google ends it in October 2026, and "official" promises Google itself
 *   (https://ai.google.dev/gemini-api/docs/deprecations).
 * - `gemini-3.1-fast-imagen`, `gemini-3.1-thinking-imagen`, `gemini_omni`: no vendor's model of this name.
 * - `doubao-seedream-5-0`: vendors have a "5.0 lite" only, and none says that it is the same.
 * - `sora-2-i2v`: OpenAI's Videos API ended in September 2026 (https://developers.openai.com/api/docs/deprecations).
 * - `sdxl`, `wan-video`: they run on endpoints of the operator's own at RunPod: `runpod/endpoints.ts`.
 */
import { MICRO_PER_USD } from '../../core/money';
import type { LengthCost, MediaTarget } from '../types';

/** The second id is for calls with pictures. */
const at =
  (provider: string) =>
  (model: string, modelWithReferences?: string, defaults?: MediaTarget['defaults']): MediaTarget => ({
    provider,
    model,
    ...(modelWithReferences !== undefined && { modelWithReferences }),
    ...(defaults && { defaults }),
  });
const google = at('google');
const openai = at('openai');
const fishAudio = at('fish-audio');
const wavespeed = at('wavespeed');
const fal = at('fal');
const replicate = at('replicate');

/** Most models exist twice: from text and from a picture. */
const wavespeedVideo = (model: string) => wavespeed(`${model}/text-to-video`, `${model}/image-to-video`);
const falVideo = (model: string) => fal(`${model}/text-to-video`, `${model}/image-to-video`);

/** The same model under each of Google's names for it: Gemini 2.5 Flash Image. */
const NANO_BANANA = [
  fal('fal-ai/nano-banana', 'fal-ai/nano-banana/edit'),
  wavespeed('google/nano-banana/text-to-image', 'google/nano-banana/edit'),
  replicate('google/nano-banana'),
];
/** Gemini 3.1 Flash Image. Its preview id ended in June 2026: https://ai.google.dev/gemini-api/docs/deprecations */
const NANO_BANANA_2 = [
  google('gemini-3.1-flash-image'),
  fal('fal-ai/nano-banana-2', 'fal-ai/nano-banana-2/edit'),
  wavespeed('google/nano-banana-2/text-to-image', 'google/nano-banana-2/edit'),
  replicate('google/nano-banana-2'),
];
/** Gemini 3 Pro Image, and its preview id too. */
const nanoBananaPro = (tier?: '4K') => [
  google('gemini-3-pro-image', undefined, tier && { imageSize: tier }),
  fal('fal-ai/nano-banana-pro', 'fal-ai/nano-banana-pro/edit', tier && { resolution: tier }),
  wavespeed('google/nano-banana-pro/text-to-image', 'google/nano-banana-pro/edit', tier && { resolution: tier.toLowerCase() }),
  replicate('google/nano-banana-pro', undefined, tier && { resolution: tier }),
];

const kontext = (grade: 'pro' | 'max') => {
  const falId = grade === 'pro' ? 'fal-ai/flux-pro/kontext' : 'fal-ai/flux-pro/kontext/max';
  return [
    fal(`${falId}/text-to-image`, `${falId}/multi`),
    wavespeed(`wavespeed-ai/flux-kontext-${grade}/text-to-image`, `wavespeed-ai/flux-kontext-${grade}/multi`),
    replicate(`black-forest-labs/flux-kontext-${grade}`),
  ];
};
const flux2 = (grade: 'pro' | 'flex') => [
  fal(`fal-ai/flux-2-${grade}`, `fal-ai/flux-2-${grade}/edit`),
  wavespeed(`wavespeed-ai/flux-2-${grade}/text-to-image`, `wavespeed-ai/flux-2-${grade}/edit`),
];
const seedream = (version: string) => [
  fal(`fal-ai/bytedance/seedream/v${version}/text-to-image`, `fal-ai/bytedance/seedream/v${version}/edit`),
  wavespeed(`bytedance/seedream-v${version}`, `bytedance/seedream-v${version}/edit`),
];

/**
 * A square of 1,024 pixels costs 0.006, 0.053 and 0.211 USD at OpenAI,
 * https://developers.openai.com/api/docs/guides/image-generation, and larger ones in proportion. fal follows these
 * prices, and makes the dearest quality unless told otherwise: https://fal.ai/models/openai/gpt-image-2
 */
const byQuality = (target: MediaTarget): MediaTarget => ({
  ...target,
  defaults: { quality: 'medium' },
  pricesByQuality: { low: 1, medium: 1, high: 4 },
});

const IMAGES: Readonly<Record<string, readonly MediaTarget[]>> = {
  'gpt-image-2': [
    byQuality(openai('gpt-image-2')),
    byQuality(fal('openai/gpt-image-2', 'openai/gpt-image-2/edit')),
    byQuality(wavespeed('openai/gpt-image-2/text-to-image', 'openai/gpt-image-2/edit')),
  ],
  nano_banana: NANO_BANANA,
  'nano-banana-t2i': NANO_BANANA,
  'gemini-2.5-flash-image-preview': NANO_BANANA,
  nano_banana_2: NANO_BANANA_2,
  'gemini-3.1-flash-image-preview': NANO_BANANA_2,
  'gemini-3-1-flash-t2i': NANO_BANANA_2,
  'gemini-3.1-flash-image-preview-official': [google('gemini-3.1-flash-image')],
  nano_banana_pro: nanoBananaPro(),
  'gemini-3-pro-image-preview': nanoBananaPro(),
  'gemini-3-pro-image-preview-4K': nanoBananaPro('4K'),
  'gemini-3-pro-image-preview-official': [google('gemini-3-pro-image')],
  'flux-kontext-pro': kontext('pro'),
  'flux-kontext-max': kontext('max'),
  'flux-2-pro': [...flux2('pro'), replicate('black-forest-labs/flux-2-pro')],
  'flux-2-flex': flux2('flex'),
  'doubao-seedream-4-0': [...seedream('4'), replicate('bytedance/seedream-4')],
  'doubao-seedream-4-5': seedream('4.5'),
};

const KLING_3 = [wavespeedVideo('kwaivgi/kling-v3.0-pro'), falVideo('fal-ai/kling-video/v3/pro')];
const SEEDANCE_2 = [wavespeedVideo('bytedance/seedance-2.0'), falVideo('bytedance/seedance-2.0'), replicate('bytedance/seedance-2.0')];
const VEO_QUALITY = [wavespeedVideo('google/veo3.1'), fal('fal-ai/veo3.1', 'fal-ai/veo3.1/image-to-video'), replicate('google/veo-3.1')];
const VEO_FAST = [
  wavespeedVideo('google/veo3.1-fast'),
  fal('fal-ai/veo3.1/fast', 'fal-ai/veo3.1/fast/image-to-video'),
  replicate('google/veo-3.1-fast'),
];
const GROK = [wavespeedVideo('x-ai/grok-imagine-video'), falVideo('xai/grok-imagine-video')];

const VIDEOS: Readonly<Record<string, readonly MediaTarget[]>> = {
  'wan2.6': [wavespeedVideo('alibaba/wan-2.6')],
  'wan-2-6-i2v': [wavespeed('alibaba/wan-2.6/image-to-video'), fal('wan/v2.6/image-to-video')],
  // Only from a picture; there is no text variant:
  // https://wavespeed.ai/docs/docs-api/alibaba/alibaba-wan-2.6-image-to-video-flash
  'wan2.6-flash': [wavespeed('alibaba/wan-2.6/image-to-video-flash'), fal('wan/v2.6/image-to-video/flash')],
  'kling-2-6': [wavespeedVideo('kwaivgi/kling-v2.6-pro'), falVideo('fal-ai/kling-video/v2.6/pro'), replicate('kwaivgi/kling-v2.6')],
  'kling-v3': KLING_3,
  'kling-v3-video': KLING_3,
  'kling-v3-omni': [wavespeedVideo('kwaivgi/kling-video-o3-pro'), falVideo('fal-ai/kling-video/o3/pro')],
  'kling-video-o1': [wavespeedVideo('kwaivgi/kling-video-o1')],
  'MiniMax-Hailuo-02': [
    wavespeed('minimax/hailuo-02/standard'),
    falVideo('fal-ai/minimax/hailuo-02/standard'),
    replicate('minimax/hailuo-02'),
  ],
  'MiniMax-Hailuo-2.3': [
    wavespeed('minimax/hailuo-2.3/t2v-standard', 'minimax/hailuo-2.3/i2v-standard'),
    falVideo('fal-ai/minimax/hailuo-2.3/standard'),
    replicate('minimax/hailuo-2.3'),
  ],
  'doubao-seedance-1-0-pro-fast': [
    wavespeedVideo('bytedance/seedance-v1-pro-fast'),
    falVideo('fal-ai/bytedance/seedance/v1/pro/fast'),
    replicate('bytedance/seedance-1-pro-fast'),
  ],
  // WaveSpeed splits it into one model for each resolution, so none of them is this one; fal serves the fast one in its
  // place: https://fal.ai/models/fal-ai/bytedance/seedance/v1/pro/image-to-video/api
  'doubao-seedance-1-0-pro-quality': [replicate('bytedance/seedance-1-pro')],
  'doubao-seedance-1-5-pro': [wavespeedVideo('bytedance/seedance-v1.5-pro'), falVideo('fal-ai/bytedance/seedance/v1.5/pro')],
  'doubao-seedance-2-0': SEEDANCE_2,
  'seedance-2-0': SEEDANCE_2,
  'seedance-2-0-t2v': SEEDANCE_2,
  'doubao-seedance-2-0-fast': [
    wavespeedVideo('bytedance/seedance-2.0-fast'),
    falVideo('bytedance/seedance-2.0/fast'),
    replicate('bytedance/seedance-2.0-fast'),
  ],
  'seedance-2-0-turbo-t2v': [wavespeed('bytedance/seedance-2.0/text-to-video-turbo', 'bytedance/seedance-2.0/image-to-video-turbo')],
  // Google serves films as operations, which its adapter does not support, so these are resellers of Google's model.
  'Veo3.1-fast-official': VEO_FAST,
  'veo3.1-fast': VEO_FAST,
  'Veo3.1-quality-official': VEO_QUALITY,
  'veo3.1-quality': VEO_QUALITY,
  'veo-3-1-i2v': [wavespeed('google/veo3.1/image-to-video'), fal('fal-ai/veo3.1/image-to-video'), replicate('google/veo-3.1')],
  // fal has a "Q3" without a grade.
  'vidu-q3-pro': [wavespeedVideo('vidu/q3-pro')],
  'grok-video-3': GROK,
  'grok-video-t2v': GROK,
};

/** https://docs.fish.audio/developer-guide/models-pricing/pricing-and-rate-limits: 15 USD a million bytes of UTF-8, 0.36 USD an hour. */
const SPOKEN: LengthCost = { per: 'text_byte', micro: (15 * MICRO_PER_USD) / 1e6 };
const HEARD: LengthCost = { per: 'audio_second', micro: (0.36 * MICRO_PER_USD) / 3_600 };

/** Speech recognition has no model parameter; this id is only for receipts. */
const AUDIO: Readonly<Record<string, readonly MediaTarget[]>> = {
  'audio-tts': [{ ...fishAudio('s2.1-pro'), lengthCost: SPOKEN }],
  'audio-clone': [{ ...fishAudio('s2.1-pro'), lengthCost: SPOKEN }],
  'audio-asr': [{ ...fishAudio('transcribe-1'), lengthCost: HEARD }],
};

const THREE_D: Readonly<Record<string, readonly MediaTarget[]>> = {
  'hunyuan3d-v2-base': [wavespeed('wavespeed-ai/hunyuan3d/v2-base'), fal('fal-ai/hunyuan3d/v2')],
  'tripo3d-multiview-to-3d': [wavespeed('tripo3d/v2.5/multiview-to-3d'), fal('tripo3d/tripo/v2.5/multiview-to-3d')],
};

/** A model without an entry here has no provider yet. */
export const MEDIA_CHAINS: Readonly<Record<string, readonly MediaTarget[]>> = { ...IMAGES, ...VIDEOS, ...AUDIO, ...THREE_D };
