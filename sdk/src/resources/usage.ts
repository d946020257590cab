import { Call } from '../core/call.js';
import type { RequestOptions } from '../core/options.js';
import { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { UsageBreakdown, UsageLog, UsageParams, UsageRefusals, UsageRefusalsParams, UsageReport } from '../types/api.js';
import type { UsageBreakdownParams, UsageExportParams } from '../types/derived.js';

const PATH = '/api/api-usage';

/** Calls and what they cost. The key that asks needs the scope `usage.read`. */
export class Usage extends Resource {
  /** A page of calls, newest first, and the sums of all of them by model and day. */
  get(params: UsageParams = {}, options?: RequestOptions): APIPromise<UsageReport> {
    return this.ofAccount('GET', PATH, options, { query: { ...params } });
  }

  /** All calls, page by page. */
  async *all(params: UsageParams = {}, options?: RequestOptions): AsyncGenerator<UsageLog, void, undefined> {
    let cursor: string | null | undefined = params.cursor;
    do {
      const page: UsageReport = await this.get({ ...params, cursor }, options);
      yield* page.logs;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** Sums by end user, tag, key, member, model, endpoint or provider. */
  breakdown(params: UsageBreakdownParams = {}, options?: RequestOptions): APIPromise<UsageBreakdown> {
    return this.ofAccount('GET', `${PATH}/breakdown`, options, { query: { ...params } });
  }

  /** Calls that were refused, and so are among no others: by reason, model, endpoint and key. */
  refusals(params: UsageRefusalsParams = {}, options?: RequestOptions): APIPromise<UsageRefusals> {
    return this.ofAccount('GET', `${PATH}/refusals`, options, { query: { ...params } });
  }

  /** All calls as CSV. `asResponse()` has it as a stream. */
  export(params: UsageExportParams = {}, options?: RequestOptions): APIPromise<string> {
    const call = new Call(this.config, { method: 'GET', path: `${PATH}/export`, query: { ...params }, isOfAccount: true }, options);
    return new APIPromise(call, (response) => call.read(response, (whole) => whole.text()));
  }
}
