import { isRecord, parseJson } from '../../../core/record';
import { countUsage } from '../counts';
import type { Format } from '../exchange';
import { inBodyError, openaiErrors } from '../openai-errors';
import { type Asked, bad, isWhole, type Parsed, promptOf } from '../request';
import { readTokenInputs } from '../token-inputs';
import { estimateTokens } from '../tokens';
import { embed, encodeBase64, LARGE_VECTOR_LENGTH, MAX_VECTOR_LENGTH } from './vectors';

const MAX_INPUTS = 2048;
const VECTOR_LENGTH = 1536;

interface EmbeddingsRequest extends Asked {
  model: string;
  /** The texts; of a list of tokens, its JSON. */
  inputs: string[];
  dimensions: number;
  base64: boolean;
  promptTokens: number;
}

/** OpenAI's embeddings. */
export const embeddingsFormat: Format<EmbeddingsRequest> = {
  errors: openaiErrors,
  parse: parseEmbeddingsRequest,
  reply(request, { magic }) {
    const counts = countUsage(promptOf(request.promptTokens), magic, []);
    const usage = counts && { prompt_tokens: counts.promptTokens, total_tokens: counts.promptTokens };
    return { body: () => bodyPieces(request, usage), failedBody: () => JSON.stringify(inBodyError()), stream: undefined };
  },
};

function parseEmbeddingsRequest(body: string): Parsed<EmbeddingsRequest> {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return bad('We could not parse the JSON body of your request.');
  const { model, input, encoding_format: format } = parsed;
  if (typeof model !== 'string' || model === '') return bad('you must provide a model parameter', 'model');
  const listed = readInputs(input);
  if (!listed) return bad("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.");
  if (listed.length > MAX_INPUTS) return bad(`'input' may hold ${MAX_INPUTS} texts at most.`, 'input');
  if (format != null && format !== 'float' && format !== 'base64')
    return bad("'encoding_format' is 'float' or 'base64'.", 'encoding_format');
  const vectorLength = model.includes('large') ? LARGE_VECTOR_LENGTH : VECTOR_LENGTH;
  const dimensions = parsed.dimensions ?? vectorLength;
  if (!isWhole(dimensions) || dimensions > MAX_VECTOR_LENGTH) {
    return bad(`'dimensions' must be a whole number from 1 to ${MAX_VECTOR_LENGTH}.`, 'dimensions');
  }
  return {
    request: {
      stream: false,
      userText: listed.at(-1)?.words ?? '',
      model,
      inputs: listed.map(({ key }) => key),
      dimensions,
      base64: format === 'base64',
      promptTokens: listed.reduce((sum, { tokens }) => sum + tokens, 0),
    },
  };
}

interface Input {
  key: string;
  words: string;
  tokens: number;
}

const readInputs = (input: unknown): Input[] | undefined =>
  readTokenInputs(input, {
    text: (text) => (text === '' ? undefined : { key: text, words: text, tokens: estimateTokens(text.length) }),
    tokens: (tokens) => ({ key: JSON.stringify(tokens), words: '', tokens: tokens.length }),
  });

/** Text by text: all vectors of a large request at once would not fit into memory. */
function* bodyPieces(request: EmbeddingsRequest, usage: unknown): Generator<string> {
  yield '{"object":"list","data":[';
  for (const [index, text] of request.inputs.entries()) {
    const vector = embed(text, request.dimensions);
    const embedding = request.base64 ? encodeBase64(vector) : Array.from(vector, (value) => Number(value.toFixed(9)));
    yield `${index > 0 ? ',' : ''}${JSON.stringify({ object: 'embedding', index, embedding })}`;
  }
  yield `],"model":${JSON.stringify(request.model)}${usage ? `,"usage":${JSON.stringify(usage)}` : ''}}`;
}
