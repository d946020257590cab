import { newIdempotencyKey } from './crypto.js';
import { errorInside, errorOf, HyperealError } from './errors.js';
import type { ClientOptions, Fetch, Query, RequestOptions } from './options.js';
import { parseJson } from './record.js';
import { delayMs, isTwin, mayRetry } from './retry.js';
import { Scope } from './scope.js';
import type { FileBody } from './upload.js';

/** Default time limits of a call: generation is slow, everything else is not. */
const GENERATION_MS = 300_000;
const OTHER_MS = 60_000;
const MAX_RETRIES = 2;
/** The shortest pause between looks at whether an earlier try of the same call has finished. */
const TWIN_MS = 5_000;

/** What all calls of a client share. */
export interface Config {
  apiKey: string | undefined;
  baseURL: string;
  fetch: Fetch;
  headers: Record<string, string>;
  options: Pick<ClientOptions, 'timeoutMs' | 'maxRetries'>;
}

/** Makes a body that is not JSON, anew for each try. The type also works with Node's types, which have no `BodyInit`. */
export interface RawBody {
  make: () => FileBody | FormData | Promise<FileBody | FormData>;
  /** Can be read only once, and so sent only once. */
  once?: boolean;
  contentType?: string | undefined;
}

/** A call of an endpoint. */
export interface CallSpec {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Query | undefined;
  json?: unknown;
  raw?: RawBody | undefined;
  headers?: Record<string, string> | undefined;
  /** The answer of a deletion, also for when an earlier try deleted the thing and its answer was lost. */
  deleted?: unknown;
  /** Would have its effect again if it were sent again. */
  once?: boolean;
  /** Its path is the gateway's own, beside the API. */
  isOfAccount?: boolean;
  /** The default for when neither the caller nor the client sets one. */
  timeoutMs?: number | undefined;
}

/** `fetch` must be told that a stream is sent, by a field that not all type libraries know. */
const withDuplex = (init: RequestInit): RequestInit => ({ ...init, duplex: 'half' }) as RequestInit;

/** One logical call: tried until it is answered, under a single idempotency key. */
export class Call {
  readonly scope: Scope;
  private attempts = 0;
  /** An earlier try may have had its effect although its answer was lost. */
  private unheard = false;
  private retriesLeft: number;
  private idempotencyKey: string | undefined;

  constructor(
    private readonly config: Config,
    private readonly spec: CallSpec,
    private readonly options: RequestOptions = {},
  ) {
    const usualMs = spec.timeoutMs ?? (spec.method === 'POST' ? GENERATION_MS : OTHER_MS);
    this.scope = new Scope(options.timeoutMs ?? config.options.timeoutMs ?? usualMs, options.signal);
    this.retriesLeft = spec.once || spec.raw?.once ? 0 : (options.maxRetries ?? config.options.maxRetries ?? MAX_RETRIES);
    this.idempotencyKey = options.idempotencyKey;
  }

  /** Tries until there is a final answer; throws unless that is a success. */
  async send(): Promise<Response> {
    for (;;) {
      this.scope.throwIfOver();
      this.attempts++;
      let response: Response;
      try {
        response = await this.config.fetch(this.url(), await this.init());
      } catch (error) {
        this.unheard = true;
        await this.waitOrThrow(this.scope.reason(error), undefined);
        continue;
      }
      this.scope.heard(response.headers);
      if (response.ok) return response;
      const done = await this.refused(response);
      if (done) return done;
    }
  }

  /** Throws the refusal's error; or waits and returns when it should be tried again; or returns the answer that it stands for. */
  private async refused(response: Response): Promise<Response | undefined> {
    const body = await response.text().catch(() => '');
    const { status, headers } = response;
    if (status === 404 && this.unheard && this.spec.deleted) return Response.json(this.spec.deleted, { headers });
    const error = errorOf({ status, headers, body: parseJson(body) ?? body });
    if (isTwin(status, body)) this.retriesLeft++;
    else if (!mayRetry(response)) {
      this.scope.close();
      throw error;
    }
    await this.waitOrThrow(error, headers, isTwin(status, body) ? TWIN_MS : undefined);
    return undefined;
  }

  private async waitOrThrow(error: HyperealError, headers: Headers | undefined, mostMs = Number.POSITIVE_INFINITY): Promise<void> {
    const waitMs = delayMs(this.attempts, headers);
    const canWait = waitMs !== undefined && waitMs < this.scope.leftMs;
    if (!canWait || this.retriesLeft-- <= 0 || this.scope.signal.aborted) {
      this.scope.close();
      throw error;
    }
    await this.scope.sleep(Math.min(waitMs, mostMs));
  }

  /**
   * Reads the answer and asks again for one that broke off; under the same idempotency key that is the same answer,
   * without another charge.
   */
  async read<T>(response: Response, read: (response: Response) => Promise<T>): Promise<T> {
    for (let current = response; ; current = await this.send()) {
      try {
        const value = await read(current);
        this.scope.close();
        return value;
      } catch (error) {
        if (error instanceof HyperealError && !this.scope.signal.aborted) {
          this.scope.close();
          throw error;
        }
        await this.waitOrThrow(this.scope.reason(error), undefined);
      }
    }
  }

  private url(): string {
    const given = Object.entries({ ...this.spec.query, ...this.options.query }).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    const { baseURL } = this.config;
    const base = this.spec.isOfAccount ? baseURL.replace(/(\/api)?(\/v1)*$/, '') : baseURL;
    return `${base}${this.spec.path}${query && `?${query}`}`;
  }

  private async init(): Promise<RequestInit> {
    const { method, json, raw, headers } = this.spec;
    const { apiKey } = this.config;
    if (method === 'POST') this.idempotencyKey ??= await newIdempotencyKey();
    const contentType = raw ? raw.contentType : json === undefined ? undefined : 'application/json';
    const init: RequestInit = {
      method,
      signal: this.scope.signal,
      headers: {
        accept: 'application/json',
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        ...(contentType !== undefined && { 'content-type': contentType }),
        ...(method === 'POST' && { 'idempotency-key': this.idempotencyKey! }),
        ...headers,
        ...this.config.headers,
        ...this.options.headers,
      },
    };
    const body = raw ? await raw.make() : json === undefined ? undefined : JSON.stringify(json);
    if (body === undefined) return init;
    return body instanceof ReadableStream ? withDuplex({ ...init, body }) : { ...init, body };
  }
}

/**
 * Reads a JSON answer. A slow one had its status sent before its outcome was known, so an error inside it is thrown as
 * if it had its own status.
 */
export async function readJson(response: Response): Promise<unknown> {
  const body = await response.text();
  const json = parseJson(body);
  if (json === undefined) {
    // Only white space, or an incomplete document: it broke off and is requested again.
    if (response.headers.get('content-type')?.includes('json')) throw new TypeError('the answer is not whole');
    throw new HyperealError(`The answer is not JSON: ${body.trim().slice(0, 200)}`);
  }
  const error = errorInside(json, response.headers);
  if (error) throw error;
  return json;
}
