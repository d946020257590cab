/** How upstream models name what the gateway knows of a request: data, and a function that builds their fields from it. */
import type { Fields } from '../../core/record';
import {
  atLeast,
  atMost,
  nearestRatio,
  nearestSides,
  ofPixels,
  readSides,
  type Sides,
  sidesOfFilm,
  sidesOfTier,
  tierOfSides,
} from './dimensions';
import { offeredSeconds } from './duration';
import { sourceUrl } from './sources';
import type { Brought, ImageInput, MediaInput, MediaSource, Submission, ThreeDInput, VideoInput } from './types';

interface SizeField {
  name: string;
  /** `1024*1024`, `1024x1024`, or `{width, height}`. */
  form: 'star' | 'x' | 'object';
  minSide?: number;
  minPixels?: number;
  /** The largest size made; a larger one is scaled down in its own ratio. */
  max?: { pixels: number; side: number };
  /** The only sizes; a ratio that none of them has is sent as it came. */
  offered?: readonly Sides[];
}

export interface DurationField {
  name: string;
  /** `5`, `"5"` or `"5s"`. */
  form: 'number' | 'text' | 'suffixed';
  /** The only lengths in seconds; an empty list allows any. */
  offered: readonly number[];
}

interface ResolutionField {
  name: string;
  /** `1k` instead of `1K`. */
  form?: 'lower';
  /** Whether it has the half-size picture tier. */
  half?: boolean;
}

/** Whatever has no name here is not sent to the model. */
export interface ModelFields {
  prompt?: string;
  count?: { name: string; max: number };
  size?: SizeField;
  aspectRatio?: string;
  /** The only aspect ratios when one is derived from a size; the caller's own ratio is sent as it came. */
  ratios?: readonly string[];
  resolution?: ResolutionField;
  duration?: DurationField;
  firstFrame?: string;
  lastFrame?: string;
  references?: { name: string; form: 'list' | 'single' };
  mask?: string;
  negativePrompt?: string;
  seed?: string;
  quality?: string;
  outputFormat?: { name: string; jpeg?: string };
  /** For 3D models. */
  image?: string;
  views?: Readonly<Record<'front' | 'back' | 'left' | 'right', string>>;
}

const named = (name: string | undefined, value: unknown): Fields => (name === undefined || value === undefined ? {} : { [name]: value });
const urlOf = (source: MediaSource | undefined): string | undefined => source && sourceUrl(source);

function sidesWithin({ minSide, minPixels, max, offered }: SizeField, asked: Sides): Sides {
  if (offered) return nearestSides(asked, offered);
  const sides = ofPixels(minSide === undefined ? asked : atLeast(asked, minSide), minPixels ?? 0);
  return max ? atMost(sides, max.pixels, max.side) : sides;
}

function sizeValue(field: SizeField, asked: Sides): unknown {
  const { form } = field;
  const { width, height } = sidesWithin(field, asked);
  if (form === 'object') return { width, height };
  return form === 'star' ? `${width}*${height}` : `${width}x${height}`;
}

/** Fills whichever of size, ratio and tier the model has from the others, so that what is made is what is billed. */
function shapeFields(input: ImageInput, model: ModelFields): Fields {
  const sides = readSides(input.size);
  const { aspectRatio, resolution } = input;
  const asked = sides ?? (aspectRatio !== undefined || resolution !== undefined ? sidesOfTier(aspectRatio, resolution) : undefined);
  const tier = resolution ?? (sides && tierOfSides(sides) !== '1K' ? tierOfSides(sides) : undefined);
  return {
    ...(model.size && asked && { [model.size.name]: sizeValue(model.size, asked) }),
    ...named(model.aspectRatio, aspectRatio ?? (sides && !model.size ? nearestRatio(sides, model.ratios) : undefined)),
    ...named(model.resolution?.name, tier === undefined ? undefined : tierValue(model.resolution, tier)),
  };
}

function tierValue(field: ResolutionField | undefined, tier: string): string {
  const offered = tier === '0.5K' && !field?.half ? '1K' : tier;
  return field?.form === 'lower' ? offered.toLowerCase() : offered;
}

function imageFields(input: ImageInput, model: ModelFields): Fields {
  const references = input.references.map(sourceUrl);
  const format = input.outputFormat === 'jpeg' ? (model.outputFormat?.jpeg ?? 'jpeg') : input.outputFormat;
  return {
    [model.prompt ?? 'prompt']: input.prompt,
    ...(model.count && { [model.count.name]: Math.min(input.count, model.count.max) }),
    ...shapeFields(input, model),
    ...referenceFields(references, model),
    ...named(model.mask, urlOf(input.mask)),
    ...named(model.negativePrompt, input.negativePrompt),
    ...named(model.seed, input.seed),
    ...named(model.quality, input.quality),
    ...named(model.outputFormat?.name, format),
  };
}

const referenceFields = (references: readonly string[], { references: field }: ModelFields): Fields =>
  field === undefined || references.length === 0 ? {} : { [field.name]: field.form === 'list' ? references : references[0] };

function durationValue({ form }: DurationField, seconds: number): number | string {
  if (form === 'number') return seconds;
  return form === 'text' ? String(seconds) : `${seconds}s`;
}

function videoFields(input: VideoInput, model: ModelFields): Fields {
  const references = input.references.map(sourceUrl);
  // A model that starts from one picture takes the first one given.
  const first = urlOf(input.firstFrame) ?? (model.references ? undefined : references[0]);
  const seconds = offeredSeconds(input.durationSeconds, model.duration?.offered ?? []);
  const { aspectRatio, resolution } = input;
  const shaped = aspectRatio !== undefined || resolution !== undefined;
  return {
    ...named(model.prompt ?? 'prompt', input.prompt === '' ? undefined : input.prompt),
    ...(model.duration && { [model.duration.name]: durationValue(model.duration, seconds) }),
    ...(model.size && shaped && { [model.size.name]: sizeValue(model.size, sidesOfFilm(aspectRatio, resolution)) }),
    ...named(model.aspectRatio, aspectRatio),
    ...named(model.resolution?.name, resolution),
    ...named(model.firstFrame, first),
    ...named(model.lastFrame, urlOf(input.lastFrame)),
    ...referenceFields(references, model),
    ...named(model.negativePrompt, input.negativePrompt),
    ...named(model.seed, input.seed),
  };
}

const SIDES = ['front', 'back', 'left', 'right'] as const;

function threeDFields({ prompt, image, views }: ThreeDInput, model: ModelFields): Fields {
  const sides = SIDES.map((side) => named(model.views?.[side], urlOf(views?.[side])));
  return Object.assign({ ...named(model.prompt ?? 'prompt', prompt), ...named(model.image, urlOf(image ?? views?.front)) }, ...sides);
}

/** The model's fields for an input. */
function fieldsOf(input: MediaInput, model: ModelFields): Fields {
  switch (input.kind) {
    case 'image':
      return imageFields(input, model);
    case 'video':
      return videoFields(input, model);
    case '3d':
      return threeDFields(input, model);
    default:
      return {};
  }
}

/** Does the model have a field for every picture given? A single reference may serve as the first frame. */
export function takesAll({ kind, references = [], mask, firstFrame, lastFrame }: Brought, model: ModelFields): boolean {
  const asFrame = kind === 'video' && firstFrame === undefined ? 1 : 0;
  const most = model.references === undefined ? asFrame : model.references.form === 'list' ? Infinity : 1;
  return (
    references.length <= most &&
    (mask === undefined || model.mask !== undefined) &&
    (lastFrame === undefined || model.lastFrame !== undefined)
  );
}

/** The film length that the model is asked for; undefined for anything but films. */
export const secondsOf = (input: MediaInput, { duration }: ModelFields): number | undefined =>
  input.kind === 'video' ? offeredSeconds(input.durationSeconds, duration?.offered ?? []) : undefined;

/** Caller fields that would change what is billed, or the form of the answer. */
const WITHHELD: ReadonlySet<string> = new Set([
  'n',
  'num_images',
  'num_results',
  'num_outputs',
  'num_samples',
  'max_images',
  'batch_size',
  'number_of_images',
  'numberOfImages',
  'sequential_image_generation',
  'num_frames',
  'frames',
  'num_videos',
  'multi_prompt',
  'sync_mode',
  'enable_sync_mode',
  'enable_base64_output',
  'webhook',
  'webhook_events_filter',
  'callback_url',
]);

export const passedOn = (extra: Readonly<Record<string, unknown>>): Fields =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => !WITHHELD.has(name)));

/** The target's defaults, overridden by the caller's fields, overridden by what the gateway knows and bills. */
export const bodyOf = ({ defaults, input }: Pick<Submission, 'defaults' | 'input'>, model: ModelFields): Fields => ({
  ...defaults,
  ...passedOn(input.extra),
  ...fieldsOf(input, model),
});
