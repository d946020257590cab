import { TimeoutError } from '../core/errors.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource, segment } from '../core/resource.js';
import type { GpuCatalogue, GpuJob, GpuModelParams, GpuParams, SucceededGpuJob } from '../types/api.js';
import { JobError, type WaitOptions, waitForEnd } from './jobs.js';

/** Rented GPUs: hosted models, and runs of your deployments. */
export class Gpu extends Resource {
  /** The hosted models and their prices. */
  list(options?: RequestOptions): APIPromise<GpuCatalogue> {
    return this.fetchJson('/gpu', options);
  }

  /** Runs a hosted model: quick ones answer with their result, others with a job. */
  generate(slug: string, params: GpuModelParams, options?: RequestOptions): APIPromise<GpuJob> {
    return this.post(`/gpu/${segment(slug)}`, params, options);
  }

  /** Runs one of your deployments. */
  run(slug: string, params: GpuParams, options?: RequestOptions): APIPromise<GpuJob> {
    return this.post(`/gpu/run/${segment(slug)}`, params, options);
  }

  /** The current state of a run. */
  get(id: string, options?: RequestOptions): APIPromise<GpuJob> {
    return this.fetchJson(`/gpu/jobs/${segment(id)}`, options);
  }

  /** Waits until the run has succeeded. Throws a `JobError` if it ends otherwise. */
  async wait(run: string | { id: string }, options: WaitOptions<GpuJob> = {}): Promise<SucceededGpuJob> {
    const id = typeof run === 'string' ? run : run.id;
    const isOver = ({ status }: GpuJob): boolean => status !== 'queued' && status !== 'running';
    const job = await waitForEnd<GpuJob>(this.config, { path: `/gpu/jobs/${segment(id)}`, id }, isOver, options);
    if (job.status === 'succeeded') return job;
    if (!('error' in job)) throw new TimeoutError(`The run ${id} is still under way.`);
    throw new JobError(`The run ${id} ${job.status}: ${job.error}`, job, id);
  }
}
