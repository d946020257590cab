import type { Receipt, StreamRelay } from './types';

/** Wraps a relay and rewrites its output; everything else is the inner relay's. */
export class RelayAround implements StreamRelay {
  constructor(protected readonly inner: StreamRelay) {}

  push(events: string): string {
    return this.inner.push(events);
  }

  pushRest(text: string): string {
    return this.inner.pushRest(text);
  }

  close(receipt: Receipt): string {
    return this.inner.close(receipt);
  }

  get hasContent(): boolean {
    return this.inner.hasContent;
  }

  get hasOutput(): boolean {
    return this.inner.hasOutput;
  }

  get ended(): boolean {
    return this.inner.ended;
  }

  get complete(): boolean {
    return this.inner.complete;
  }

  get isEnding(): boolean {
    return this.inner.isEnding === true;
  }

  get failure(): StreamRelay['failure'] {
    return this.inner.failure;
  }

  get usage(): unknown {
    return this.inner.usage;
  }

  get isUsageAhead(): boolean {
    return this.inner.isUsageAhead === true;
  }

  get outputChars(): number {
    return this.inner.outputChars;
  }

  get storedId(): string | undefined {
    return this.inner.storedId;
  }

  get ownItems(): readonly unknown[] | undefined {
    return this.inner.ownItems;
  }
}
