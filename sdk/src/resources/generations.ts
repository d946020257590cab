import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource, segment } from '../core/resource.js';

/** A request's receipt. */
export interface Generation {
  id: string;
  object: 'generation';
  model: string | null;
  endpoint: string | null;
  /** `open` while it is under way. */
  state: string;
  outcome: string | null;
  /** On the sandbox, and free. */
  test: boolean;
  creditsUsed: number;
  creditsHeld: number;
  createdAt: string;
  endedAt: string | null;
  provider?: string | null;
  usage?: Record<string, number> | null;
  attempts?: { provider: string; status: number | null; outcome: string; message?: string }[];
  [detail: string]: unknown;
}

/** What single requests were charged, and why. */
export class Generations extends Resource {
  /** By the `requestId` of an answer, an error or a stream. */
  get(requestId: string, options?: RequestOptions): APIPromise<Generation> {
    return this.fetchJson(`/generations/${segment(requestId)}`, options);
  }
}
