import { parseRecord, recordOf, recordsOf } from '../../core/record';
import { convertedUsage } from '../gemini/usage';
import { readEmbeddings } from '../openai-embeddings/vectors';
import type { Answer, Bridge, Receipt } from '../types';
import type { EmbeddingRequest } from './request';

/**
 * The field that OpenAI's format cannot express: it takes texts alone, has one length for all vectors, and knows no
 * purposes. Vectors for a purpose differ from others of the same model, so it must not be left out in silence.
 */
export function beyondOpenai({ parts, isBatch }: EmbeddingRequest): string | undefined {
  const at = (index: number, name: string): string => (isBatch ? `requests[${index}].${name}` : name);
  for (const [index, { hasFiles, dimensions, purpose }] of parts.entries()) {
    if (hasFiles) return at(index, 'content');
    if (purpose) return at(index, purpose);
    if (dimensions !== parts[0]!.dimensions) return at(index, 'outputDimensionality');
  }
  return undefined;
}

function vectorsIn(text: string): { values: unknown }[] {
  return recordsOf(parseRecord(text).data)
    .toSorted((one, other) => Number(one.index) - Number(other.index))
    .map(({ embedding }) => ({ values: embedding }));
}

/** As in `straight.ts`: with a vector missing, nothing is known of the others. */
const answerOf =
  (count: number) =>
  (json: unknown): Answer | undefined =>
    recordsOf(recordOf(json).data).length === count ? readEmbeddings(json) : undefined;

const rendererOf =
  (isBatch: boolean) =>
  (text: string, receipt: Receipt): string => {
    const embeddings = vectorsIn(text);
    const shown = isBatch ? { embeddings } : { embedding: embeddings[0] };
    return JSON.stringify({ ...shown, usageMetadata: convertedUsage(receipt) });
  };

/** To an upstream of OpenAI's embeddings. */
export const overOpenaiBridge = ({ parts, isBatch }: EmbeddingRequest): Bridge => ({
  request({ model }) {
    const input = parts.map(({ text }) => text);
    const dimensions = parts[0]!.dimensions ?? undefined;
    return { body: JSON.stringify({ model, input, encoding_format: 'float', dimensions }) };
  },
  // Made elsewhere, since all functions of one scope hold what any of them does.
  readAnswer: answerOf(parts.length),
  renderAnswer: rendererOf(isBatch),
  answersAlone: true,
});
