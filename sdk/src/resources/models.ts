import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';

/** What it costs: by the million tokens, or by the piece. */
export type ModelPrice =
  | { per: 'mtok'; input_usd: number; output_usd: number; cache_read_usd: number; input_credits: number; output_credits: number }
  | { per: 'image' | 'second' | 'clip' | 'request' | 'gpu_second'; credits: number; usd: number };

/** Families of models, by the endpoints that serve them. */
export type ModelFamily = 'chat' | 'messages' | 'responses' | 'gemini' | 'embedding' | 'image' | 'video' | 'audio' | '3d' | 'gpu';

/** A model, with its price. */
export interface Model {
  id: string;
  object: 'model';
  created: number;
  owned_by: string;
  display_name: string;
  family: ModelFamily;
  pricing: ModelPrice | null;
  available: boolean;
  unavailable_reason?: string;
  capabilities: string[];
  context_length: number | null;
  max_output_tokens: number | null;
  minimum_tier: string;
  aliases: string[];
}

/** The catalogue. */
export class Models extends Resource {
  list(options?: RequestOptions): APIPromise<{ object: 'list'; data: Model[] }> {
    return this.fetchJson('/models', options);
  }

  get(id: string, options?: RequestOptions): APIPromise<Model> {
    return this.fetchJson(`/models/${id.split('/').map(encodeURIComponent).join('/')}`, options);
  }
}
