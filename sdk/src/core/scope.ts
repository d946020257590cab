import { AbortError, ConnectionError, TimeoutError, type UnheardError } from './errors.js';

/** The lifetime of a call: ended by the caller's signal or by its time limit, whichever comes first. */
export class Scope {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly endsAtMs: number;
  /** Why it ended before its call did. */
  failure: AbortError | TimeoutError | undefined;
  private names: Pick<UnheardError, 'requestId' | 'jobId'> = { requestId: undefined, jobId: undefined };

  constructor(
    readonly timeoutMs: number,
    private readonly outer: AbortSignal | undefined,
  ) {
    this.endsAtMs = Date.now() + timeoutMs;
    outer?.addEventListener('abort', this.abortByCaller);
    if (outer?.aborted) this.abortByCaller();
    else this.rewind();
  }

  /** For `fetch`. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The answer's headers have arrived. */
  heard(headers: Headers): void {
    this.names = { requestId: headers.get('x-request-id') ?? undefined, jobId: headers.get('x-job-id') ?? undefined };
  }

  private named<E extends UnheardError>(error: E): E {
    return Object.assign(error, this.names);
  }

  /** The remaining time of the call. */
  get leftMs(): number {
    return this.endsAtMs - Date.now();
  }

  private readonly abortByCaller = (): void => {
    this.end(new AbortError('The call was aborted.', { cause: this.outer?.reason }));
  };

  /** Restarts the time limit: each silence in a stream has all of it. */
  rewind(): void {
    this.pause();
    const expired = () => this.end(new TimeoutError(`No answer came within ${this.timeoutMs} ms.`));
    // Timers longer than this fire at once.
    if (this.timeoutMs < 2 ** 31) this.timer = setTimeout(expired, this.timeoutMs);
  }

  /** Stops the clock while nobody waits. */
  pause(): void {
    clearTimeout(this.timer);
  }

  private end(failure: AbortError | TimeoutError): void {
    this.failure ??= this.named(failure);
    this.close();
    this.controller.abort(failure);
  }

  /** Aborts what is still under way. */
  abort(): void {
    this.end(new AbortError('The call was aborted.'));
  }

  /** Ends the scope: nothing is awaited any more. */
  close(): void {
    this.pause();
    this.outer?.removeEventListener('abort', this.abortByCaller);
  }

  throwIfOver(): void {
    if (this.failure) throw this.failure;
  }

  /** The reason of a failure: because the call was ended, or the network's own. */
  reason(error: unknown): AbortError | ConnectionError {
    if (this.failure) return this.failure;
    if (error instanceof ConnectionError || error instanceof AbortError) return error;
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    const why = cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
    return this.named(new ConnectionError(`The gateway could not be reached, or its answer broke off: ${why}`, { cause: error }));
  }

  /** Waits, unless the call ends first. */
  sleep(ms: number): Promise<void> {
    return new Promise((done, fail) => {
      const { signal } = this.controller;
      const woken = () => {
        clearTimeout(timer);
        fail(this.failure);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', woken);
        done();
      }, ms);
      if (signal.aborted) woken();
      else signal.addEventListener('abort', woken, { once: true });
    });
  }
}
