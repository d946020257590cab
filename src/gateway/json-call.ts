/** A call that is answered with one JSON document. */
import type { Result } from '../core/errors';
import { toCredits } from '../core/money';
import { parseJson } from '../core/record';
import { within } from '../core/within';
import { ClientStream } from './client-stream';
import type { Attempt } from './failover';
import { charge } from './meter';
import { Recorder } from './replay';
import { closeCharged, closeReleased, type Run, upstreamError } from './run';

interface Answered {
  body: string;
  headers: Record<string, string>;
}

/**
 * Answers with the true status when the upstream is done within half a minute. After that the status is sent and
 * white space follows every 15 s, which JSON allows in front: Node clients give up after 300 s of silence.
 * The work goes on, and is charged, when the client hangs up: providers bill such calls in full.
 */
export async function runJsonCall(run: Run): Promise<Response> {
  const work = answerCall(run);
  run.deps.waitUntil(work);
  const early = await within(work, run.deps.settings.JSON_STATUS_HOLD_MS);
  if (early) return respond(run, early);
  const client = new ClientStream(run.deps.now, () => {});
  const pings = setInterval(() => client.ping('\n'), run.deps.settings.KEEPALIVE_MS);
  const late = work.then(async (result) => {
    clearInterval(pings);
    const body = result.ok ? result.value.body : run.dialect.renderError(result.error, run.holdId).body;
    await client.write(body);
    await client.close();
  });
  run.deps.waitUntil(late);
  return new Response(client.body, { headers: { 'content-type': 'application/json', 'x-request-id': run.holdId } });
}

function respond(run: Run, result: Result<Answered>): Response {
  if (result.ok) return new Response(result.value.body, { headers: result.value.headers });
  const { status, headers, body } = run.dialect.renderError(result.error, run.holdId);
  return new Response(body, { status, headers });
}

async function answerCall(run: Run): Promise<Result<Answered>> {
  for (let attempt = await run.failover.next(); attempt; attempt = await run.failover.next()) {
    const text = await readAnswer(run, attempt);
    if (text !== undefined) return settleAnswer(run, attempt, text);
  }
  const error = upstreamError(run.failover.finalFailure);
  await closeReleased(run, 'upstream_failed', error);
  return { ok: false, error };
}

/** The text of a good answer; undefined, and the attempt marked as failed, when it is none. */
async function readAnswer(run: Run, attempt: Attempt): Promise<string | undefined> {
  const { failover, deps, dialect } = run;
  const timer = setTimeout(() => attempt.abort.abort(), deps.settings.UPSTREAM_IDLE_TIMEOUT_MS);
  try {
    const text = await attempt.response.text();
    const json = parseJson(text);
    const inside = attempt.target.provider.spec.wire.errorInBody(json);
    if (inside) failover.failed(attempt, inside);
    else if (!dialect.readAnswer(text)) failover.failed(attempt, { action: 'next_target', message: describe(text, json) });
    else return text;
  } catch {
    failover.failed(attempt, { action: 'next_target', message: 'the provider broke off its answer' });
  } finally {
    clearTimeout(timer);
  }
  return undefined;
}

const describe = (text: string, json: unknown): string =>
  text.trim() === ''
    ? 'the provider sent an empty answer'
    : json === undefined
      ? 'the provider sent no JSON'
      : 'the provider sent no answer';

async function settleAnswer(run: Run, attempt: Attempt, text: string): Promise<Result<Answered>> {
  run.failover.succeeded(attempt);
  const answer = run.dialect.readAnswer(text)!;
  const charged = charge(attempt.target.provider.spec, run.plan.price, run.dialect, run.call, answer.usage, answer.outputChars);
  // Nothing was produced: nothing is owed, though the provider counted the prompt.
  const empty = !answer.hasOutput && charged.usage.outputTokens === 0;
  const free = run.keyMode === 'test' || empty;
  const bill = free ? { ...charged, costMicro: 0, receipt: { ...charged.receipt, creditsUsed: 0 } } : charged;
  const body = run.dialect.renderAnswer(text, bill.receipt);
  const headers = {
    'content-type': 'application/json',
    'x-request-id': run.holdId,
    'x-credits-charged': String(toCredits(bill.costMicro)),
  };
  const recorder = run.idempotencyKeyHash === undefined ? undefined : new Recorder(run.idempotencyKeyHash, headers);
  recorder?.add(body);
  if (empty) await closeReleased(run, 'empty', undefined);
  else await closeCharged(run, bill, 'complete', recorder);
  return { ok: true, value: { body, headers } };
}
