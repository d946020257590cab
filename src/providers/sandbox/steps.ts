const BREATHE_EVERY_SENDS = 512;
/** A broken stream discards what is queued in it: time for readers that gather chunks to take what was sent. */
const BEFORE_BREAK_MS = 100;

/** What a body does next. After `fail` the connection is broken. */
export type Step = { send: string } | { waitMs: number } | { fail: string };

/** Rejects with the signal's reason as soon as it is aborted; then no timer is left. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * A response body that plays the steps as fast as they are read. Aborting the signal breaks it at once; hanging
 * up (cancel) ends it; neither leaves a timer.
 */
export function playSteps(steps: Iterable<Step>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const iterator = steps[Symbol.iterator]();
  const encoder = new TextEncoder();
  const stopped = new AbortController();
  let onAbort: () => void = () => {};
  const release = (): void => signal.removeEventListener('abort', onAbort);
  let sends = 0;

  const pullNext = async (controller: ReadableByteStreamController): Promise<void> => {
    for (;;) {
      const next = iterator.next();
      if (next.done) {
        release();
        controller.close();
        // A read into the caller's own buffer stays open until it is answered.
        controller.byobRequest?.respond(0);
        return;
      }
      const step = next.value;
      if ('waitMs' in step) {
        await sleep(step.waitMs, stopped.signal);
      } else if ('fail' in step) {
        if (sends > 0) await sleep(BEFORE_BREAK_MS, stopped.signal);
        throw new TypeError(step.fail);
      } else {
        // A long answer read without a pause would keep timers, and with them an abort, from running.
        sends += 1;
        if (sends % BREATHE_EVERY_SENDS === 0) await sleep(0, stopped.signal);
        controller.enqueue(encoder.encode(step.send));
        return;
      }
    }
  };

  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      onAbort = () => {
        stopped.abort(signal.reason);
        controller.error(signal.reason);
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    },
    async pull(controller) {
      try {
        await pullNext(controller);
      } catch (error) {
        release();
        if (!stopped.signal.aborted) controller.error(error);
      }
    },
    cancel(reason) {
      release();
      stopped.abort(reason);
    },
  });
}
