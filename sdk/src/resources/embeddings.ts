import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { EmbeddingParams, EmbeddingResult } from '../types/derived.js';

/** Turns texts into vectors. */
export class Embeddings extends Resource {
  create(params: EmbeddingParams & { encoding_format: 'base64' }, options?: RequestOptions): APIPromise<EmbeddingResult<string>>;
  create(params: EmbeddingParams & { encoding_format?: 'float' | null | undefined }, options?: RequestOptions): APIPromise<EmbeddingResult>;
  create(params: EmbeddingParams, options?: RequestOptions): APIPromise<EmbeddingResult | EmbeddingResult<string>> {
    return this.post('/embeddings', params, options);
  }
}
