/** Opens a stream, with failover, until there is something to pass on. */
import { readText } from '../core/read-bounded';
import { parseJson } from '../core/record';
import { isStream } from '../core/sse';
import type { StreamRelay } from '../dialects/types';
import type { UpstreamFailure } from '../providers/types';
import { EventReader } from './event-reader';
import type { Attempt } from './failover';
import { reasons, silenceLimitMs } from './patience';
import { TOO_LARGE } from './read-answer';
import { type StreamRun, turnTo } from './run';
import { ShownWork } from './shown-work';

/** An upstream whose first events came and are no error. */
export interface OpenedStream {
  attempt: Attempt;
  reader: EventReader;
  relay: StreamRelay;
  shown: ShownWork;
  /** The first events, in the client's format. */
  first: string;
}

/** A provider that sends comments before its first event may take this many times longer than a silent one. */
const THINKING_LIMITS = 5;

/**
 * The next upstream that begins a stream; undefined when none is left, or nobody waits any more.
 *
 * @param hasSpoken An upstream before this one has already reached the client.
 */
export async function openStream(run: StreamRun, hasSpoken: boolean): Promise<OpenedStream | undefined> {
  for (let attempt = await run.failover.next(); attempt; attempt = await run.failover.next()) {
    turnTo(run, attempt.target);
    const opened = await begin(run, attempt);
    if (opened) return opened;
    // Nothing that the failed one said was passed on, so the next one's opening events must still be sent.
    if (!hasSpoken) run.outgoing = run.call.openStream(run.holdId);
  }
  return undefined;
}

async function begin(run: StreamRun, attempt: Attempt): Promise<OpenedStream | undefined> {
  const { failover, deps, plan } = run;
  const fail = (message: string, isBlameless = false) => failover.failed(attempt, { action: 'next_target', message, isBlameless });
  const { wire, bridge } = attempt.target;
  const { FIRST_BYTE_TIMEOUT_MS, CALL_DEADLINE_MS } = deps.settings;
  const limitMs = silenceLimitMs(plan, FIRST_BYTE_TIMEOUT_MS, deps.settings);
  const lastMs = Math.min(deps.now() + limitMs * THINKING_LIMITS, run.startedAtMs + CALL_DEADLINE_MS);
  let isLate = false;
  const giveUp = () => {
    isLate = true;
    attempt.abort?.abort();
  };
  const watch = () => deps.deadlines.after(Math.min(limitMs, Math.max(0, lastMs - deps.now())), giveUp);
  let callOff = watch();
  try {
    let reader = await readerOf(attempt);
    const relay = run.outgoing.relay(wire.id, bridge);
    attempt.relay = relay;
    const shown = new ShownWork(wire);
    for (;;) {
      if (!(reader instanceof EventReader)) {
        failover.failed(attempt, reader);
        return undefined;
      }
      const events = await reader.read();
      const text = events ?? reader.takeRest();
      if (events === undefined && isDocument(text)) {
        reader = unfolded(attempt.target, text);
        continue;
      }
      shown.hear(text);
      const first = events === undefined ? relay.pushRest(text) : relay.push(text);
      if (relay.failure) {
        failover.failed(
          attempt,
          wire.errorInBody(relay.failure.error) ?? { action: 'next_target', message: 'the provider sent something else than a stream' },
        );
        return undefined;
      }
      if (first !== '' || relay.hasContent) return { attempt, reader, relay, shown, first };
      if (events === undefined || relay.ended) {
        fail('the provider ended its stream before it began');
        return undefined;
      }
      // Some providers send comments while a model thinks; those get more time.
      callOff();
      callOff = watch();
    }
  } catch {
    if (run.gone.signal.aborted && attempt.abort?.signal.aborted) failover.abandoned(attempt.record);
    else if (isLate) fail('the provider did not begin its answer in time', reasons(plan));
    else fail('the provider broke off its stream before it began');
    return undefined;
  } finally {
    callOff();
  }
}

/** Decides by the body, not the content-type, whether a stream came: some providers send streams as JSON, and some JSON as a stream. */
async function readerOf({ target, response, names }: Attempt): Promise<EventReader | UpstreamFailure> {
  const body = response.body!;
  if (!DOCUMENT_TYPE.test(response.headers.get('content-type') ?? '')) return new EventReader(body, names?.restored);
  const [ahead, whole] = body.tee();
  if (await beginsStream(ahead)) return new EventReader(whole, names?.restored);
  const text = await readText(new Response(whole));
  return text === undefined ? TOO_LARGE : unfolded(target, names?.restored(text) ?? text);
}

const DOCUMENT_TYPE = /text\/html|application\/json/;
const isDocument = (text: string): boolean => /^\s*\{/.test(text);

async function beginsStream(body: ReadableStream<Uint8Array>): Promise<boolean> {
  const reader = body.getReader();
  const { value } = await reader.read();
  // It settles only when the other half ends.
  reader.cancel().catch(() => {});
  return isStream(new TextDecoder().decode(value));
}

/** A document where a stream was expected: its answer turned into a stream, or why there is none in it. */
function unfolded({ wire, bridge }: Attempt['target'], text: string): EventReader | UpstreamFailure {
  const json = parseJson(text);
  const inside = wire.errorInBody(json);
  if (inside) return inside;
  if (!bridge.readAnswer(json)) return { action: 'next_target', message: 'the provider sent no stream' };
  const stream = wire.unfold?.(json);
  if (stream === undefined) return { action: 'next_target', message: 'the provider answered without streaming' };
  return new EventReader(new Response(stream).body!);
}
