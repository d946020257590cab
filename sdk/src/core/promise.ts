import type { Call } from './call.js';

/** An answer with its metadata. */
export interface WithResponse<T> {
  data: T;
  response: Response;
  /** Quote it when you ask about this request. */
  requestId: string | undefined;
}

/** What a call returns: a promise of its answer, which can also give the underlying `Response`. */
export class APIPromise<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'APIPromise';
  private readonly response: Promise<Response>;
  private value: Promise<T> | undefined;

  constructor(
    private readonly call: Call,
    private readonly reads: (response: Response, call: Call) => Promise<T>,
  ) {
    this.response = call.send();
  }

  /** The answer as a `Response` with its body unread. Refusals and failures still throw. */
  async asResponse(): Promise<Response> {
    const response = await this.response;
    this.call.scope.pause();
    return response;
  }

  /** The answer with its headers and the request's id. */
  async withResponse(): Promise<WithResponse<T>> {
    const [data, response] = await Promise.all([this.read(), this.response]);
    return { data, response, requestId: response.headers.get('x-request-id') ?? undefined };
  }

  private read(): Promise<T> {
    this.value ??= this.response.then((response) => this.reads(response, this.call));
    return this.value;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise, that reads its answer only when asked to.
  then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.read().then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.read().catch(rejected);
  }

  finally(settled?: (() => void) | null): Promise<T> {
    return this.read().finally(settled);
  }
}
