import type { Config } from '../core/call.js';
import { bodyOf } from '../core/form.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { CompletedJob, VideoParams, VideoResult, VideoStarted } from '../types/api.js';
import type { Jobs, WaitOptions } from './jobs.js';

/** As long as the gateway itself waits. */
const SYNCHRONOUS_MS = 610_000;

/** Films. They take minutes: they are begun, and waited for. */
export class Videos extends Resource {
  constructor(
    config: Config,
    private readonly jobs: Jobs,
  ) {
    super(config);
  }

  /** Begins one. `jobs.wait` has it when it is done; `webhook_url` is told. */
  generate(params: VideoParams, options?: RequestOptions): APIPromise<VideoStarted> {
    return this.ask({ method: 'POST', path: '/videos/generate', ...bodyOf(params) }, options);
  }

  /** Begins one and waits for it. Throws a `JobError` when it comes to nothing. */
  async generateAndWait(params: VideoParams, wait: WaitOptions = {}): Promise<CompletedJob> {
    const begun = await this.generate(params, { signal: wait.signal });
    return this.jobs.wait(begun, wait);
  }

  /** The same as one long request, of ten minutes at most. */
  create(params: VideoParams, options?: RequestOptions): APIPromise<VideoResult> {
    return this.ask({ method: 'POST', path: '/video/generations', timeoutMs: SYNCHRONOUS_MS, ...bodyOf(params) }, options);
  }
}
