/** A call that is answered with one JSON document. */
import { answerHeaders } from '../core/answer-headers';
import type { Result } from '../core/errors';
import { toCredits } from '../core/money';
import { parseJson } from '../core/record';
import { isStream } from '../core/sse';
import { NO_USAGE, type Work } from '../core/usage';
import type { Answer } from '../dialects/types';
import { handOver } from './background';
import { ClientStream, HELD_JSON_HEADERS } from './client-stream';
import type { Attempt } from './failover';
import { keepItems } from './kept-items';
import { charge, freeOfCharge, isEmpty } from './meter';
import { Recorder, storeReplay } from './replay';
import { beat, closeCharged, closeFailed, closeReleased, detailOf, errorResponse, type Run, turnTo, upstreamError } from './run';
import { ShownWork } from './shown-work';
import { storedAs } from './stored-answer';

interface Answered {
  body: string;
  headers: Record<string, string>;
}

/** Longer than most calls take, and well within the 30 s that a Worker has after its client left. */
const WATCH_AFTER_MS = 10_000;

/**
 * Answers with the true status when the upstream is done within half a minute. After that a 200 is sent, followed by
 * white space every 15 s, which JSON allows in front: Node clients give up after 300 s of silence. When the client
 * hangs up the work goes on and is charged, since providers bill such calls in full.
 *
 * @param signal Aborted when the client hangs up.
 */
export async function runJsonCall(run: Run, signal: () => AbortSignal): Promise<Response> {
  const work = answerCall(run).catch(
    async (reason: unknown): Promise<Result<Answered>> => ({ ok: false, error: await closeFailed(run, reason) }),
  );
  const { JSON_STATUS_HOLD_MS } = run.deps.settings;
  const watchAfterMs = Math.min(WATCH_AFTER_MS, JSON_STATUS_HOLD_MS);
  const quick = await run.deps.deadlines.within(work, watchAfterMs);
  if (quick) return respond(run, quick);
  watchHangUp(run, signal(), work);
  const early = await run.deps.deadlines.within(work, JSON_STATUS_HOLD_MS - watchAfterMs);
  if (early) return respond(run, early);
  const client = new ClientStream(run.deps.now, () => {});
  // Up to here the first lease lasted; from now on it must be renewed.
  beat(run, 0);
  const beats = setInterval(() => beat(run, 0), run.deps.settings.BEAT_MS);
  const pings = setInterval(() => client.ping('\n'), run.deps.settings.KEEPALIVE_MS);
  const late = work.then(async (result) => {
    clearInterval(pings);
    clearInterval(beats);
    const body = result.ok ? result.value.body : run.dialect.renderError(result.error, run.holdId).body;
    await client.write(body);
    await client.close();
  });
  run.deps.waitUntil(late);
  return new Response(client.body, { headers: { ...answerHeaders(run.holdId), ...HELD_JSON_HEADERS } });
}

/**
 * The platform ends a Worker 30 s after its client left, while the provider bills on. A hold that nobody closes by then
 * is charged its checkpoint, here the estimate; a call that finishes in time is charged what it cost.
 */
function watchHangUp(run: Run, signal: AbortSignal, work: Promise<unknown>): void {
  const onGone = () => beat(run, run.plan.estimateMicro, detailOf(run, 'client_gone', undefined));
  if (signal.aborted) onGone();
  else signal.addEventListener('abort', onGone, { once: true });
  void work.then(() => signal.removeEventListener('abort', onGone));
}

const respond = (run: Run, result: Result<Answered>): Response =>
  result.ok ? new Response(result.value.body, { headers: result.value.headers }) : errorResponse(run, result.error);

async function answerCall(run: Run): Promise<Result<Answered>> {
  for (let attempt = await run.failover.next(); attempt; attempt = await run.failover.next()) {
    turnTo(run, attempt.target);
    const read = readAnswer(run, attempt);
    if (read) return settleAnswer(run, attempt, read);
  }
  const error = upstreamError(run.failover.finalFailure);
  await closeReleased(run, 'upstream_failed', error);
  return { ok: false, error };
}

interface ReadAnswer {
  text: string;
  answer: Answer;
  work: Work;
}

/** The answer if it is a good one; otherwise undefined, with the attempt marked as failed. */
function readAnswer(run: Run, attempt: Attempt): ReadAnswer | undefined {
  const { wire, bridge } = attempt.target;
  const sent = attempt.text ?? '';
  // Some upstreams always stream, whatever they are asked for.
  const text = (isStream(sent) && bridge.foldStream?.(sent)) || sent;
  const json = parseJson(text);
  const inside = wire.errorInBody(json);
  const answer = inside ? undefined : bridge.readAnswer(json);
  const shown = new ShownWork(wire);
  // A document folded from events may lack what only a single event showed.
  if (text === sent) shown.read(json);
  else shown.hear(sent);
  if (answer) return { text, answer, work: shown.work };
  run.failover.failed(attempt, inside ?? { action: 'next_target', message: describe(text, json) });
  return undefined;
}

const describe = (text: string, json: unknown): string =>
  text.trim() === ''
    ? 'the provider sent an empty answer'
    : json === undefined
      ? 'the provider sent no JSON'
      : 'the provider sent no answer';

async function settleAnswer(run: Run, attempt: Attempt, { text, answer, work }: ReadAnswer): Promise<Result<Answered>> {
  run.failover.succeeded(attempt);
  if (answer.pending && answer.storedId !== undefined) return begun(run, attempt, text, answer.storedId);
  const charged = charge(attempt.target, run.plan.price, run.call, run.holdId, answer.usage, { ...answer, work });
  const empty = isEmpty(run.call, charged, answer.hasOutput);
  const bill = run.keyMode === 'test' || empty ? freeOfCharge(charged) : charged;
  const { bridge } = attempt.target;
  const body = bridge.renderAnswer(text, bill.receipt);
  const unadded = run.conversation && !empty ? await run.conversation.add(body) : undefined;
  if (unadded) {
    await closeReleased(run, 'gateway_failed', unadded);
    return { ok: false, error: unadded };
  }
  const ownItems = bridge.ownItems?.(body, { text, requestId: run.holdId });
  if (ownItems) run.deps.waitUntil(keepItems(run.deps, run.accountId, run.holdId, ownItems));
  const headers = {
    ...answerHeaders(run.holdId),
    'content-type': 'application/json',
    'x-credits-charged': String(toCredits(bill.costMicro)),
  };
  const recorder = run.idempotencyKeyHash === undefined ? undefined : new Recorder(run.idempotencyKeyHash, headers);
  recorder?.add(body);
  if (empty) await closeReleased(run, 'empty', undefined);
  else await closeCharged(run, bill, 'complete', recorder, storedAs(run, attempt.keyIndex, answer.storedId));
  return { ok: true, value: { body, headers } };
}

/** The provider goes on working in the background. Nothing is owed yet. */
async function begun(run: Run, attempt: Attempt, text: string, storedId: string): Promise<Result<Answered>> {
  const receipt = { requestId: run.holdId, usage: NO_USAGE, reported: undefined, creditsUsed: 0 };
  const body = attempt.target.bridge.renderAnswer(text, receipt);
  const headers = { ...answerHeaders(run.holdId), 'content-type': 'application/json' };
  const keyHash = run.idempotencyKeyHash;
  const recorder = keyHash === undefined ? undefined : new Recorder(keyHash, headers);
  recorder?.add(body);
  const kept = recorder && { keyHash: recorder.keyHash, stored: await storeReplay(run.deps.files, run.accountId, run.holdId, recorder) };
  await handOver(run, attempt, storedId, kept);
  return { ok: true, value: { body, headers } };
}
