import type { RawBody } from '../core/call.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource, segment } from '../core/resource.js';
import { type FileSource, openFile, type UploadProgress, withProgress } from '../core/upload.js';
import type { StorageDeleted, StorageListParams, StorageObject } from '../types/api.js';
import type { Page } from '../types/derived.js';

/** How a file is stored. */
export interface UploadOptions extends Omit<RequestOptions, 'query'> {
  /** Taken from the file itself by default. */
  filename?: string | undefined;
  /** Taken from the file itself or its first bytes by default. */
  contentType?: string | undefined;
  /** A category of your own to list by, such as `dataset`; `file` by default. */
  kind?: string | undefined;
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/** Your files: data sets, references, weights. */
export class Storage extends Resource {
  /**
   * Uploads a `File`, a `Blob`, bytes, a stream, or the file at a path (not in browsers). A stream can be read only
   * once, so its upload is not retried.
   */
  async uploadFile(file: FileSource, options: UploadOptions = {}): Promise<StorageObject> {
    const { filename, contentType, kind, onProgress, ...rest } = options;
    const opened = await openFile(file);
    let told = 0;
    const tell = (progress: UploadProgress): void => {
      told = progress.sentBytes;
      onProgress?.(progress);
    };
    const raw: RawBody = {
      make: async () => (onProgress ? withProgress(await opened.open(), opened.size, this.config.baseURL, tell) : opened.open()),
      once: opened.once,
      contentType: contentType ?? (opened.contentType || 'application/octet-stream'),
    };
    const query = { filename: filename ?? opened.filename, kind };
    const object = await this.ask<StorageObject>({ method: 'POST', path: '/storage', query, raw }, rest);
    // Where it could only be sent as a whole, this is the first that is known of it.
    if (told < object.size) tell({ sentBytes: object.size, totalBytes: opened.size });
    return object;
  }

  /** A page of files, newest first. */
  list(params: StorageListParams = {}, options?: RequestOptions): APIPromise<Page<StorageObject>> {
    return this.fetchJson('/storage', options, { ...params });
  }

  /** All files, page by page. They may be deleted meanwhile: the next page is fetched before this one is returned. */
  async *all(params: StorageListParams = {}, options?: RequestOptions): AsyncGenerator<StorageObject, void, undefined> {
    let page: Page<StorageObject> | undefined = await this.list(params, options);
    while (page) {
      const { data, next }: Page<StorageObject> = page;
      page = next === null ? undefined : await this.list({ ...params, before: next }, options);
      yield* data;
    }
  }

  get(id: string, options?: RequestOptions): APIPromise<StorageObject> {
    return this.fetchJson(`/storage/${segment(id)}`, options);
  }

  delete(id: string, options?: RequestOptions): APIPromise<StorageDeleted> {
    const deleted: StorageDeleted = { id, object: 'storage_object', deleted: true };
    return this.ask({ method: 'DELETE', path: `/storage/${segment(id)}`, deleted }, options);
  }
}
