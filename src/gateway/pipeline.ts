/**
 * One call, in order: parse, plan, admit, execute, settle. This file is a request's way at a glance; what each step
 * does is in the file of its name.
 */
import type { AccountStub } from '../account/stub';
import type { AdmitResult } from '../account/types';
import type { ApiKey } from '../core/api-key';
import { accountUnreachable, fail, type GatewayError, KEY_REFUSALS, ok, type RefusedCall, type Result, unknownKey } from '../core/errors';
import { HOURLY_LIMITS } from '../core/family';
import { type IdempotencyHashes, idempotencyIn } from '../core/idempotency';
import { labelsOf } from '../core/labels';
import type { Call, Dialect } from '../dialects/types';
import { sandboxAnswers } from '../providers/registry';
import { atAccountPrices } from './account-prices';
import { authorizeKey } from './authorize-key';
import { afterConversation, takeConversation } from './conversation';
import type { GatewayDeps } from './deps';
import { Failover } from './failover';
import { idempotencyOf } from './idempotency';
import { runJsonCall } from './json-call';
import { withNamedItems } from './kept-items';
import { type ParkableRequest, type Parked, park, withoutRequest } from './parked';
import { availableModels, type Plan, planCall } from './plan';
import { type PlannedAhead, planAhead } from './plan-ahead';
import { readReplay } from './replay';
import { closeReleased, type Run } from './run';
import { findStoredAnswer, withHistory } from './stored-answer';
import { runStreamCall } from './stream-call';

/** A request as the route read it. */
export interface IncomingCall extends ParkableRequest {
  /** `body` is abridged, and the whole is in `bytes`: see `planAhead`. */
  isAbridged?: boolean;
  endpoint: string;
  /** The random part of the request's id. */
  nonce: string;
  /** Every correctly signed key that was sent; usually one. */
  keys: readonly ApiKey[];
  origin: string | null;
  ip: string | null;
  idempotencyKey: string | null;
  /** Makes a signal that is aborted when the client hangs up. */
  signal: () => AbortSignal;
}

/** The answer, or the error for the route to render under the request's id, with the model that was asked for. */
export type CallResult = { ok: true; response: Response } | (RefusedCall & { model?: string });

/**
 * The call is finished even if its client hangs up before the answer: its trip to the account may carry other calls
 * (`account/batcher.ts`), and a provider that was asked has to be paid. What goes on after the answer keeps itself
 * alive.
 */
export function runCall(deps: GatewayDeps, incoming: IncomingCall): Promise<CallResult> {
  const answered = answer(deps, incoming);
  // Called once for the whole call, since each `waitUntil` costs a small call 2 % of its time.
  deps.waitUntil(answered.catch(() => undefined));
  return answered;
}

async function answer(deps: GatewayDeps, incoming: IncomingCall): Promise<CallResult> {
  const startedAtMs = deps.now();
  const { dialect, endpoint, url } = incoming;
  const ahead = planAhead(deps, incoming);
  const parsed = ahead?.parsed ?? dialect.parse(incoming);
  if (!parsed.ok) return parsed.error.param === 'model' ? withModels(deps, dialect, parsed.error) : parsed;
  const { model } = parsed.value;
  const hashes = await idempotencyOf(incoming.idempotencyKey, endpoint + (dialect.askedByUrl?.(url) ?? ''), incoming.body);
  const result = hashes.ok ? await answerParsed(deps, incoming, { startedAtMs, ahead, parsed }, hashes.value) : hashes;
  return result.ok ? result : { ...result, model };
}

interface ParsedCall {
  startedAtMs: number;
  ahead: PlannedAhead | undefined;
  parsed: { ok: true; value: Call };
}

/** Tries each key; the first one that its account accepts decides. */
async function answerParsed(
  deps: GatewayDeps,
  incoming: IncomingCall,
  { startedAtMs, ahead, parsed }: ParsedCall,
  hashes: IdempotencyHashes | undefined,
): Promise<CallResult> {
  const { dialect } = incoming;
  let refused: CallResult = unknownKey();
  for (const key of incoming.keys) {
    const whole = parsed.value.names || parsed.value.conversation ? await wholeCall(deps, key, parsed.value, hashes) : parsed;
    if (!whole.ok) {
      refused = await keyFirst(deps, incoming, key, whole.error);
      continue;
    }
    const { continues } = whole.value;
    const found = continues && (await findStoredAnswer(deps, key.accountId, continues.requestId));
    if (found && !found.ok) return found;
    const stored = found?.value;
    if (continues && !stored) {
      refused = await keyFirst(deps, incoming, key, continues.missing);
      continue;
    }
    let call = stored ? withHistory(whole.value, stored) : whole.value;
    const sandbox = key.mode === 'test' || sandboxAnswers(deps);
    const planned = ahead ? ok(ahead.plan) : planCall(deps.registry, dialect, call, sandbox, stored);
    if (!planned.ok) return planned;
    const plan = planned.value;
    const labels = ahead?.labels ?? labelsOf(incoming.headers, call.fields);
    // With another key it would have to be planned again, and what it names is not in its bytes.
    const alone = incoming.keys.length === 1 && whole === parsed;
    const parked = ahead?.parked ?? (alone ? park(deps, incoming, call, plan, sandbox) : undefined);
    if (parked) call = letGoOf(incoming, parsed);
    else incoming.bytes?.free();
    const account = deps.account(key.accountId);
    const idempotency = idempotencyIn(key.mode, hashes);
    const admitted = await admit(deps, account, incoming, key, plan, idempotency ?? null);
    if (!admitted.ok) {
      parked?.free();
      refused = admitted;
      if (KEY_REFUSALS.has(admitted.error.kind)) continue;
      return refused;
    }
    if ('replay' in admitted) return replay(deps, key.accountId, admitted.replay.operationId);
    // Only a stream is stopped when its client hangs up: providers bill a JSON call in full anyway.
    const gone = call.stream ? hangUp(incoming.signal()) : undefined;
    const { holdId, pricePermille } = admitted.admission;
    const idempotencyKeyHash = idempotency?.keyHash;
    const priced = pricePermille === undefined ? { call, plan } : atAccountPrices({ call, plan }, pricePermille);
    const run = beginRun(deps, incoming, key, { account, ...priced, holdId, startedAtMs, idempotencyKeyHash, labels }, gone, parked);
    const unjoined = whole.value.conversation && (await joinConversation(run, whole.value));
    if (unjoined) return unjoined;
    return {
      ok: true,
      response: await (gone ? runStreamCall({ ...run, gone, outgoing: call.openStream(run.holdId) }) : runJsonCall(run, incoming.signal)),
    };
  }
  return refused;
}

/** A key that may not be used is refused for that, whatever is wrong with what its call names. */
async function keyFirst(deps: GatewayDeps, from: IncomingCall, key: ApiKey, error: GatewayError): Promise<CallResult> {
  return { ok: false, error: (await authorizeKey(deps, key, from)) ?? error };
}

/** The call with what it names instead of containing. */
async function wholeCall(deps: GatewayDeps, key: ApiKey, call: Call, hashes: IdempotencyHashes | undefined): Promise<Result<Call>> {
  const named = await withNamedItems(deps, key.accountId, call);
  if (!named.ok || !named.value.conversation) return named;
  // A call that is repeated may be the one that has the conversation, which its account knows.
  return afterConversation(deps, key, named.value.conversation, hashes === undefined);
}

/** Gives the call its conversation; the refusal where that cannot be, and then nobody pays. */
async function joinConversation(run: Run, { conversation }: Call): Promise<CallResult | undefined> {
  const taken = await takeConversation(run, conversation!);
  if (taken.ok) {
    run.conversation = taken.value;
    return undefined;
  }
  await closeReleased(run, 'refused', taken.error);
  return { ...taken, isCounted: true };
}

/** Drops all that holds the body of a parked call, so that nothing of it outlives the wait for its account and its provider. */
function letGoOf(incoming: IncomingCall, parsed: { value: Call }): Call {
  const call = withoutRequest(parsed.value);
  Object.assign(parsed, { value: call });
  Object.assign(incoming, { body: '' });
  return call;
}

function hangUp(signal: AbortSignal): AbortController {
  const gone = new AbortController();
  if (signal.aborted) gone.abort();
  signal.addEventListener('abort', () => gone.abort());
  return gone;
}

const withModels = (deps: GatewayDeps, dialect: Dialect, error: GatewayError): CallResult => ({
  ok: false,
  error: { ...error, details: { ...error.details, available_models: availableModels(deps.registry, dialect, sandboxAnswers(deps)) } },
});

async function admit(
  deps: GatewayDeps,
  account: AccountStub,
  { endpoint, nonce, origin, ip }: IncomingCall,
  key: ApiKey,
  plan: Plan,
  idempotency: IdempotencyHashes | null,
): Promise<Exclude<AdmitResult, { ok: false }> | RefusedCall> {
  const { model, alternatives, rateFamily, minimumTier, minimumBalanceMicro, estimateMicro, worstMicro } = plan;
  try {
    const admitted = await account.admit({
      nonce,
      keyId: key.keyId,
      secretHash: key.secretHash,
      origin,
      ip,
      family: rateFamily,
      modelFamily: model.family,
      model: model.id,
      ...(alternatives && { alternatives: alternatives.map(({ id, family }) => ({ model: id, modelFamily: family })) }),
      endpoint,
      minimumTier,
      minimumBalanceMicro,
      estimateMicro,
      worstMicro,
      leaseMs: deps.settings.LEASE_MS,
      hourlyLimit: deps.hourlyLimits[rateFamily] ?? HOURLY_LIMITS[rateFamily],
      idempotency,
    });
    return admitted.ok ? admitted : { ...admitted, isCounted: true };
  } catch (error) {
    console.error('admission failed', String(error));
    return accountUnreachable();
  }
}

async function replay(deps: GatewayDeps, accountId: string, operationId: string): Promise<CallResult> {
  const kept = await readReplay(deps.files, accountId, operationId);
  if (!kept.ok) return kept;
  if (kept.value) return { ok: true, response: kept.value };
  return fail('idempotency_mismatch', 'This Idempotency-Key was used before and its answer is no longer kept; it was charged once.');
}

function beginRun(
  deps: GatewayDeps,
  { dialect }: IncomingCall,
  { accountId, mode: keyMode }: ApiKey,
  admitted: Pick<Run, 'account' | 'call' | 'plan' | 'holdId' | 'startedAtMs' | 'idempotencyKeyHash' | 'labels'>,
  gone: AbortController | undefined,
  parked: Parked | undefined,
): Run {
  const { plan, call, idempotencyKeyHash } = admitted;
  const failover = new Failover(deps, plan, call.stream, gone?.signal, idempotencyKeyHash !== undefined, parked);
  return { ...admitted, deps, dialect, accountId, keyMode, failover, askedModel: plan.model.id };
}
