import { bodyOf } from '../core/form.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { Model3dParams, Model3dResult } from '../types/api.js';

/** 3D models. */
export class Models3d extends Resource {
  /** Makes a 3D model as a GLB file. */
  generate(params: Model3dParams, options?: RequestOptions): APIPromise<Model3dResult> {
    return this.ask({ method: 'POST', path: '/3d/generate', ...bodyOf(params) }, options);
  }
}
