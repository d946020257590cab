import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource, segment } from '../core/resource.js';
import type { ApiKey, ApiKeyFields, ApiKeyList, ApiKeyParams, ApiKeyRotateParams, NewApiKey } from '../types/api.js';

const PATH = '/api/api-keys';
const pathOf = (id: string): string => `${PATH}/${segment(id)}`;
/** The key would be made, and shown to nobody, for each answer that is lost on its way. */
const once = true;

/**
 * API keys of the wallet, such as one for each of your customers with a budget of its own. The key that asks needs the
 * scopes `keys.read` and `keys.write`. `{ query: { org } }` among the options asks for an organization's.
 */
export class ApiKeys extends Resource {
  list(options?: RequestOptions): APIPromise<ApiKeyList> {
    return this.ofAccount('GET', PATH, options);
  }

  /** Makes a key. Its secret is in this answer only. Not tried again by itself. */
  create(params: ApiKeyParams, options?: RequestOptions): APIPromise<NewApiKey> {
    return this.ofAccount('POST', PATH, options, { json: params, once });
  }

  /** Changes a key. `null` removes a limit; what is left out stays. */
  update(id: string, fields: ApiKeyFields, options?: RequestOptions): APIPromise<ApiKey> {
    return this.ofAccount('PATCH', pathOf(id), options, { json: fields });
  }

  /** Gives a key a new secret, which is in this answer only. The old one stays good for a day. Not tried again by itself. */
  rotate(id: string, params: ApiKeyRotateParams = {}, options?: RequestOptions): APIPromise<NewApiKey> {
    return this.ofAccount('POST', `${pathOf(id)}/rotate`, options, { json: params, once });
  }

  /** Ends a key for good. */
  revoke(id: string, options?: RequestOptions): APIPromise<ApiKey> {
    return this.ofAccount('DELETE', pathOf(id), options);
  }
}
