/** `fetch`, as far as it is used here. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** How a client is set up. */
export interface ClientOptions {
  /** Begins with `ck_`. From `HYPEREAL_API_KEY` where it is left out; not needed behind a proxy that adds it. */
  apiKey?: string | undefined;
  /** Where the gateway, or a proxy in front of it, is; of a host alone, below its `/v1`. From `HYPEREAL_BASE_URL`, else the public one. */
  baseURL?: string | undefined;
  /** Milliseconds that a whole call may take, its retries included; of a stream, its beginning and each silence. */
  timeoutMs?: number | undefined;
  /** How often a call is sent again when that may help; 2 if not said. */
  maxRetries?: number | undefined;
  /** In place of the global one. */
  fetch?: Fetch | undefined;
  /** Sent with every call. */
  headers?: Record<string, string> | undefined;
  /** What `webhooks.verify` uses where it is given none. */
  webhookSecret?: string | undefined;
  /** A key in a page is a key for everyone who opens it: only where its users bring their own. */
  dangerouslyAllowBrowser?: boolean | undefined;
}

/** How one call differs. */
export interface RequestOptions {
  /** Ends the call; it then throws an `AbortError`. */
  signal?: AbortSignal | undefined;
  /** As the client's option. */
  timeoutMs?: number | undefined;
  /** As the client's option. */
  maxRetries?: number | undefined;
  /** In place of the random one, which all tries of one call share. The same key never charges twice. */
  idempotencyKey?: string | undefined;
  headers?: Record<string, string> | undefined;
  query?: Query | undefined;
}

/** What stands behind the question mark of a URL; what is undefined is left out. */
export type Query = Record<string, string | number | boolean | undefined>;
