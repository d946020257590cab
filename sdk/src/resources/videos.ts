import type { Config } from '../core/call.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { CompletedJob } from '../types/jobs.js';
import type { VideoParams, VideoResult, VideoStarted } from '../types/media.js';
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
    return this.post('/videos/generate', params, options);
  }

  /** Begins one and waits for it. Throws a `JobError` when it comes to nothing. */
  async generateAndWait(params: VideoParams, wait: WaitOptions = {}): Promise<CompletedJob> {
    const begun = await this.generate(params, { signal: wait.signal });
    return this.jobs.wait(begun, wait);
  }

  /** The same as one long request, of ten minutes at most. */
  create(params: VideoParams, options?: RequestOptions): APIPromise<VideoResult> {
    return this.post('/video/generations', params, options, { timeoutMs: SYNCHRONOUS_MS });
  }
}
