/**
 * The failover loop: one call, one deadline, its targets in order, each with its credentials. `next` gives the
 * upstreams that began to answer, one after the other: when one fails before its first content, the next is asked for.
 */
import type { ShortNames } from '../dialects/short-names';
import type { StreamRelay } from '../dialects/types';
import { toldToCustomer } from '../providers/told';
import type { UpstreamFailure } from '../providers/types';
import type { GatewayDeps } from './deps';
import { LET_GO, type Parked } from './parked';
import { type Plan, type PlannedTarget, upstreamRequest } from './plan';
import { failureOf, readWhole } from './read-answer';
import { readSome } from './read-some';
import { Repairs } from './repairs';
import { retryAfterMs } from './retry-after';

const MAX_ATTEMPTS = 8;
/** A provider with many bad credentials must leave attempts for the providers after it. */
const MAX_KEYS_PER_TARGET = 4;
const RETRIES_PER_TARGET = 1;
const BACKOFF_MS = 250;
/** How long a refused credential is left alone. */
const REFUSED_KEY_PAUSE_MS = 300_000;
const LIMITED_KEY_PAUSE_MS = 10_000;
const LONGEST_KEY_PAUSE_MS = 60_000;
/** An upstream's Retry-After is waited for only when it is this short and nobody else can answer. */
const LONGEST_WAIT_MS = 5_000;
/** Enough for errors that quote the whole request. */
const ERROR_BODY_CHARS = 262_144;
/** A provider's own usage figures follow the end of its answer within this time. */
const ENDING_MS = 5_000;

/** One try at a provider, in the form that the customer sees on the receipt. */
export interface AttemptRecord {
  provider: string;
  model: string;
  startedAtMs: number;
  durationMs: number;
  status: number | null;
  outcome: 'answered' | 'failed' | 'skipped' | 'abandoned';
  message?: string;
}

export interface Attempt {
  target: PlannedTarget;
  response: Response;
  record: AttemptRecord;
  /** The whole answer, unless it is a stream. */
  text: string | undefined;
  /** In place of the client's names of tools. */
  names?: ShortNames | undefined;
  /** Only a stream can be stopped halfway. */
  abort: AbortController | undefined;
  startedAtMs: number;
  /** Which of the provider's credentials was used. */
  keyIndex: number;
  /** Set once its stream has begun. */
  relay?: StreamRelay;
}

export interface LastFailure extends Omit<UpstreamFailure, 'status'> {
  status: number | null;
}

export class Failover {
  readonly attempts: AttemptRecord[] = [];
  last: LastFailure | undefined;
  /** The target that was asked last. */
  lastTarget: PlannedTarget | undefined;
  /** Whether a provider got the call, as far as is known. */
  hasSent = false;
  private given = 0;
  private readonly queue: Generator<{ target: PlannedTarget; keyIndex: number }>;
  private readonly deadlineMs: number;
  /** The targets that look healthy, or all of them when none does. */
  private readonly preferred: readonly PlannedTarget[];
  /** Of the target that is being tried. */
  private lastKeyIndex = -1;
  private repeat: { target: PlannedTarget; keyIndex: number; delayMs: number } | undefined;
  private readonly retried = new Map<PlannedTarget, number>();
  private readonly repairs = new Repairs();
  private readonly skipped = new Set<PlannedTarget>();
  /** Targets that refused the call in one format, each with the same target in another. */
  private readonly moved = new Map<PlannedTarget, PlannedTarget>();

  constructor(
    private readonly deps: GatewayDeps,
    readonly plan: Plan,
    private readonly streams: boolean,
    /** Aborted when nobody waits for the answer any more; nothing new is tried then. */
    private readonly gone: AbortSignal | undefined,
    /** The answer is wanted although its client left: it is kept for an idempotency key. */
    private readonly keepsAnswer: boolean,
    private parked?: Parked,
  ) {
    this.deadlineMs = deps.now() + deps.settings.CALL_DEADLINE_MS;
    const healthy = plan.targets.filter(({ provider }) => deps.health.allows(provider.spec.id, deps.now()));
    this.preferred = healthy.length > 0 ? healthy : plan.targets;
    this.queue = this.candidates();
  }

  get finalFailure(): LastFailure {
    return this.last ?? { action: 'next_target', message: 'no provider could be tried', status: null };
  }

  /** Every target with every credential. Targets that look broken come last, for when nobody else can answer. */
  private *candidates(): Generator<{ target: PlannedTarget; keyIndex: number }> {
    const nowMs = this.deps.now();
    const leftOut = this.plan.targets.filter((target) => !this.preferred.includes(target));
    for (const target of this.plan.targets) {
      if (!leftOut.includes(target)) {
        yield* this.credentials(target, nowMs);
        continue;
      }
      const { id } = target.provider.spec;
      this.attempts.push({ provider: id, model: target.model, startedAtMs: nowMs, durationMs: 0, status: null, outcome: 'skipped' });
    }
    for (const target of leftOut) yield* this.credentials(target, nowMs);
  }

  private *credentials(target: PlannedTarget, nowMs: number): Generator<{ target: PlannedTarget; keyIndex: number }> {
    const keys = this.keyOrder(target, nowMs).slice(0, MAX_KEYS_PER_TARGET);
    this.lastKeyIndex = keys.at(-1) ?? -1;
    for (const keyIndex of keys.length > 0 ? keys : [-1]) {
      const current = this.current(target);
      if (this.skipped.has(current)) break;
      yield { target: current, keyIndex };
    }
  }

  /** The target in the format that it has not refused yet. */
  private current(target: PlannedTarget): PlannedTarget {
    const next = this.moved.get(target);
    return next ? this.current(next) : target;
  }

  /** The credential that a stored answer belongs to comes first, since no other can go on from it. */
  private keyOrder({ provider }: PlannedTarget, nowMs: number): number[] {
    const keys = this.deps.health.keyOrder(provider.spec.id, provider.apiKeys.length, nowMs);
    const owner = this.plan.continued?.keyIndex;
    return owner !== undefined && keys.includes(owner) ? [owner, ...keys.filter((key) => key !== owner)] : keys;
  }

  /** The next upstream that answers with a success; undefined when none is left, and then `finalFailure` has the reason. */
  async next(): Promise<Attempt | undefined> {
    while (!this.isOver) {
      const again = this.repeat;
      this.repeat = undefined;
      const candidate = again ?? this.queue.next().value;
      if (!candidate) return undefined;
      if (again && again.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, again.delayMs));
      // It may have become so during the wait.
      if (this.isOver) return undefined;
      this.given++;
      const attempt = await this.try(candidate.target, candidate.keyIndex);
      if (attempt) return attempt;
    }
    return undefined;
  }

  private get isOver(): boolean {
    return this.given >= MAX_ATTEMPTS || this.gone?.aborted === true || this.deps.now() >= this.deadlineMs;
  }

  private async try(target: PlannedTarget, keyIndex: number): Promise<Attempt | undefined> {
    const { spec } = target.provider;
    this.lastTarget = target;
    const startedAtMs = this.deps.now();
    const record: AttemptRecord = { provider: spec.id, model: target.model, startedAtMs, durationMs: 0, status: null, outcome: 'failed' };
    this.attempts.push(record);
    this.deps.health.begin(spec.id);
    const { FIRST_BYTE_TIMEOUT_MS, JSON_TIMEOUT_MS } = this.deps.settings;
    // An answer in one piece arrives only when all of it is written, so it gets longer.
    const limitMs = Math.min(this.streams ? FIRST_BYTE_TIMEOUT_MS : JSON_TIMEOUT_MS, this.deadlineMs - startedAtMs);
    // Only a stream gets a signal of its own: wiring one into a fetch costs more than the rest of a small call
    // together.
    const abort = this.streams ? new AbortController() : undefined;
    const giveUp = () => abort?.abort();
    let attempt: Attempt | undefined;
    // Not only until the answer begins, since its body is read under the same signal.
    if (abort) this.gone?.addEventListener('abort', () => this.hearOut(target, attempt, giveUp), { once: true });
    const { deadlines } = this.deps;
    const callOff = abort && deadlines.after(limitMs, giveUp);
    let late = false;
    try {
      const sending = this.send(target, keyIndex, limitMs, abort?.signal).then((begun) => {
        this.hasSent = true;
        if (late) begun.body?.cancel().catch(() => {});
        else record.status = begun.status;
        return begun;
      });
      const answered = abort ? { response: await sending, text: undefined } : await deadlines.within(sending.then(readWhole), limitMs);
      if (!answered) {
        late = true;
        throw new Error('late');
      }
      const { response, text } = answered;
      record.durationMs = this.deps.now() - startedAtMs;
      const { names } = this.repairs.of(target);
      attempt = { target, response, text: text && names ? names.restored(text) : text, names, record, abort, startedAtMs, keyIndex };
      if (response.ok && response.status !== 204 && (text !== undefined || response.body)) {
        record.outcome = 'answered';
        return attempt;
      }
      const body = await readSome(response, ERROR_BODY_CHARS, limitMs);
      this.fail(attempt, target.wire.classifyFailure(response.status, body), retryAfterMs(response, this.deps.now()));
    } catch (error) {
      record.durationMs = this.deps.now() - startedAtMs;
      late ||= abort?.signal.aborted === true;
      this.hasSent ||= late;
      if (this.gone?.aborted && late) {
        this.abandoned(record);
        return undefined;
      }
      const failed = { target, response: Response.error(), text: undefined, record, abort, startedAtMs, keyIndex };
      this.fail(failed, failureOf(error, late, record.status));
    } finally {
      callOff?.();
    }
    return undefined;
  }

  /**
   * The client has hung up. A provider whose billing stops with the request is stopped; any other is listened to for a
   * while, for its usage figures. So is one whose answer is at its end: the rest costs nothing, and its figures, hidden
   * thoughts included, are about to come.
   */
  private hearOut({ provider }: PlannedTarget, attempt: Attempt | undefined, giveUp: () => void): void {
    const { DRAIN_MS } = this.deps.settings;
    if (provider.spec.onDisconnect === 'drain' || this.keepsAnswer) setTimeout(giveUp, DRAIN_MS);
    else if (attempt?.relay?.complete || attempt?.relay?.isEnding) setTimeout(giveUp, Math.min(ENDING_MS, DRAIN_MS));
    else giveUp();
  }

  /** Given up before its first content because nobody waits for it. */
  abandoned(record: AttemptRecord): void {
    record.outcome = 'abandoned';
    this.deps.health.undecided(record.provider);
  }

  private send(target: PlannedTarget, keyIndex: number, limitMs: number, signal: AbortSignal | undefined): Promise<Response> {
    const { spec, apiKeys } = target.provider;
    if (this.parked?.target === target) {
      const { url, ...request } = this.parked.requestWith(apiKeys[keyIndex]);
      return this.deps.fetch(url, { method: 'POST', ...request, redirect: 'manual', ...(signal && { signal }) });
    }
    this.takeUp();
    const { bridge, names } = this.repairs.of(target);
    const moved = this.attempts.some(({ provider, outcome }) => provider !== spec.id && outcome !== 'skipped');
    const how = { stream: this.streams, moved, storedId: this.plan.continued?.upstreamId };
    const { url, headers, body: asked } = upstreamRequest({ ...target, bridge }, apiKeys[keyIndex], how);
    const body = names?.shortened(asked) ?? asked;
    if (spec.serve) return spec.serve({ url, headers, body, signal: signal ?? AbortSignal.timeout(limitMs) });
    return this.deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', ...(signal && { signal }) });
  }

  /** What is parked is wanted again. */
  private takeUp(): void {
    this.parked?.takeUp(this.plan.targets);
    this.parked = undefined;
  }

  /** An upstream that began to answer failed before its first content, so another may take over. */
  failed(attempt: Attempt, failure: UpstreamFailure): void {
    attempt.abort?.abort();
    this.fail(attempt, failure);
  }

  /** No other target will be asked any more, so the request is let go: it may be megabytes, and the bridges hold it. */
  letGo(): void {
    this.unpark();
    this.repairs.clear();
    this.moved.clear();
    for (const target of this.plan.targets) Object.assign(target, { bridge: LET_GO, other: undefined });
  }

  /** The answer came through. */
  succeeded(attempt: Attempt): void {
    this.unpark();
    this.deps.health.succeeded(attempt.target.provider.spec.id, this.deps.now());
  }

  private unpark(): void {
    this.parked?.free();
    this.parked = undefined;
  }

  /** Our side stopped an upstream that was doing well. Without this, one on probation would stay there. */
  stopped(attempt: Attempt): void {
    this.deps.health.undecided(attempt.target.provider.spec.id);
  }

  /** The upstream broke off after its first content. Nobody can take over, but its health remembers it. */
  broke(attempt: Attempt, failure: UpstreamFailure): void {
    attempt.record.outcome = 'failed';
    attempt.record.message = this.toldTo(attempt, failure).message;
    this.deps.health.failed(attempt.target.provider.spec.id, this.deps.now());
  }

  private fail(attempt: Attempt, failure: UpstreamFailure, retryAfter = failure.retryAfterMs): void {
    this.takeUp();
    const { target, record, keyIndex } = attempt;
    const { id } = target.provider.spec;
    const nowMs = this.deps.now();
    record.outcome = 'failed';
    record.durationMs = nowMs - attempt.startedAtMs;
    const told = this.toldTo(attempt, failure);
    record.message = told.message;
    this.last = { ...told, status: failure.status ?? record.status };
    if (!target.provider.spec.serve) this.noteHealth(id, this.last, keyIndex, retryAfter, nowMs);
    if (failure.action === 'caller') {
      // Another model may accept what this one refuses, so only this model's targets are skipped.
      if (!this.repair(target, keyIndex, failure.message)) this.skipModel(target.plan);
      return;
    }
    if (failure.action === 'next_wire') {
      this.changeWire(target, keyIndex, failure.message);
      return;
    }
    const tries = this.retried.get(target) ?? 0;
    if (failure.action === 'retry' && tries < RETRIES_PER_TARGET) {
      this.retried.set(target, tries + 1);
      this.repeat = { target, keyIndex, delayMs: BACKOFF_MS * (0.8 + Math.random() * 0.4) };
    } else if (failure.action === 'retry' || failure.action === 'next_target') {
      this.skipped.add(target);
    } else if (
      failure.action === 'backoff_key' &&
      this.isLastResort(target, keyIndex) &&
      tries < RETRIES_PER_TARGET &&
      (retryAfter ?? 0) <= LONGEST_WAIT_MS
    ) {
      this.retried.set(target, tries + 1);
      this.repeat = { target, keyIndex, delayMs: Math.max(retryAfter ?? 0, BACKOFF_MS) };
    }
  }

  private toldTo({ target, record }: Attempt, failure: UpstreamFailure): UpstreamFailure {
    const { code: _code, param: _param, details: _details, ...rest } = failure;
    const { withheld, message, ...more } = toldToCustomer(failure, target.provider);
    if (withheld) {
      const { provider, model } = record;
      console.warn('provider refuses the gateway', JSON.stringify({ provider, model, status: record.status, ...withheld }));
    }
    return { ...rest, ...more, message: this.inClientsTerms(message) };
  }

  /** Tries the target in another of its formats, else moves on. The last target of all may get the call with the refused part left out. */
  private changeWire(target: PlannedTarget, keyIndex: number, message: string): void {
    const reached = target.other?.();
    if (reached) {
      const other = { ...reached, plan: target.plan };
      this.moved.set(target, other);
      this.repeat = { target: other, keyIndex, delayMs: 0 };
    } else if (!this.isLast(target) || !this.repair(target, keyIndex, message)) this.skipped.add(target);
  }

  /** Replaces the upstream's id of a stored answer by the id that the client knows. */
  private inClientsTerms(message: string): string {
    const { continued } = this.plan;
    return continued ? message.replaceAll(continued.upstreamId, continued.name) : message;
  }

  /** The same call without the part that was refused, where that can be left out. */
  private repair(target: PlannedTarget, keyIndex: number, message: string): boolean {
    if (!this.repairs.mend(target, message)) return false;
    this.repeat = { target, keyIndex, delayMs: 0 };
    return true;
  }

  private noteHealth(
    provider: string,
    { action, status, isBlameless }: LastFailure,
    keyIndex: number,
    retryAfter: number | undefined,
    nowMs: number,
  ): void {
    const { health } = this.deps;
    if (action === 'next_key') health.pauseKey(provider, keyIndex, nowMs + REFUSED_KEY_PAUSE_MS);
    else if (action === 'backoff_key')
      health.pauseKey(provider, keyIndex, nowMs + Math.min(retryAfter ?? LIMITED_KEY_PAUSE_MS, LONGEST_KEY_PAUSE_MS));
    const isFault = action === 'retry' || (action === 'next_target' && isProviderFault(status));
    if (isFault && !isBlameless) health.failed(provider, nowMs);
    else health.undecided(provider);
  }

  private skipModel(plan: Plan | undefined): void {
    for (const target of this.plan.targets) if (target.plan === plan) this.skipped.add(this.current(target));
  }

  /** There is neither another credential nor a later target that is likely to answer. */
  private isLastResort(target: PlannedTarget, keyIndex: number): boolean {
    return keyIndex === this.lastKeyIndex && this.isLast(target);
  }

  private isLast(target: PlannedTarget): boolean {
    const last = this.preferred.at(-1);
    return last !== undefined && this.current(last) === target;
  }
}

/** A provider that only lacks one model is not broken. */
const isProviderFault = (status: number | null): boolean => status === null || status < 400 || status >= 500;
