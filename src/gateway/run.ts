/** What JSON calls and streams share: an admitted call, its failures, and the ways to close it. */
import type { AccountStub } from '../account/stub';
import type { BeatRequest, CloseRequest, OperationDetail } from '../account/types';
import { answerHeaders } from '../core/answer-headers';
import type { KeyMode } from '../core/api-key';
import { fail, type GatewayError, internalError } from '../core/errors';
import type { Labels } from '../core/labels';
import { type MicroCredits, priceOfUsage } from '../core/money';
import { NO_USAGE, type Usage } from '../core/usage';
import type { Call, Dialect, OutgoingStream } from '../dialects/types';
import type { GatewayDeps } from './deps';
import type { Failover, LastFailure } from './failover';
import { type Charge, charge } from './meter';
import { withoutRequest } from './parked';
import type { Plan, PlannedTarget } from './plan';
import { type Recorder, storeReplay } from './replay';
import { settle } from './settle';

/** The conversation that a call has. */
export interface TakenConversation {
  id: string;
  /** Adds what the call said and was answered; gives an error where that could not be done. */
  add(answer: string): Promise<GatewayError | undefined>;
  /** Nothing is added. */
  giveBack(): Promise<void>;
}

export interface Run {
  deps: GatewayDeps;
  dialect: Dialect;
  call: Call;
  plan: Plan;
  failover: Failover;
  accountId: string;
  account: AccountStub;
  keyMode: KeyMode;
  /** Names the hold, the operation and the request alike. */
  holdId: string;
  startedAtMs: number;
  /** The catalogue's id of the model that was admitted first. */
  askedModel: string;
  idempotencyKeyHash: string | undefined;
  labels: Labels;
  conversation?: TakenConversation;
  /** A queue looks after the call from now on. */
  handedOver?: boolean;
}

/** A streamed call, which ends when its client hangs up. One that is answered with JSON is finished all the same. */
export interface StreamRun extends Run {
  /** Aborted when the client has hung up. */
  gone: AbortController;
  outgoing: OutgoingStream;
}

/**
 * After the first content no other provider can be asked, so the request is let go now and not at the stream's end: it
 * may be megabytes, streams last for minutes, and all calls of an isolate share its memory.
 */
export function letGoOfRequest(run: StreamRun): void {
  run.call = { ...withoutRequest(run.call), openStream: () => run.outgoing };
  run.failover.letGo();
}

/** From here on, waiting and charging go by the model of this target. */
export function turnTo(run: Run, target: PlannedTarget): void {
  run.plan = target.plan ?? run.failover.plan;
}

/** How a call ended, for its receipt. */
export type Ending =
  | 'complete'
  | 'client_gone'
  | 'upstream_broke'
  | 'upstream_failed'
  | 'refused'
  | 'credits_ran_out'
  | 'too_long'
  | 'gateway_failed'
  | 'empty'
  | 'background';

/** Anthropic's status for having no capacity: https://platform.claude.com/docs/en/api/errors */
const OVERLOADED = 529;

/** The last upstream's failure as an error for the client. */
export function upstreamError(failure: LastFailure): GatewayError {
  const { message, code, param, details } = failure;
  const more = { ...(code !== undefined && { code }), ...(param !== undefined && { param }) };
  const kind = failure.status === OVERLOADED ? 'upstream_overloaded' : 'upstream_failed';
  // A call in a wrong format is the caller's mistake; a 404 of the provider's address is the operator's.
  if (failure.action === 'caller' || (failure.action === 'next_wire' && failure.status !== 404))
    return fail('upstream_rejected', message || 'The provider refused the request.', {
      ...more,
      ...(details && { details: { details } }),
      ...callerStatus(failure.status),
    }).error;
  return fail(kind, `All providers of this model failed; the last one: ${message || 'no reason given'}`, more).error;
}

/** A provider's 4xx keeps its status. */
const callerStatus = (status: number | null): { status?: number } => (status !== null && status >= 400 && status < 500 ? { status } : {});

/** An error as a response under the id that the call can be looked up by. */
export function errorResponse(run: Run, error: GatewayError): Response {
  const { status, headers, body } = run.dialect.renderError(error, run.holdId);
  return new Response(body, { status, headers: { ...answerHeaders(run.holdId), ...headers } });
}

/** Renews the hold's lease. Should the call never be heard of again, the checkpoint is charged and the note goes on its receipt. */
export function beat(run: Run, checkpointMicro: MicroCredits, note?: OperationDetail): void {
  if (run.handedOver) return;
  const { deps, holdId } = run;
  const request = { holdId, checkpointMicro, leaseMs: deps.settings.LEASE_MS, ...(note && { note }) };
  deps.waitUntil(insistOnBeat(run, request));
}

/** The lease ends before the next beat but one, so a failed beat is tried again at once and once more soon after. */
async function insistOnBeat(run: Run, request: BeatRequest): Promise<void> {
  const { deps, accountId } = run;
  for (const afterMs of [0, 0, deps.settings.BEAT_MS / 6]) {
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (run.handedOver) return;
    try {
      // A stub is useless once its object has failed, so each try makes another.
      await deps.account(accountId).beat(request);
      return;
    } catch (error) {
      console.error('beat failed', String(error));
    }
  }
}

export function detailOf(run: Run, ending: Ending, charge: Charge | undefined, more: Record<string, unknown> = {}): OperationDetail {
  const { provider, model: upstreamModel, durationMs } = run.failover.attempts.findLast(({ outcome }) => outcome === 'answered') ?? {};
  return {
    ending,
    stream: run.call.stream,
    provider: provider ?? null,
    upstreamModel: upstreamModel ?? null,
    usage: charge ? usedBuckets(charge.usage) : null,
    ...(charge && run.plan.model.id !== run.askedModel && { servedModel: run.plan.model.id }),
    price: priceOfUsage(run.plan.price, charge?.usage ?? NO_USAGE),
    ...(run.plan.pricePermille !== undefined && { pricePermille: run.plan.pricePermille }),
    ...(run.plan.catalogueVersion !== undefined && { catalogueVersion: run.plan.catalogueVersion }),
    ...run.labels,
    ...(run.conversation && { conversation: run.conversation.id }),
    latencyMs: run.deps.now() - run.startedAtMs,
    firstByteMs: durationMs ?? null,
    attempts: run.failover.attempts,
    ...more,
  };
}

/** Empty buckets are left out: each field of a receipt is written, sent and parsed several times. */
const usedBuckets = (usage: Usage): Partial<Usage> => Object.fromEntries(Object.entries(usage).filter(([, tokens]) => tokens > 0));

/** Charges the call and keeps the answer where an idempotency key asks for it. */
export async function closeCharged(
  run: Run,
  charge: Charge,
  ending: Ending,
  recorder: Recorder | undefined,
  more?: Record<string, unknown>,
): Promise<void> {
  const stored = recorder && ending === 'complete' ? await storeReplay(run.deps.files, run.accountId, run.holdId, recorder) : false;
  await close(run, { costMicro: charge.costMicro, outcome: charge.source }, detailOf(run, ending, charge, more), stored);
}

/** The client hung up before any content. A provider that was sent the prompt bills it, so the prompt is charged. */
export async function closeUnheard(run: Run): Promise<void> {
  const { call, failover, holdId } = run;
  const last = failover.attempts.at(-1);
  const target = failover.lastTarget;
  if (target) turnTo(run, target);
  if (last?.outcome !== 'abandoned' || !target || run.keyMode === 'test') return closeReleased(run, 'client_gone', undefined);
  await closeCharged(run, charge(target, run.plan.price, call, holdId, undefined, { outputChars: 0 }), 'client_gone', undefined);
}

/** Gives the whole hold back. */
export async function closeReleased(run: Run, ending: Ending, error: GatewayError | undefined): Promise<void> {
  const more = error ? { error: error.message, errorKind: error.kind } : {};
  if (run.conversation) run.deps.waitUntil(run.conversation.giveBack());
  await close(run, { costMicro: 0, outcome: 'released' }, detailOf(run, ending, undefined, more), false);
}

/** For a bug of ours after admission: nobody pays, and the client gets an end. */
export async function closeFailed(run: Run, reason: unknown): Promise<GatewayError> {
  const { message, stack } = reason instanceof Error ? reason : { message: String(reason) };
  console.error('call failed', JSON.stringify({ holdId: run.holdId, error: message, stack }));
  const { error } = internalError();
  await closeReleased(run, 'gateway_failed', error);
  return error;
}

async function close(
  run: Run,
  closing: Pick<CloseRequest, 'costMicro' | 'outcome'>,
  detail: OperationDetail,
  stored: boolean,
): Promise<void> {
  const keyHash = run.idempotencyKeyHash;
  await settle(run.deps, run.accountId, run.account, {
    holdId: run.holdId,
    ...closing,
    detailJson: JSON.stringify(detail),
    ...(closing.outcome === 'released' && !run.failover.hasSent && { unsent: true }),
    ...(keyHash !== undefined && { idempotency: { keyHash, stored } }),
  });
}
