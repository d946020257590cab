import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';

/** A request, as OpenAI has it. */
export interface EmbeddingParams {
  model: string;
  input: string | string[] | number[] | number[][];
  dimensions?: number;
  encoding_format?: 'float';
  [field: string]: unknown;
}

/** Vectors, in the order of the input. */
export interface EmbeddingResult {
  object: 'list';
  model: string;
  data: { object: 'embedding'; index: number; embedding: number[] }[];
  usage: { prompt_tokens: number; total_tokens: number; creditsUsed: number };
}

/** Texts as vectors. */
export class Embeddings extends Resource {
  create(params: EmbeddingParams, options?: RequestOptions): APIPromise<EmbeddingResult> {
    return this.post('/embeddings', params, options);
  }
}
