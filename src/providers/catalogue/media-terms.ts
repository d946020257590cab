/** What each media model takes, as data. What it costs is in the catalogue entry. */
import { fromCredits, type MicroCredits } from '../../core/money';
import { secondsFrom } from '../media/duration';
import type { MediaKind } from '../media/types';
import type { Model } from '../types';

interface ReferenceTerms {
  max: number;
  min?: number;
  /** `https`: public URLs only; `any`: data URLs and uploads too. */
  forms: 'https' | 'any';
}

export interface MediaTerms {
  kind: MediaKind;
  /** The only sizes; without a list any size may be asked for. */
  sizes?: readonly string[];
  aspectRatios?: readonly string[];
  resolutions?: readonly string[];
  references?: ReferenceTerms;
  /** A film's default length in seconds, and the only lengths where there are just some. */
  duration?: { default: number; offered?: readonly number[] };
  needsPrompt?: boolean;
  /** A video model that always starts from a picture. */
  needsFirstFrame?: boolean;
  /** A 3D model that needs pictures from several sides. */
  needsViews?: boolean;
  /** The surcharge for `mode: "fast"`; a quarter unless given. */
  fastSurchargePercent?: number;
  /** What one price covers: bytes of a text in UTF-8, seconds of a recording. A longer input counts as several requests. */
  textBytesARequest?: number;
  audioSecondsARequest?: number;
  /** What a picture counts as by its quality, where providers bill by that; an unknown quality counts as the dearest. */
  pricesByQuality?: Readonly<Record<string, number>>;
  /** For GPU runs: how long a run may take, and the most that is paid. */
  maxSeconds?: number;
  /** A GPU model fast enough that calls wait for the result. */
  inline?: boolean;
  /** From the request until the job is given up. */
  deadlineSeconds: number;
}

/** The provider of `mode: "fast"`. */
export const FAST_PROVIDER = 'wavespeed';
export const FAST_SURCHARGE_PERCENT = 25;

const ASPECT_RATIOS = ['1:1', '3:2', '2:3', '4:3', '3:4', '16:9', '9:16', '21:9'];

const IMAGE: MediaTerms = { kind: 'image', needsPrompt: true, references: { max: 10, forms: 'any' }, deadlineSeconds: 900 };
/** Documented for all films. */
export const FILM_SECONDS = { min: 1, max: 60 };
const USUAL_SECONDS = 5;
const VIDEO: MediaTerms = {
  kind: 'video',
  needsPrompt: true,
  references: { max: 10, forms: 'any' },
  duration: { default: USUAL_SECONDS },
  deadlineSeconds: 3_600,
};
const IMAGE_TO_VIDEO: Partial<MediaTerms> = { needsFirstFrame: true, fastSurchargePercent: 0 };
const lengths = (offered: readonly number[], usual = USUAL_SECONDS): Pick<MediaTerms, 'duration'> => ({
  duration: { default: usual, offered },
});
/** The lengths that the first provider in a model's chain makes: see the vendors' `models.ts`. */
const WAN = lengths([5, 10, 15]);
const KLING_2_6 = lengths([5, 10]);
const KLING_3 = lengths(secondsFrom(3, 15));
const HAILUO = lengths([6, 10]);
const SEEDANCE_1 = lengths(secondsFrom(2, 12));
const SEEDANCE_2 = lengths(secondsFrom(4, 15));
const VEO = [4, 6, 8];
const VEO_BY_SECOND = lengths(VEO);
/** One price for all lengths, so the default is the longest. */
const VEO_BY_CLIP = lengths(VEO, 8);
const GROK = lengths([6, 10]);

const TO_1K: Partial<MediaTerms> = { resolutions: ['0.5K', '1K'] };
const TO_2K: Partial<MediaTerms> = { resolutions: ['1K', '2K'] };
/** Billed by the megapixel: https://fal.ai/models/fal-ai/flux-2-pro and `.../flux-2-flex` */
const BY_PIXELS: Partial<MediaTerms> = { resolutions: ['1K'] };
const AUDIO_SECONDS = 600;

const FAMILY_TERMS: Readonly<Record<string, MediaTerms>> = {
  image: IMAGE,
  video: VIDEO,
  audio: { kind: 'tts', needsPrompt: true, deadlineSeconds: AUDIO_SECONDS },
  '3d': { kind: '3d', deadlineSeconds: 1_800 },
  gpu: { kind: 'gpu', maxSeconds: 600, deadlineSeconds: 7_200 },
};

/** What the documents say of single models. */
const MODEL_TERMS: Readonly<Record<string, Partial<MediaTerms>>> = {
  'gpt-image-2': {
    sizes: ['auto', '1024x1024', '1536x1024', '1024x1536', '2048x2048', '4096x4096'],
    resolutions: ['1K', '2K', '4K'],
    references: { max: 4, forms: 'https' },
  },
  // A 4K picture costs the provider twice as much, and is a model of its own here.
  nano_banana_pro: TO_2K,
  'gemini-3-pro-image-preview': TO_2K,
  'gemini-3-pro-image-preview-official': TO_2K,
  // Each tier has its own price at the provider; here that is the model whose name has the tiers.
  nano_banana_2: TO_1K,
  'gemini-3.1-flash-image-preview': TO_1K,
  'gemini-3.1-flash-image-preview-official': { resolutions: ['0.5K', '1K', '2K'] },
  'flux-2-pro': BY_PIXELS,
  'flux-2-flex': BY_PIXELS,
  'gemini-3-1-flash-t2i': {
    aspectRatios: ASPECT_RATIOS,
    resolutions: ['0.5K', '1K', '2K', '4K'],
    references: { max: 4, forms: 'any' },
  },
  'veo-3-1-i2v': { ...IMAGE_TO_VIDEO, ...VEO_BY_CLIP },
  'sora-2-i2v': IMAGE_TO_VIDEO,
  'wan-2-6-i2v': { ...IMAGE_TO_VIDEO, ...WAN },
  'wan2.6': WAN,
  'wan2.6-flash': { needsFirstFrame: true, ...lengths(secondsFrom(2, 15)) },
  'kling-2-6': KLING_2_6,
  'kling-video-o1': KLING_2_6,
  'kling-v3': KLING_3,
  'kling-v3-video': KLING_3,
  'kling-v3-omni': KLING_3,
  'MiniMax-Hailuo-02': HAILUO,
  'MiniMax-Hailuo-2.3': HAILUO,
  'doubao-seedance-1-0-pro-fast': SEEDANCE_1,
  'doubao-seedance-1-0-pro-quality': SEEDANCE_1,
  'doubao-seedance-1-5-pro': lengths(secondsFrom(4, 12)),
  'doubao-seedance-2-0': SEEDANCE_2,
  'seedance-2-0': SEEDANCE_2,
  'seedance-2-0-t2v': SEEDANCE_2,
  'doubao-seedance-2-0-fast': SEEDANCE_2,
  'seedance-2-0-turbo-t2v': SEEDANCE_2,
  'Veo3.1-fast-official': VEO_BY_SECOND,
  'veo3.1-fast': VEO_BY_CLIP,
  'Veo3.1-quality-official': VEO_BY_SECOND,
  'veo3.1-quality': VEO_BY_CLIP,
  'vidu-q3-pro': lengths(secondsFrom(1, 16)),
  'grok-video-3': GROK,
  'grok-video-t2v': GROK,
  'audio-clone': { kind: 'clone' },
  'audio-asr': { kind: 'asr', needsPrompt: false },
  'hunyuan3d-v2-base': { references: { max: 1, forms: 'any' } },
  'tripo3d-multiview-to-3d': { needsViews: true },
  sdxl: { maxSeconds: 120, inline: true, deadlineSeconds: 900 },
  'wan-video': { maxSeconds: 600 },
};

export const mediaTerms = ({ id, family }: Pick<Model, 'id' | 'family'>): MediaTerms | undefined => {
  const terms = FAMILY_TERMS[family];
  return terms && { ...terms, ...MODEL_TERMS[id] };
};

/** Which models fit an intent; the cheapest that can be had answers. */
export const INTENTS: Readonly<Record<string, { family: Model['family']; models: readonly string[] }>> = {
  'text-to-image': { family: 'image', models: ['gpt-image-2', 'gpt-4o-image', 'nano_banana', 'flux-2-pro', 'doubao-seedream-4-5'] },
  'text-to-image-fast': {
    family: 'image',
    models: ['gemini-3-1-flash-t2i', 'nano-banana-t2i', 'nano_banana', 'gemini-2.5-flash-image-preview', 'gpt-image-2'],
  },
  'text-to-image-quality': {
    family: 'image',
    models: ['gemini-3-pro-image-preview', 'nano_banana_pro', 'flux-2-flex', 'gemini-3-pro-image-preview-4K'],
  },
  'image-edit': { family: 'image', models: ['gpt-image-2', 'gemini-3-1-flash-t2i', 'flux-kontext-pro', 'nano_banana'] },
  'text-to-video': { family: 'video', models: ['wan2.6', 'kling-v3', 'doubao-seedance-2-0', 'grok-video-t2v', 'veo3.1-fast'] },
  'text-to-video-fast': {
    family: 'video',
    models: ['doubao-seedance-2-0-fast', 'doubao-seedance-1-0-pro-fast', 'veo3.1-fast'],
  },
  'image-to-video': { family: 'video', models: ['wan-2-6-i2v', 'veo-3-1-i2v', 'sora-2-i2v', 'kling-v3'] },
  'text-to-speech': { family: 'audio', models: ['audio-tts'] },
  'voice-clone': { family: 'audio', models: ['audio-clone'] },
  'speech-to-text': { family: 'audio', models: ['audio-asr'] },
  'image-to-3d': { family: '3d', models: ['hunyuan3d-v2-base'] },
};

/** GPU pools of the vendor, in micro-credits a second. */
export const GPU_POOL_MICRO: Readonly<Record<string, MicroCredits>> = {
  AMPERE_16: fromCredits(1),
  AMPERE_24: fromCredits(1.2),
  ADA_24: fromCredits(1.5),
  AMPERE_48: fromCredits(2),
  ADA_48_PRO: fromCredits(3),
  AMPERE_80: fromCredits(4),
  ADA_80_PRO: fromCredits(6),
  HOPPER_141: fromCredits(8),
};

/**
 * The price of a deployment is that of the first pool it lists, wherever its runs land. The documents' example lists
 * `ADA_48_PRO,AMPERE_80` and bills 56 credits for 18.42 s.
 */
export const poolMicro = ([first = '']: readonly string[]): MicroCredits => GPU_POOL_MICRO[first] ?? 0;

/** The price of an idle worker's second, in percent of a working one's. */
const IDLE_PERCENT = 10;
/** By the dearest pool listed, since nobody says in which pool a worker is idle. */
export const idlePoolMicro = (gpuTypes: readonly string[]): MicroCredits =>
  Math.ceil((Math.max(0, ...gpuTypes.map((type) => poolMicro([type]))) * IDLE_PERCENT) / 100);
