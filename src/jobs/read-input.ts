/** A request's fields as the input of a kind of media, checked against what the model takes. Pure. */
import { ok, type Result } from '../core/errors';
import { FILM_SECONDS, type MediaTerms } from '../providers/catalogue/media-terms';
import { linesOfSides, nearestRatio, readRatio, readSides, tierOfSides } from '../providers/media/dimensions';
import { fittingSeconds } from '../providers/media/duration';
import type {
  CloneInput,
  GpuInput,
  ImageInput,
  MediaInput,
  MediaKind,
  MediaSource,
  SpeechInput,
  ThreeDInput,
  TranscriptionInput,
  VideoInput,
} from '../providers/media/types';
import { ANY, type Fields, invalid } from './read-fields';

export const MAX_IMAGES = 10;
/** https://platform.openai.com/docs/api-reference/images/create#images-create-partial_images */
const MAX_PARTIALS = 3;
const SEED = { min: -1, max: 2 ** 53 };

/** Fields by name, without absent ones. */
type Present<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };
const present = <T extends Record<string, unknown>>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;

/** The values of several reads, or the first error among them. */
function all<T extends Record<string, Result<unknown>>>(
  reads: T,
): Result<{ [Name in keyof T]: T[Name] extends Result<infer Value> ? Value : never }> {
  for (const read of Object.values(reads)) if (!read.ok) return read;
  const values = Object.entries(reads).map(([name, read]) => [name, read.ok ? read.value : undefined]);
  return ok(Object.fromEntries(values));
}

/** `auto` is left out: some providers do not know it, and others refuse it for some of their models. */
function ratioOf(fields: Fields, { aspectRatios }: MediaTerms): Result<string | undefined> {
  const read = fields.oneOf(['aspect_ratio', 'aspectRatio'], aspectRatios && [...aspectRatios, 'auto']);
  return read.ok && read.value === 'auto' ? ok(undefined) : read;
}

type Reader = (fields: Fields, terms: MediaTerms) => Result<MediaInput>;

function readImage(fields: Fields, terms: MediaTerms): Result<ImageInput> {
  const streams = fields.flag('stream');
  fields.ignore('response_format');
  const forms = terms.references?.forms ?? 'any';
  const read = all({
    prompt: fields.longText(['prompt'], terms.needsPrompt ?? false),
    count: fields.number(['n', 'num_images'], ANY),
    size: fields.oneOf(['size'], terms.sizes),
    aspectRatio: ratioOf(fields, terms),
    resolution: fields.oneOf(['resolution'], terms.resolutions),
    references: fields.sources(REFERENCES, forms),
    mask: fields.source(['mask', 'mask_url'], forms),
    negativePrompt: fields.text(['negative_prompt'], 10_000),
    seed: fields.number(['seed'], SEED),
    quality: fields.text(['quality']),
    outputFormat: fields.text(['output_format']),
    partials: fields.number(['partial_images'], { min: 0, max: MAX_PARTIALS, offered: [0, 1, 2, 3] }),
  });
  if (!read.ok) return read;
  const { prompt, count, references, partials, size, aspectRatio, resolution, quality, ...others } = read.value;
  // Where the choice of quality is ours, it is the one that the price is for, not what a provider would choose.
  const rest = { ...others, quality: terms.pricesByQuality && quality === 'auto' ? undefined : quality };
  const named = sizeByName({ size, aspectRatio, resolution }, terms);
  if (!named.ok) return named;
  const shape = oneSize(named.value, terms);
  const extra = fields.extra();
  const refused =
    refuseReferences(fields.nameOf(REFERENCES), references, terms) ??
    refuseSize(shape.size, terms) ??
    refuseOtherSizes(extra, terms) ??
    refuseDrawing(others.outputFormat);
  if (refused) return refused;
  // The documents promise that it is clamped, not refused.
  const images = Math.min(MAX_IMAGES, Math.max(1, Math.floor(count ?? 1)));
  const shown = streams && images === 1 && partials ? { partials } : {};
  return ok({ kind: 'image', prompt, count: images, references, ...present({ ...shape, ...rest }), ...shown, extra });
}

/**
 * SVG is written by a text model whose tokens are billed beside the picture:
 * https://platform.openai.com/docs/api-reference/images/create
 */
const refuseDrawing = (format: string | undefined) =>
  format?.toLowerCase() === 'svg'
    ? invalid('output_format', 'cannot be svg: who draws it bills its own tokens, which have no price here')
    : undefined;

interface Shape {
  size?: string | undefined;
  aspectRatio?: string | undefined;
  resolution?: string | undefined;
}

const TIER = /^(?:0\.5|1|2|4)K$/i;

/** A size may be given by its tier (`2K`) or ratio (`16:9`), as makers of image models do; providers would not understand it as a size. */
function sizeByName({ size, aspectRatio, resolution }: Shape, { sizes, resolutions, aspectRatios }: MediaTerms): Result<Shape> {
  const [tier, ratio] = [size !== undefined && TIER.test(size), readRatio(size) !== undefined];
  if (sizes || size === undefined || !(tier || ratio)) return ok({ size, aspectRatio, resolution });
  const [name, offered] = tier ? [size.toUpperCase(), resolutions] : [size, aspectRatios];
  if (offered && !offered.includes(name)) return invalid('size', `must be one of ${offered.join(', ')}`);
  return ok(tier ? { aspectRatio, resolution: resolution ?? name } : { aspectRatio: aspectRatio ?? name, resolution });
}

/**
 * Where both size and resolution are given, providers differ in which one counts, so only one is kept and what is made
 * is what is priced.
 */
function oneSize(shape: Shape, terms: MediaTerms): Shape {
  const sides = readSides(shape.size);
  if (!sides || shape.resolution === undefined) return shape;
  if (terms.sizes || !terms.resolutions) return { size: shape.size, aspectRatio: shape.aspectRatio };
  return { aspectRatio: shape.aspectRatio ?? nearestRatio(sides, terms.aspectRatios), resolution: shape.resolution };
}

/** Refuses a size beyond the resolutions that have a price. */
function refuseSize(size: string | undefined, { sizes, resolutions }: MediaTerms) {
  const sides = readSides(size);
  if (!sides || sizes || !resolutions || resolutions.includes(tierOfSides(sides))) return undefined;
  return invalid('size', `is of ${tierOfSides(sides)}; this model makes ${resolutions.join(', ')}`);
}

/** The fields in which providers are told a picture's size. */
const SIZE_FIELDS = ['image_size', 'imageSize', 'width', 'height', 'megapixels'];

/** Refuses size fields that are not read here, since the picture would be made at the price of another size. */
function refuseOtherSizes(extra: Readonly<Record<string, unknown>>, { sizes, resolutions }: MediaTerms) {
  const other = sizes || resolutions ? SIZE_FIELDS.find((name) => (extra[name] ?? undefined) !== undefined) : undefined;
  return other === undefined ? undefined : invalid(other, 'is not read here; say by `size` or `resolution` how large it is to be');
}

/** The names of the field for reference pictures. */
export const REFERENCES = [
  'reference_images',
  'image_urls',
  'image',
  'image[]',
  'images',
  'image_url',
  'input_image',
  'input_images',
  'reference_image_urls',
];

export const LAST_FRAMES = ['last_image_url', 'last_image', 'last_frame_image'];

/** The same for films, whose other picture fields are frames. */
export const FILM_REFERENCES = ['reference_images', 'image_urls', 'images'];

function refuseReferences(name: string, references: readonly MediaSource[], { references: terms }: MediaTerms) {
  if (terms && references.length > terms.max)
    return invalid(name, `holds ${references.length} pictures; this model takes ${terms.max} at most`);
  if (terms?.min && references.length < terms.min) return invalid(name, `must hold at least ${terms.min} pictures`);
  return undefined;
}

function readVideo(fields: Fields, terms: MediaTerms): Result<VideoInput> {
  const { default: usual, offered } = terms.duration ?? { default: 5 };
  const read = all({
    prompt: fields.longText(['prompt'], (terms.needsPrompt ?? false) && !terms.needsFirstFrame),
    duration: fields.number(['duration', 'seconds', 'duration_seconds'], FILM_SECONDS),
    aspectRatio: ratioOf(fields, terms),
    resolution: fields.oneOf(['resolution'], terms.resolutions),
    size: fields.text(['size']),
    firstFrame: fields.source(['image_url', 'image', 'first_image_url', 'first_frame_image']),
    lastFrame: fields.source(LAST_FRAMES),
    references: fields.sources(FILM_REFERENCES, terms.references?.forms ?? 'any'),
    negativePrompt: fields.text(['negative_prompt'], 10_000),
    seed: fields.number(['seed'], SEED),
  });
  if (!read.ok) return read;
  const { prompt, duration, references, size, ...others } = read.value;
  const rest = { ...others, ...filmShape(size, others) };
  const tooMany = refuseReferences(fields.nameOf(FILM_REFERENCES), references, terms);
  if (tooMany) return tooMany;
  if (terms.needsFirstFrame && !rest.firstFrame && references.length === 0)
    return invalid('image', 'is required: this model makes a video of a picture');
  const durationSeconds = fittingSeconds(duration ?? usual, offered);
  const extra = { ...fields.extra(), ...(size !== undefined && !readSides(size) && { size }) };
  return ok({ kind: 'video', prompt, durationSeconds, references, ...present(rest), extra });
}

/** The size of a film in the terms that other models use: ratio and resolution. */
function filmShape(size: string | undefined, { aspectRatio, resolution }: Omit<Shape, 'size'>): Omit<Shape, 'size'> {
  const sides = readSides(size);
  return sides ? { aspectRatio: aspectRatio ?? nearestRatio(sides), resolution: resolution ?? linesOfSides(sides) } : {};
}

/** OpenAI names the text `input` and the format `response_format`. */
function readSpeech(fields: Fields): Result<SpeechInput> {
  fields.ignore('stream_format');
  const read = all({
    text: fields.longText(['text', 'input', 'prompt'], true),
    voice: fields.text(['voice_id', 'voice', 'reference_id']),
    format: fields.oneOf(['format', 'response_format'], SPEECH_FORMATS),
    speed: fields.number(['speed'], SPEED),
  });
  if (!read.ok) return read;
  const { text, format, ...rest } = read.value;
  return ok({ kind: 'tts', text, format: format ?? 'mp3', ...present(rest), extra: fields.extra() });
}

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
const SPEED = { min: 0.25, max: 4 };

export const SPEECH_FORMATS = ['mp3', 'wav', 'opus', 'pcm', 'aac', 'flac'];

function readClone(fields: Fields): Result<CloneInput> {
  fields.ignore('stream_format');
  const read = all({
    text: fields.longText(['text', 'input', 'prompt'], true),
    reference: fields.source(['audio', 'audio_url', 'reference_audio', 'file']),
    referenceText: fields.text(['reference_text', 'audio_text'], 10_000),
    format: fields.oneOf(['format', 'response_format'], SPEECH_FORMATS),
    speed: fields.number(['speed'], SPEED),
  });
  if (!read.ok) return read;
  const { text, reference, format, ...rest } = read.value;
  if (!reference) return invalid('audio', 'is required: a recording of the voice, 10 seconds or more');
  return ok({ kind: 'clone', text, reference, format: format ?? 'mp3', ...present(rest), extra: fields.extra() });
}

function readTranscription(fields: Fields): Result<TranscriptionInput> {
  fields.ignore('response_format', 'stream', 'timestamp_granularities', 'timestamp_granularities[]', 'format');
  const read = all({ audio: fields.source(['audio', 'audio_url', 'file']), language: fields.text(['language']) });
  if (!read.ok) return read;
  const { audio, ...rest } = read.value;
  if (!audio) return invalid('audio', 'is required: the recording, as a URL, a data URL or an upload');
  return ok({ kind: 'asr', audio, ...present(rest), extra: fields.extra() });
}

function readThreeD(fields: Fields, terms: MediaTerms): Result<ThreeDInput> {
  const read = all({
    prompt: fields.text(['prompt'], 10_000),
    image: fields.source(['image', 'image_url']),
    front: fields.source(['front_image_url']),
    back: fields.source(['back_image_url']),
    left: fields.source(['left_image_url']),
    right: fields.source(['right_image_url']),
  });
  if (!read.ok) return read;
  const { prompt, image, ...sides } = read.value;
  const views = present(sides);
  const some = Object.keys(views).length > 0;
  if (terms.needsViews && !views.front) return invalid('front_image_url', 'is required: this model works from several sides');
  if (!some && !image && !prompt) return invalid('image', 'is required: a picture or a prompt to make the model of');
  return ok({ kind: '3d', ...present({ prompt, image }), ...(some && { views }), extra: fields.extra() });
}

/** Providers give a run no less, and the hold is for all that it may take. */
export const MIN_RUN_SECONDS = 5;

function readGpu(fields: Fields, terms: MediaTerms): Result<GpuInput> {
  const input = fields.record('input');
  if (!input.ok) return input;
  if (!input.value) return invalid('input', 'is required: what goes to the worker');
  fields.ignore('sync', 'timeout');
  return ok({ kind: 'gpu', input: input.value, maxSeconds: Math.max(MIN_RUN_SECONDS, terms.maxSeconds ?? 600), extra: fields.extra() });
}

const READERS: Record<MediaKind, Reader> = {
  image: readImage,
  video: readVideo,
  tts: readSpeech,
  clone: readClone,
  asr: readTranscription,
  '3d': readThreeD,
  gpu: readGpu,
};

export const readInput = (kind: MediaKind, fields: Fields, terms: MediaTerms): Result<MediaInput> => READERS[kind](fields, terms);
