/** Films by `predictLongRunning`, an operation that its client looks after: https://ai.google.dev/gemini-api/docs/video */
import { type GatewayError, ok, type Result } from '../../core/errors';
import { toHex } from '../../core/hex';
import { type Fields, filledText, isRecord, textOrEmpty } from '../../core/record';
import { inWords } from '../in-words';
import { operationError } from './errors';
import { recordField, textField } from './fields';
import { type PredictionWords, placesOf, readPrediction, refuse } from './prediction';

const AUDIO = 'generateAudio';

const WORDS: PredictionWords = {
  instance: ['prompt', 'image', 'lastFrame', 'referenceImages'],
  parameters: {
    aspectRatio: 'aspect_ratio',
    durationSeconds: 'duration',
    resolution: 'resolution',
    negativePrompt: 'negative_prompt',
    seed: 'seed',
    [AUDIO]: 'generate_audio',
  },
  usual: {
    sampleCount: [1],
    // Which people a film may show is for its maker to say; that it shows none cannot be promised.
    personGeneration: ['allow_all', 'allow_adult'],
    enhancePrompt: [true],
  },
};

const NAMES = { prompt: 'prompt', image: 'image', last_image: 'lastFrame', reference_images: 'referenceImages' };
const PLACES = placesOf(NAMES, WORDS);

export const inFilmsWords = (error: GatewayError): GatewayError => inWords(error, PLACES);

/** A picture by its base64 or by its address: Google's clients write bytes in one way, its documents also in another. */
function readPicture(value: unknown, place: string): Result<Fields | string | undefined> {
  if (value === undefined || value === null) return ok(undefined);
  const image = isRecord(value) ? value : {};
  const { data, mimeType } = recordField(image, 'inlineData') ?? { data: image.bytesBase64Encoded, mimeType: image.mimeType };
  if (filledText(data) !== undefined) return ok({ data, mimeType: filledText(mimeType) ?? 'image/png' });
  const address = textField(image, 'gcsUri') ?? textField(image, 'uri') ?? textField(recordField(image, 'fileData') ?? {}, 'fileUri');
  return address === undefined ? refuse(place, 'must be a picture: `bytesBase64Encoded` and `mimeType`') : ok(address);
}

/** Only pictures of what is to be seen: style alone is nothing that a model here takes from one. */
function readReferences(value: unknown): Result<readonly (Fields | string)[]> {
  const place = PLACES.reference_images!;
  if (value === undefined || value === null) return ok([]);
  if (!Array.isArray(value)) return refuse(place, 'must be a list');
  const pictures: (Fields | string)[] = [];
  for (const [index, reference] of (value as unknown[]).entries()) {
    const { image, referenceType } = isRecord(reference) ? reference : {};
    if ((referenceType ?? null) !== null && !/^asset$/i.test(textOrEmpty(referenceType)))
      return refuse(`${place}[${index}].referenceType`, 'is served here only as asset');
    const picture = readPicture(image ?? {}, `${place}[${index}].image`);
    if (!picture.ok) return picture;
    pictures.push(picture.value!);
  }
  return ok(pictures);
}

/** The request as the fields of a media request. */
export function readFilmRequest(json: Fields, model: string): Result<Fields> {
  const read = readPrediction(json, WORDS);
  if (!read.ok) return read;
  const { instance, asked } = read.value;
  const first = readPicture(instance.image, PLACES.image!);
  if (!first.ok) return first;
  const last = readPicture(instance.lastFrame, PLACES.last_image!);
  if (!last.ok) return last;
  const references = readReferences(instance.referenceImages);
  if (!references.ok) return references;
  if (asked.generate_audio !== undefined && typeof asked.generate_audio !== 'boolean')
    return refuse(`parameters.${AUDIO}`, 'must be true or false');
  const { prompt } = instance;
  return ok({ model, prompt, image: first.value, last_image: last.value, reference_images: references.value, ...asked });
}

/** A film as far as its operation shows it. */
export interface FilmOperation {
  /** The job's id. */
  id: string;
  /** The receipt's id. */
  requestId: string;
  model: string;
  creditsUsed: number;
  isOver: boolean;
  /** Why there is no film. */
  error: GatewayError | undefined;
  /** The film's media type, once it is there. */
  contentType: string | undefined;
  /** Of the gateway. */
  origin: string;
}

const TYPES = 'type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunning';

/** Google's clients find a file by lower-case letters and digits in its address; a job's id has others too. */
const fileOf = (jobId: string): string => toHex(new TextEncoder().encode(jobId));

/** The reverse. */
const jobOf = (file: string): string => file.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));

/** Google's clients take an address that is not HTTPS, as a local gateway's, for a file's name, and put it behind `files/`. */
const FILE = /\/files\/((?:[0-9a-f]{2})+)(?::|%3A)download$/i;

/** The id of the job whose film a path is for. */
export function jobOfDownload(path: string): string | undefined {
  const file = FILE.exec(path)?.[1];
  return file === undefined ? undefined : jobOf(file);
}

const sampleOf = ({ id, origin, contentType }: FilmOperation): Fields => ({
  video: { uri: `${origin}/v1beta/files/${fileOf(id)}:download?alt=media`, encoding: contentType },
});

function endOf(film: FilmOperation): Fields {
  if (!film.isOver) return {};
  if (film.error) return { done: true, error: operationError(film.error, film.requestId) };
  return { done: true, response: { '@type': `${TYPES}Response`, generateVideoResponse: { generatedSamples: [sampleOf(film)] } } };
}

/** https://ai.google.dev/api/batch-api#Operation; what is not there yet is left out. */
export const operationView = (film: FilmOperation): Fields => ({
  name: `models/${film.model}/operations/${film.id}`,
  metadata: { '@type': `${TYPES}Metadata`, requestId: film.requestId, creditsUsed: film.creditsUsed },
  ...endOf(film),
});
