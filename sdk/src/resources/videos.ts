import type { Config } from '../core/call.js';
import { bodyOf } from '../core/form.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { CompletedJob, VideoParams, VideoResult, VideoStarted } from '../types/api.js';
import type { Jobs, WaitOptions } from './jobs.js';

/** As long as the gateway itself waits. */
const SYNCHRONOUS_MS = 610_000;

/** Videos. They take minutes, so they are started and then waited for. */
export class Videos extends Resource {
  constructor(
    config: Config,
    private readonly jobs: Jobs,
  ) {
    super(config);
  }

  /** Starts a video. `jobs.wait` returns it when it is done, and `webhook_url` is notified. */
  generate(params: VideoParams, options?: RequestOptions): APIPromise<VideoStarted> {
    return this.ask({ method: 'POST', path: '/videos/generate', ...bodyOf(params) }, options);
  }

  /** Makes a video and waits for it. Throws a `JobError` if it fails. */
  async generateAndWait(params: VideoParams, wait: WaitOptions = {}): Promise<CompletedJob> {
    const begun = await this.generate(params, { signal: wait.signal });
    return this.jobs.wait(begun, wait);
  }

  /** The same as a single request of up to ten minutes. */
  create(params: VideoParams, options?: RequestOptions): APIPromise<VideoResult> {
    return this.ask({ method: 'POST', path: '/video/generations', timeoutMs: SYNCHRONOUS_MS, ...bodyOf(params) }, options);
  }
}
