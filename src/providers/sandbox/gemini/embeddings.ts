import { type Fields, isRecord, parseJson, recordOf, recordsOf, textOrEmpty } from '../../../core/record';
import { countUsage } from '../counts';
import { embed, LARGE_VECTOR_LENGTH, MAX_VECTOR_LENGTH } from '../embeddings/vectors';
import type { Format } from '../exchange';
import { type Asked, bad, isWhole, type Parsed, promptOf } from '../request';
import { estimateTokens } from '../tokens';
import { geminiErrors, inBodyError } from './errors';
import { field, listed } from './fields';

const PATH = /^\/v1(?:beta|alpha)?\/models\/.+:(embedContent|batchEmbedContents)$/;
/** https://ai.google.dev/api/embeddings#method:-models.batchembedcontents */
const MAX_REQUESTS = 100;

export type EmbeddingMethod = 'embedContent' | 'batchEmbedContents';

/** Undefined when the address asks for no embeddings. */
export const readEmbeddingPath = (url: URL): EmbeddingMethod | undefined => PATH.exec(url.pathname)?.[1] as EmbeddingMethod | undefined;

interface Embedded {
  /** What the vector depends on: the text, and what it is for. */
  key: string;
  dimensions: number;
}

interface EmbeddingRequest extends Asked {
  requests: Embedded[];
  promptTokens: number;
}

/** Google's embeddings. */
export const geminiEmbeddingsFormat = (method: EmbeddingMethod): Format<EmbeddingRequest> => ({
  errors: geminiErrors(false),
  parse: (body) => parseRequest(body, method),
  reply({ requests, promptTokens }, { magic }) {
    const counts = countUsage(promptOf(promptTokens), magic, []);
    const usage = counts && { promptTokenCount: counts.promptTokens, totalTokenCount: counts.promptTokens };
    return {
      body: () => bodyPieces(requests, method, usage),
      failedBody: () => JSON.stringify(inBodyError()),
      stream: undefined,
    };
  },
});

function parseRequest(text: string, method: EmbeddingMethod): Parsed<EmbeddingRequest> {
  const parsed = parseJson(text);
  if (!isRecord(parsed)) return bad('Invalid JSON payload received.');
  const requests = method === 'embedContent' ? [parsed] : recordsOf(parsed.requests);
  if (requests.length === 0) return bad('* BatchEmbedContentsRequest.requests: requests is not specified\n');
  if (requests.length > MAX_REQUESTS)
    return bad(`* BatchEmbedContentsRequest.requests: at most ${MAX_REQUESTS} requests can be in one batch\n`);
  const texts = requests.map(textOf);
  if (texts.includes('')) return bad('* EmbedContentRequest.content: content is empty\n');
  const dimensions = requests.map((request) => field(request, 'outputDimensionality') ?? LARGE_VECTOR_LENGTH);
  if (!dimensions.every((length) => isWhole(length) && length <= MAX_VECTOR_LENGTH))
    return bad('* EmbedContentRequest.output_dimensionality\n');
  return {
    request: {
      stream: false,
      userText: texts.at(-1)!,
      requests: requests.map((request, index) => ({
        key: `${textOrEmpty(field(request, 'taskType'))}${textOrEmpty(request.title)}${texts[index]}`,
        dimensions: dimensions[index] as number,
      })),
      promptTokens: texts.reduce((sum, words) => sum + estimateTokens(words.length), 0),
    },
  };
}

const textOf = (request: Fields): string =>
  listed(recordOf(request.content).parts)
    .map(({ text }) => textOrEmpty(text))
    .join('\n');

/** Vector by vector: those of a large batch would not all fit into memory. */
function* bodyPieces(requests: readonly Embedded[], method: EmbeddingMethod, usage: unknown): Generator<string> {
  const isBatch = method === 'batchEmbedContents';
  yield isBatch ? '{"embeddings":[' : '{"embedding":';
  for (const [index, { key, dimensions }] of requests.entries()) {
    const values = Array.from(embed(key, dimensions), (value) => Number(value.toFixed(9)));
    yield `${index > 0 ? ',' : ''}${JSON.stringify({ values })}`;
  }
  yield `${isBatch ? ']' : ''}${usage ? `,"usageMetadata":${JSON.stringify(usage)}` : ''}}`;
}
