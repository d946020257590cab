/** Pictures by `predict`, in the format of Imagen: https://ai.google.dev/gemini-api/docs/imagen */
import { type GatewayError, ok, type Result } from '../../core/errors';
import { type Fields, isRecord } from '../../core/record';
import { inWords } from '../in-words';
import type { ShownPicture } from './pictures';
import { type PredictionWords, placesOf, readPrediction, refuse } from './prediction';

const OUTPUT = 'outputOptions';

const WORDS: PredictionWords = {
  instance: ['prompt'],
  parameters: {
    sampleCount: 'n',
    aspectRatio: 'aspect_ratio',
    sampleImageSize: 'resolution',
    negativePrompt: 'negative_prompt',
    seed: 'seed',
    [OUTPUT]: 'output_format',
  },
  usual: {
    // Which people a picture may show is for its maker to say; that it shows none cannot be promised.
    personGeneration: ['allow_adult', 'allow_all'],
    enhancePrompt: [true],
    language: ['auto'],
    includeSafetyAttributes: [false],
    // An error says it.
    includeRaiReason: [true, false],
  },
};

const PLACES = placesOf({ prompt: 'prompt' }, WORDS);

export const inPredictionsWords = (error: GatewayError): GatewayError => inWords(error, PLACES);

const FORMATS: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpeg', 'image/webp': 'webp' };

function readFormat(options: unknown): Result<Fields> {
  if (options === undefined) return ok({});
  const place = `parameters.${OUTPUT}`;
  if (!isRecord(options)) return refuse(place, 'must be an object');
  const { mimeType = null, ...others } = options;
  const other = Object.keys(others).find((name) => others[name] !== null);
  if (other !== undefined) return refuse(`${place}.${other}`, 'is not served here');
  if (mimeType === null) return ok({});
  const format = typeof mimeType === 'string' && Object.hasOwn(FORMATS, mimeType) ? FORMATS[mimeType] : undefined;
  return format === undefined
    ? refuse(`${place}.mimeType`, `must be one of ${Object.keys(FORMATS).join(', ')}`)
    : ok({ output_format: format });
}

/** The request as the fields of a media request. */
export function readPredictedPicture(json: Fields, model: string): Result<Fields> {
  const read = readPrediction(json, WORDS);
  if (!read.ok) return read;
  const { instance, asked } = read.value;
  const { output_format: options, ...rest } = asked;
  const format = readFormat(options);
  return format.ok ? ok({ model, prompt: instance.prompt, ...rest, ...format.value }) : format;
}

interface PredictedAnswer {
  creditsUsed: number;
  pictures: readonly ShownPicture[];
}

/** Beyond what one document holds, pictures are told by their addresses. */
const predicted = ({ contentType: mimeType, base64, url }: ShownPicture): Fields =>
  base64 === undefined ? { mimeType, uri: url } : { mimeType, bytesBase64Encoded: base64 };

export const predictedAnswer = ({ creditsUsed, pictures }: PredictedAnswer): Fields => ({
  predictions: pictures.map(predicted),
  metadata: { creditsUsed },
});
