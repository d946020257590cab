/** A call that is answered with a stream. */
import { answerHeaders } from '../core/answer-headers';
import { ClientStream } from './client-stream';
import { openStream } from './open-stream';
import { closeReleased, closeUnheard, errorResponse, type StreamRun, upstreamError } from './run';
import { StreamPump } from './stream-pump';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/**
 * The status is held back for some seconds, so that an early failure gets its true status. Then the stream begins and
 * is kept alive from its first moment; a later failure is told inside it. So are the few refusals that the format's
 * clients expect there.
 */
export async function runStreamCall(run: StreamRun): Promise<Response> {
  const opening = openStream(run, false);
  const opened = await run.deps.deadlines.within(
    opening.then((stream) => ({ stream })),
    run.deps.settings.STATUS_HOLD_MS,
  );
  if (opened && !opened.stream && !isSaidInStream(run)) return refuse(run);
  const client = new ClientStream(run.deps.now, () => run.gone.abort());
  run.gone.signal.addEventListener('abort', () => client.leave());
  if (run.gone.signal.aborted) client.leave();
  const { contentType } = run.outgoing;
  const headers = { ...answerHeaders(run.holdId), ...HEADERS, ...(contentType !== undefined && { 'content-type': contentType }) };
  run.deps.waitUntil(new StreamPump(run, client, headers).pump(opening));
  return new Response(client.body, { headers });
}

const isSaidInStream = ({ dialect, failover }: StreamRun): boolean =>
  dialect.isSaidInStream?.(upstreamError(failover.finalFailure)) === true;

/** No upstream began a stream, and the status can still be chosen. */
async function refuse(run: StreamRun): Promise<Response> {
  const error = upstreamError(run.failover.finalFailure);
  if (run.gone.signal.aborted) await closeUnheard(run);
  else await closeReleased(run, 'upstream_failed', error);
  return errorResponse(run, error);
}
