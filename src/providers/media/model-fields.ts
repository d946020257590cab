/** How upstream models call what we know of a request: data, and one function that makes their fields of it. */
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

export interface SizeField {
  name: string;
  /** `1024*1024`, `1024x1024`, or `{width, height}`. */
  form: 'star' | 'x' | 'object';
  minSide?: number;
  minPixels?: number;
  /** The largest that is made: a size beyond becomes that of its shape. */
  max?: { pixels: number; side: number };
  /** The only ones; a shape that is not among them goes as it came. */
  offered?: readonly Sides[];
}

export interface DurationField {
  name: string;
  /** `5`, `"5"` or `"5s"`. */
  form: 'number' | 'text' | 'suffixed';
  /** The only lengths, in seconds; any where the list is empty. */
  offered: readonly number[];
}

export interface ResolutionField {
  name: string;
  /** `1k` for `1K`. */
  form?: 'lower';
  /** Has it the half-size tier of pictures? */
  half?: boolean;
}

/** A model has no field for what has no name here; that is left out. */
export interface ModelFields {
  prompt?: string;
  count?: { name: string; max: number };
  size?: SizeField;
  aspectRatio?: string;
  /** The only aspect ratios, for the one that is nearest to a size; the caller's own goes as it came. */
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
  /** Of 3D. */
  image?: string;
  views?: Readonly<Record<'front' | 'back' | 'left' | 'right', string>>;
}

type Fields = Record<string, unknown>;

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

/** What a model with one of size, ratio and tier makes of the others, so that what is made is what is billed. */
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
  // A model that goes on from one picture takes the first that there is.
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

/** The fields of the model that say what the input says. */
export function fieldsOf(input: MediaInput, model: ModelFields): Fields {
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

/** Has the model a name for every picture that came? One to go by is as good as a first frame. */
export function takesAll({ kind, references = [], mask, firstFrame, lastFrame }: Brought, model: ModelFields): boolean {
  const asFrame = kind === 'video' && firstFrame === undefined ? 1 : 0;
  const most = model.references === undefined ? asFrame : model.references.form === 'list' ? Infinity : 1;
  return (
    references.length <= most &&
    (mask === undefined || model.mask !== undefined) &&
    (lastFrame === undefined || model.lastFrame !== undefined)
  );
}

/** How long the film is that the model is asked for; undefined for what is no film. */
export const secondsOf = (input: MediaInput, { duration }: ModelFields): number | undefined =>
  input.kind === 'video' ? offeredSeconds(input.durationSeconds, duration?.offered ?? []) : undefined;

/** The caller's fields that would change what is billed, or how the answer comes. */
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

/** The target's defaults, under the caller's own fields, under what the gateway knows and bills. */
export const bodyOf = ({ defaults, input }: Pick<Submission, 'defaults' | 'input'>, model: ModelFields): Fields => ({
  ...defaults,
  ...passedOn(input.extra),
  ...fieldsOf(input, model),
});
