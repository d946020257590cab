/** The part of `fetch` that is used here. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Options of a client. */
export interface ClientOptions {
  /** Begins with `ck_`. Defaults to `HYPEREAL_API_KEY`; not needed behind a proxy that adds it. */
  apiKey?: string | undefined;
  /**
   * The URL of the gateway or of a proxy in front of it; for an origin alone, `/v1` is added. Defaults to
   * `HYPEREAL_BASE_URL`, else to the public gateway.
   */
  baseURL?: string | undefined;
  /** Milliseconds that a whole call may take, including retries; for a stream, until it begins and for each silence in it. */
  timeoutMs?: number | undefined;
  /** How often a call is retried when that may help; 2 by default. */
  maxRetries?: number | undefined;
  /** Used instead of the global `fetch`. */
  fetch?: Fetch | undefined;
  /** Headers for every call. */
  headers?: Record<string, string> | undefined;
  /** The default secret of `webhooks.verify`. */
  webhookSecret?: string | undefined;
  /** A key in a web page can be read by everyone who opens it: allow this only where users bring their own key. */
  dangerouslyAllowBrowser?: boolean | undefined;
}

/** Options of a single call. */
export interface RequestOptions {
  /** Ends the call, which then throws an `AbortError`. */
  signal?: AbortSignal | undefined;
  /** Overrides the client's option. */
  timeoutMs?: number | undefined;
  /** Overrides the client's option. */
  maxRetries?: number | undefined;
  /** Used instead of a random one; all tries of a call share it. The same key is never charged twice. */
  idempotencyKey?: string | undefined;
  headers?: Record<string, string> | undefined;
  query?: Query | undefined;
}

/** Query parameters; undefined ones are left out. */
export type Query = Record<string, string | number | boolean | undefined>;
