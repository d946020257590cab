import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource, segment } from '../core/resource.js';
import type { Deployment, DeploymentDeleted, DeploymentFields, DeploymentList, DeploymentParams, GpuJob, GpuParams } from '../types/api.js';

/** Your own containers on rented GPUs. */
export class Deployments extends Resource {
  create(params: DeploymentParams, options?: RequestOptions): APIPromise<Deployment> {
    return this.post('/deployments', params, options);
  }

  list(options?: RequestOptions): APIPromise<DeploymentList> {
    return this.fetchJson('/deployments', options);
  }

  get(slug: string, options?: RequestOptions): APIPromise<Deployment> {
    return this.fetchJson(`/deployments/${segment(slug)}`, options);
  }

  update(slug: string, fields: DeploymentFields, options?: RequestOptions): APIPromise<Deployment> {
    return this.ask({ method: 'PATCH', path: `/deployments/${segment(slug)}`, json: fields }, options);
  }

  delete(slug: string, options?: RequestOptions): APIPromise<DeploymentDeleted> {
    const deleted: DeploymentDeleted = { slug, object: 'deployment', deleted: true };
    return this.ask({ method: 'DELETE', path: `/deployments/${segment(slug)}`, deleted }, options);
  }

  /** The same as `gpu.run`. */
  run(slug: string, params: GpuParams, options?: RequestOptions): APIPromise<GpuJob> {
    return this.post(`/gpu/run/${segment(slug)}`, params, options);
  }
}
