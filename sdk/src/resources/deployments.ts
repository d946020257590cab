import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource, segment } from '../core/resource.js';
import type { GpuJob } from '../types/jobs.js';
import type { GpuParams } from './gpu.js';

/** What may be changed later. */
export interface DeploymentFields {
  name?: string;
  dockerImage?: string;
  /** By preference: a list, or names with commas between them. */
  gpuTypes?: string | string[];
  minWorkers?: number;
  maxWorkers?: number;
  /** Seconds after which an idle worker is stopped. */
  idleTimeout?: number;
  env?: Record<string, string>;
  webhookUrl?: string | null;
}

/** A container that is to be deployed. */
export interface DeploymentParams extends DeploymentFields {
  /** Lower-case letters, digits and dashes. */
  slug: string;
  dockerImage: string;
  gpuTypes: string | string[];
}

/** A container on rented GPUs. */
export interface Deployment {
  slug: string;
  object: 'deployment';
  name: string;
  dockerImage: string;
  gpuTypes: string;
  minWorkers: number;
  maxWorkers: number;
  idleTimeout: number;
  /** Names only: values are never shown again. */
  env: string[];
  webhookUrl: string | null;
  status: 'creating' | 'active' | 'deleting';
  /** What its owner has to know, such as why its workers were stopped. */
  notice: string | null;
  endpointId: string | null;
  runUrl: string;
  createdAt: string;
  updatedAt: string;
}

/** The account's own containers. */
export class Deployments extends Resource {
  create(params: DeploymentParams, options?: RequestOptions): APIPromise<Deployment> {
    return this.post('/deployments', params, options);
  }

  list(options?: RequestOptions): APIPromise<{ object: 'list'; data: Deployment[] }> {
    return this.fetchJson('/deployments', options);
  }

  get(slug: string, options?: RequestOptions): APIPromise<Deployment> {
    return this.fetchJson(`/deployments/${segment(slug)}`, options);
  }

  update(slug: string, fields: DeploymentFields, options?: RequestOptions): APIPromise<Deployment> {
    return this.ask({ method: 'PATCH', path: `/deployments/${segment(slug)}`, json: fields }, options);
  }

  delete(slug: string, options?: RequestOptions): APIPromise<{ slug: string; object: 'deployment'; deleted: true }> {
    return this.ask({ method: 'DELETE', path: `/deployments/${segment(slug)}` }, options);
  }

  /** The same as `gpu.run`. */
  run(slug: string, params: GpuParams, options?: RequestOptions): APIPromise<GpuJob> {
    return this.post(`/gpu/run/${segment(slug)}`, params, options);
  }
}
