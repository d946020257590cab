import { Call, type CallSpec, type Config, readJson } from './call.js';
import type { RequestOptions } from './options.js';
import { APIPromise } from './promise.js';
import { documented } from './record.js';

/** A group of endpoints. */
export abstract class Resource {
  constructor(protected readonly config: Config) {}

  /** A call with a JSON answer. */
  protected ask<T>(spec: CallSpec, options?: RequestOptions): APIPromise<T> {
    const call = new Call(this.config, spec, options);
    return new APIPromise(call, (response) => call.read(response, async (whole) => documented<T>(await readJson(whole))));
  }

  protected post<T>(path: string, json: unknown, options?: RequestOptions, more?: Partial<CallSpec>): APIPromise<T> {
    return this.ask<T>({ method: 'POST', path, json, ...more }, options);
  }

  /** Of the account, beside the API. */
  protected ofAccount<T>(method: CallSpec['method'], path: string, options?: RequestOptions, more?: Partial<CallSpec>): APIPromise<T> {
    return this.ask<T>({ method, path, isOfAccount: true, ...more }, options);
  }

  protected fetchJson<T>(path: string, options?: RequestOptions, query?: CallSpec['query']): APIPromise<T> {
    return this.ask<T>({ method: 'GET', path, query }, options);
  }
}

/** Encodes an id for use in a path. */
export const segment = (id: string): string => encodeURIComponent(id);
