/** A call that is answered with a stream: opening it, with failover, until there is something to pass on. */
import { answerHeaders } from '../core/answer-headers';
import { parseJson } from '../core/record';
import { within } from '../core/within';
import type { StreamRelay } from '../dialects/types';
import { ClientStream } from './client-stream';
import { EventReader } from './event-reader';
import type { Attempt } from './failover';
import { closeReleased, closeUnheard, errorResponse, type StreamRun, upstreamError } from './run';
import { StreamPump } from './stream-pump';

/** An upstream that has begun its stream: its first events have been seen, and are no error. */
export interface OpenedStream {
  attempt: Attempt;
  reader: EventReader;
  relay: StreamRelay;
  /** What the first events come to for the client. */
  first: string;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/**
 * The status is held back for some seconds, so that what fails early fails with its true status. Then the stream
 * begins, kept alive from its first moment, and whatever fails later is told inside it.
 */
export async function runStreamCall(run: StreamRun): Promise<Response> {
  const opening = openStream(run);
  run.deps.waitUntil(opening);
  const opened = await within(
    opening.then((stream) => ({ stream })),
    run.deps.settings.STATUS_HOLD_MS,
  );
  if (opened && !opened.stream) {
    const refused = refuse(run);
    run.deps.waitUntil(refused);
    return refused;
  }
  const client = new ClientStream(run.deps.now, () => run.gone.abort());
  run.gone.signal.addEventListener('abort', () => client.leave());
  if (run.gone.signal.aborted) client.leave();
  const headers = { ...answerHeaders(run.holdId), ...HEADERS };
  run.deps.waitUntil(new StreamPump(run, client, headers).run(opening));
  return new Response(client.body, { headers });
}

/** No upstream has begun a stream, and the status is still to be sent. */
async function refuse(run: StreamRun): Promise<Response> {
  const error = upstreamError(run.failover.finalFailure);
  if (run.gone.signal.aborted) await closeUnheard(run);
  else await closeReleased(run, 'upstream_failed', error);
  return errorResponse(run, error);
}

/** How much longer than one that is silent a provider may take that sends comments before its first event. */
const THINKING_LIMITS = 5;

/** The next upstream that begins a stream; undefined when none is left, or nobody waits any more. */
export async function openStream(run: StreamRun): Promise<OpenedStream | undefined> {
  for (let attempt = await run.failover.next(); attempt; attempt = await run.failover.next()) {
    const opened = await begin(run, attempt);
    if (opened) return opened;
  }
  return undefined;
}

async function begin(run: StreamRun, attempt: Attempt): Promise<OpenedStream | undefined> {
  const { failover, deps, call, dialect } = run;
  const fail = (message: string) => failover.failed(attempt, { action: 'next_target', message });
  const { wire } = attempt.target.provider.spec;
  const type = attempt.response.headers.get('content-type') ?? '';
  const limitMs = deps.settings.FIRST_BYTE_TIMEOUT_MS;
  const lastMs = deps.now() + limitMs * THINKING_LIMITS;
  const watch = () => setTimeout(() => attempt.abort?.abort(), Math.min(limitMs, Math.max(0, lastMs - deps.now())));
  let timer = watch();
  try {
    if (type.includes('text/html') || type.includes('application/json')) {
      const json = parseJson(await attempt.response.text());
      const inside = wire.errorInBody(json);
      if (inside) failover.failed(attempt, inside);
      else fail('the provider sent no stream');
      return undefined;
    }
    const reader = new EventReader(attempt.response.body!);
    const relay = dialect.relay(call);
    for (;;) {
      const events = await reader.read();
      // Some providers send comments while a model thinks: one that does is waited for longer.
      clearTimeout(timer);
      timer = watch();
      const first = events === undefined ? relay.pushRest(reader.takeRest()) : relay.push(events);
      if (relay.failure) {
        failover.failed(
          attempt,
          wire.errorInBody(relay.failure.error) ?? { action: 'next_target', message: 'the provider sent something else than a stream' },
        );
        return undefined;
      }
      if (first !== '' || relay.hasContent) return { attempt, reader, relay, first };
      if (events === undefined || relay.ended) {
        fail('the provider ended its stream before it began');
        return undefined;
      }
    }
  } catch {
    if (run.gone.signal.aborted && attempt.abort?.signal.aborted) failover.abandoned(attempt.record);
    else fail('the provider broke off its stream before it began');
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
