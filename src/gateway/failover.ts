/**
 * The failover loop: one call, one deadline, its targets in order, each with its credentials. It gives upstreams
 * that began to answer, one after the other: should one fail before its first content, the next is asked for.
 */
import type { Bridge, StreamRelay } from '../dialects/types';
import { toldToCustomer } from '../providers/told';
import type { UpstreamFailure } from '../providers/types';
import type { GatewayDeps } from './deps';
import { type Plan, type PlannedTarget, upstreamRequest } from './plan';
import { failureOf, readWhole } from './read-answer';
import { readSome } from './read-some';
import { retryAfterMs } from './retry-after';

const MAX_ATTEMPTS = 8;
/** So that a provider with many bad keys leaves tries for the next one. */
const MAX_KEYS_PER_TARGET = 4;
const RETRIES_PER_TARGET = 1;
/** Upstreams refuse one thing at a time. */
const REPAIRS_PER_TARGET = 3;
const BACKOFF_MS = 250;
/** A refused credential is left alone this long. */
const REFUSED_KEY_PAUSE_MS = 300_000;
const LIMITED_KEY_PAUSE_MS = 10_000;
const LONGEST_KEY_PAUSE_MS = 60_000;
/** An upstream's Retry-After is waited out only when it is this short and nobody else can answer. */
const LONGEST_WAIT_MS = 5_000;
/** Some repeat what they refuse. */
const ERROR_BODY_CHARS = 262_144;
/** What a provider counted comes this soon after the end of its answer. */
const ENDING_MS = 5_000;

/** One try at a provider, as the customer may see it. */
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
  /** The whole answer, where it is no stream. */
  text: string | undefined;
  /** Only a stream can be stopped in the middle. */
  abort: AbortController | undefined;
  startedAtMs: number;
  /** Which of the provider's credentials it used. */
  keyIndex: number;
  /** Of a stream that has begun. */
  relay?: StreamRelay;
}

export interface LastFailure extends Omit<UpstreamFailure, 'status'> {
  status: number | null;
}

const letGo = (): never => {
  throw new Error('the request was let go');
};
const LET_GO: Bridge = { request: letGo, readAnswer: letGo, renderAnswer: letGo };

export class Failover {
  readonly attempts: AttemptRecord[] = [];
  last: LastFailure | undefined;
  /** The one that was asked last. */
  lastTarget: PlannedTarget | undefined;
  /** Has a provider got the call, as far as is known? */
  hasSent = false;
  private given = 0;
  private readonly queue: Generator<{ target: PlannedTarget; keyIndex: number }>;
  private readonly deadlineMs: number;
  /** Those that do not look broken; all, where every one does. */
  private readonly preferred: readonly PlannedTarget[];
  /** Of the target that is tried. */
  private lastKeyIndex = -1;
  private repeat: { target: PlannedTarget; keyIndex: number; delayMs: number } | undefined;
  private readonly retried = new Map<PlannedTarget, number>();
  /** What targets have refused of the call, each with the call as it is without. */
  private readonly repaired = new Map<PlannedTarget, { bridge: Bridge; refusals: readonly string[] }>();
  private readonly skipped = new Set<PlannedTarget>();
  /** Targets that refused the call in one format, each by itself in another. */
  private readonly moved = new Map<PlannedTarget, PlannedTarget>();

  constructor(
    private readonly deps: GatewayDeps,
    readonly plan: Plan,
    private readonly streams: boolean,
    /** Aborted when nobody waits for an answer any more: nothing new is tried then. */
    private readonly gone: AbortSignal | undefined,
    /** The answer is wanted all the same, to be sent again. */
    private readonly keepsAnswer: boolean,
  ) {
    this.deadlineMs = deps.now() + deps.settings.CALL_DEADLINE_MS;
    const healthy = plan.targets.filter(({ provider }) => deps.health.allows(provider.spec.id, deps.now()));
    this.preferred = healthy.length > 0 ? healthy : plan.targets;
    this.queue = this.candidates();
  }

  get finalFailure(): LastFailure {
    return this.last ?? { action: 'next_target', message: 'no provider could be tried', status: null };
  }

  /** Every target with every credential; those that look broken come last, when nobody else could answer. */
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

  /** The one that a stored answer belongs to comes first: it can be gone on from with no other. */
  private keyOrder({ provider }: PlannedTarget, nowMs: number): number[] {
    const keys = this.deps.health.keyOrder(provider.spec.id, provider.apiKeys.length, nowMs);
    const owner = this.plan.continued?.keyIndex;
    return owner !== undefined && keys.includes(owner) ? [owner, ...keys.filter((key) => key !== owner)] : keys;
  }

  /** The next upstream that answers with a success, undefined when there is none left: see `finalFailure`. */
  async next(): Promise<Attempt | undefined> {
    while (!this.isOver) {
      const again = this.repeat;
      this.repeat = undefined;
      const candidate = again ?? this.queue.next().value;
      if (!candidate) return undefined;
      if (again && again.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, again.delayMs));
      // While it was waited for.
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
    // An answer in one piece comes when all of it is written.
    const limitMs = Math.min(this.streams ? FIRST_BYTE_TIMEOUT_MS : JSON_TIMEOUT_MS, this.deadlineMs - startedAtMs);
    // Under a signal of its own only where it may have to be stopped in the middle: wiring one into a fetch costs
    // more than all the rest of a small call.
    const abort = this.streams ? new AbortController() : undefined;
    const giveUp = () => abort?.abort();
    let attempt: Attempt | undefined;
    // For as long as the attempt lasts: its body is read under the same signal.
    if (abort) this.gone?.addEventListener('abort', () => this.hearOut(target, attempt, giveUp), { once: true });
    const { deadlines } = this.deps;
    const callOff = abort && deadlines.after(limitMs, giveUp);
    let late = false;
    try {
      const sending = this.send(target, keyIndex, limitMs, abort?.signal).then((begun) => {
        this.hasSent = true;
        if (!late) record.status = begun.status;
        return begun;
      });
      const answered = abort ? { response: await sending, text: undefined } : await deadlines.within(sending.then(readWhole), limitMs);
      if (!answered) {
        late = true;
        sending.then((unread) => unread.body?.cancel()).catch(() => {});
        throw new Error('late');
      }
      const { response, text } = answered;
      record.durationMs = this.deps.now() - startedAtMs;
      attempt = { target, response, text, record, abort, startedAtMs, keyIndex };
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
      this.fail(failed, failureOf(error, late, record.status), undefined);
    } finally {
      callOff?.();
    }
    return undefined;
  }

  /**
   * The client has hung up: stops the provider where that stops its meter; where not, hears it out for a while. An
   * answer that is at its end costs nothing more, and what the provider counted, hidden thoughts included, is yet to come.
   */
  private hearOut({ provider }: PlannedTarget, attempt: Attempt | undefined, giveUp: () => void): void {
    const { DRAIN_MS } = this.deps.settings;
    if (provider.spec.onDisconnect === 'drain' || this.keepsAnswer) setTimeout(giveUp, DRAIN_MS);
    else if (attempt?.relay?.complete || attempt?.relay?.isEnding) setTimeout(giveUp, Math.min(ENDING_MS, DRAIN_MS));
    else giveUp();
  }

  /** Given up before its first content, because nobody waits for it. */
  abandoned(record: AttemptRecord): void {
    record.outcome = 'abandoned';
    this.deps.health.undecided(record.provider);
  }

  private send(target: PlannedTarget, keyIndex: number, limitMs: number, signal: AbortSignal | undefined): Promise<Response> {
    const { spec, apiKeys } = target.provider;
    const bridge = this.repaired.get(target)?.bridge ?? target.bridge;
    const moved = this.attempts.some(({ provider, outcome }) => provider !== spec.id && outcome !== 'skipped');
    const how = { stream: this.streams, moved, storedId: this.plan.continued?.upstreamId };
    const { url, headers, body } = upstreamRequest({ ...target, bridge }, apiKeys[keyIndex], how);
    if (spec.serve) return spec.serve({ url, headers, body, signal: signal ?? AbortSignal.timeout(limitMs) });
    return this.deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', ...(signal && { signal }) });
  }

  /** An upstream that had begun to answer came to nothing: before its first content, so another may take over. */
  failed(attempt: Attempt, failure: UpstreamFailure): void {
    attempt.abort?.abort();
    this.fail(attempt, failure, undefined);
  }

  /** Nobody else is asked any more. What would be sent may be megabytes, and everything that has it hangs on the bridges. */
  letGo(): void {
    this.repaired.clear();
    this.moved.clear();
    for (const target of this.plan.targets) Object.assign(target, { bridge: LET_GO, other: undefined });
  }

  /** The answer came through. */
  succeeded(attempt: Attempt): void {
    this.deps.health.succeeded(attempt.target.provider.spec.id, this.deps.now());
  }

  /** It was going well when it was stopped from our side: without this, a provider on probation would stay there. */
  stopped(attempt: Attempt): void {
    this.deps.health.undecided(attempt.target.provider.spec.id);
  }

  /** The upstream broke after its first content: nobody can take over, but it is remembered. */
  broke(attempt: Attempt, failure: UpstreamFailure): void {
    attempt.record.outcome = 'failed';
    attempt.record.message = this.toldTo(attempt, failure).message;
    this.deps.health.failed(attempt.target.provider.spec.id, this.deps.now());
  }

  private fail(attempt: Attempt, failure: UpstreamFailure, retryAfter: number | undefined): void {
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
      // What it refuses may be within what another model takes.
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

  /** The same target in another format, else the next one; the last one of all may take the call with something left out. */
  private changeWire(target: PlannedTarget, keyIndex: number, message: string): void {
    const reached = target.other?.();
    if (reached) {
      const other = { ...reached, plan: target.plan };
      this.moved.set(target, other);
      this.repeat = { target: other, keyIndex, delayMs: 0 };
    } else if (!this.isLast(target) || !this.repair(target, keyIndex, message)) this.skipped.add(target);
  }

  /** An answer that the call goes on from under the name that its client knows. */
  private inClientsTerms(message: string): string {
    const { continued } = this.plan;
    return continued ? message.replaceAll(continued.upstreamId, continued.name) : message;
  }

  /** The same call without what it was refused for, where its dialect can leave that out; never twice for the same. */
  private repair(target: PlannedTarget, keyIndex: number, message: string): boolean {
    const { bridge: refused, refusals } = this.repaired.get(target) ?? { bridge: target.bridge, refusals: [] };
    if (refusals.length >= REPAIRS_PER_TARGET || refusals.includes(message)) return false;
    const bridge = refused.repaired?.(message);
    if (!bridge) return false;
    this.repaired.set(target, { bridge, refusals: [...refusals, message] });
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

  /** No other credential, and no target after it that is likely to answer. */
  private isLastResort(target: PlannedTarget, keyIndex: number): boolean {
    return keyIndex === this.lastKeyIndex && this.isLast(target);
  }

  private isLast(target: PlannedTarget): boolean {
    const last = this.preferred.at(-1);
    return last !== undefined && this.current(last) === target;
  }
}

/** A provider that lacks one model is not broken. */
const isProviderFault = (status: number | null): boolean => status === null || status < 400 || status >= 500;
