/**
 * The pump of one stream: batches of events from the upstream to the client, a keepalive when nothing came, and the
 * charge before the end. One interval timer serves keepalive, idle upstreams, the lease and the deadline.
 */

import type { OperationDetail } from '../account/types';
import { fail, type GatewayError } from '../core/errors';
import type { MicroCredits } from '../core/money';
import { tokensOfChars } from '../dialects/estimate-tokens';
import type { UpstreamFailure } from '../providers/types';
import { cancelStored, handOverStream, noteStream } from './background';
import { callCostMicro } from './call-cost';
import type { ClientStream } from './client-stream';
import { keepItems } from './kept-items';
import { type Charge, charge, freeOfCharge, hiddenTokens, isEmpty, observedUsage } from './meter';
import { type OpenedStream, openStream } from './open-stream';
import { reasons, silenceLimitMs } from './patience';
import { longestOutputTokens } from './plan';
import { Recorder } from './replay';
import {
  beat,
  closeCharged,
  closeFailed,
  closeReleased,
  closeUnheard,
  detailOf,
  type Ending,
  letGoOfRequest,
  type StreamRun,
  upstreamError,
} from './run';
import { restOf, storedAs } from './stored-answer';

/** A hold is enlarged when this share of it is used up. */
const EXTEND_AT = 0.8;
/** An extension by less than this share of the hold is not worth a trip to the account. */
const SMALLEST_EXTENSION = 1 / 16;
/** After the answer's last chunk only the usage is still to come, and the client waits for it. */
const COMPLETE_IDLE_MS = 5_000;
const LONGEST_TICK_MS = 5_000;

/** `goes_on`: the stream broke off, but its provider works on in the background. */
type Passed = 'done' | 'failed_early' | 'failed_late' | 'goes_on' | 'gone' | 'stopped';

/** Why the gateway itself ends a stream early; what was produced by then is charged. */
interface Stop {
  ending: Ending;
  error: GatewayError;
}

export class StreamPump {
  private heldMicro: MicroCredits;
  private readonly recorder: Recorder | undefined;
  private current: OpenedStream | undefined;
  /** Set while the upstream is waited for, as opposed to the client. */
  private waitingSinceMs: number | undefined;
  private beatAtMs: number;
  private stop: Stop | undefined;
  /** The attempt that was aborted for being silent too long. */
  private gaveUp: OpenedStream['attempt'] | undefined;
  private extending: Promise<void> | undefined;
  private firstContentMs: number | undefined;
  /** When the first words or shown thoughts came. A block of thoughts may be announced, which is content, long before. */
  private firstSaidMs: number | undefined;
  /** The last events are being written; no keepalive may come between them. */
  private isEnding = false;

  constructor(
    private readonly run: StreamRun,
    private readonly client: ClientStream,
    headers: Record<string, string>,
  ) {
    this.heldMicro = run.plan.estimateMicro;
    this.recorder = run.idempotencyKeyHash === undefined ? undefined : new Recorder(run.idempotencyKeyHash, headers);
    this.beatAtMs = run.deps.now();
  }

  async pump(opening: Promise<OpenedStream | undefined>): Promise<void> {
    const { deps } = this.run;
    const tickMs = Math.min(LONGEST_TICK_MS, Math.max(5, Math.floor(deps.settings.KEEPALIVE_MS / 3)));
    const timer = setInterval(() => this.tick(tickMs), tickMs);
    try {
      this.current = await opening;
      await this.passAll();
    } catch (reason) {
      await this.sayLast(await closeFailed(this.run, reason));
    } finally {
      clearInterval(timer);
      await this.client.close();
    }
  }

  /** Passes on one stream after the other until one gets through or none is left. */
  private async passAll(): Promise<void> {
    const { failover } = this.run;
    while (this.current) {
      const passed = await this.pass(this.current);
      await this.extending;
      if (passed === 'failed_early') {
        this.current = await openStream(this.run, true);
        continue;
      }
      await this.conclude(this.current, passed);
      return;
    }
    if (this.client.gone) await closeUnheard(this.run);
    else await this.breakOff('upstream_failed', upstreamError(failover.finalFailure));
  }

  private async pass(stream: OpenedStream): Promise<Passed> {
    const { relay, reader, attempt } = stream;
    const { failover } = this.run;
    const { wire } = attempt.target;
    if (this.goesOn(stream)) this.beat();
    await this.send(stream.first);
    let isBroken = false;
    try {
      while (!relay.ended && !isBroken) {
        reader.batching = relay.hasContent;
        if (relay.hasContent && this.firstContentMs === undefined) this.commit();
        if (relay.hasOutput || relay.complete) this.firstSaidMs ??= this.run.deps.now() - this.run.startedAtMs;
        const events = await this.read(reader).catch(() => {
          isBroken = true;
        });
        if (reader.isTooLong && relay.hasContent) {
          this.stop ??= { ending: 'too_long', error: TOO_LONG_AN_EVENT };
          attempt.abort?.abort();
          break;
        }
        // Also of a stream that breaks off: its last event may lack nothing but the blank line.
        const text = events ?? reader.takeRest();
        stream.shown.hear(text);
        const out = events === undefined ? relay.pushRest(text) : relay.push(text);
        await this.send(out);
        if (relay.failure) {
          const failure = wire.errorInBody(relay.failure.error) ?? brokenOff('the provider sent something else than an event');
          return this.toldOf(stream, { ...failure, message: failure.message || 'no reason given' }, relay.failure.isAnswers === true);
        }
        if (events === undefined) break;
        this.watchHold(stream);
        if (this.stop) break;
      }
    } catch {
      isBroken = true;
    }
    if (this.stop && !relay.complete) return 'stopped';
    // An answer that breaks off after its last chunk is complete.
    if (isBroken && !relay.complete)
      return this.client.gone ? 'gone' : this.brokenWith(stream, brokenOff('the provider broke off its stream'));
    if (relay.complete || (relay.ended && relay.hasContent)) {
      failover.succeeded(attempt);
      return 'done';
    }
    return this.brokenWith(stream, brokenOff('the provider ended its stream before the answer was complete'));
  }

  /** An error event in a stream that was already heard says nothing of a background answer, unless the event is about the answer itself. */
  private toldOf(stream: OpenedStream, failure: UpstreamFailure, isAnswers: boolean): Passed {
    const isHeard = stream.relay.hasContent || this.client.gone;
    return isHeard && !isAnswers ? this.brokenWith(stream, failure) : this.failedWith(stream, failure);
  }

  /** A background answer goes on without its stream, so no other provider is asked. */
  private brokenWith(stream: OpenedStream, failure: UpstreamFailure): Passed {
    if (!this.goesOn(stream)) return this.failedWith(stream, failure);
    stream.attempt.abort?.abort();
    this.run.failover.broke(stream.attempt, failure);
    return 'goes_on';
  }

  /** Does its provider work on when nobody reads the stream? */
  private goesOn({ relay }: OpenedStream): boolean {
    return this.run.call.background === true && relay.storedId !== undefined;
  }

  private commit(): void {
    this.firstContentMs = this.run.deps.now() - this.run.startedAtMs;
    letGoOfRequest(this.run);
  }

  private async read(reader: OpenedStream['reader']): Promise<string | undefined> {
    this.waitingSinceMs = this.run.deps.now();
    try {
      return await reader.read();
    } finally {
      this.waitingSinceMs = undefined;
    }
  }

  private failedWith(stream: OpenedStream, failure: UpstreamFailure): Passed {
    const { failover } = this.run;
    if (!stream.relay.hasContent && !this.client.gone) {
      const isBlameless = this.gaveUp === stream.attempt && reasons(this.run.plan);
      failover.failed(stream.attempt, { ...failure, isBlameless });
      return 'failed_early';
    }
    stream.attempt.abort?.abort();
    failover.broke(stream.attempt, failure);
    return 'failed_late';
  }

  private async conclude(stream: OpenedStream, passed: Passed): Promise<void> {
    const { run } = this;
    if (passed === 'failed_late') {
      const reason = (stream.attempt.record.message ?? '').replace(/\.$/, '');
      const message = `The provider failed in the middle of its answer: ${reason}. Nothing was charged.`;
      return this.breakOff('upstream_broke', fail('upstream_failed', message).error);
    }
    if (passed !== 'done' && passed !== 'goes_on') run.failover.stopped(stream.attempt);
    const { storedId } = stream.relay;
    if (passed !== 'done' && this.goesOn(stream)) return this.letGoOn(stream, storedId!);
    const charged = this.charge(stream, passed);
    const empty = passed === 'done' && isEmpty(run.call, charged, stream.relay.hasOutput);
    const bill = run.keyMode === 'test' || empty ? freeOfCharge(charged) : charged;
    const rest = passed !== 'done' && storedId !== undefined ? restOf(run.plan.price) : {};
    const more = { firstContentMs: this.firstContentMs ?? null, ...storedAs(run, stream.attempt.keyIndex, storedId), ...rest };
    if (passed === 'stopped') {
      const { ending, error } = this.stop!;
      await closeCharged(run, bill, ending, undefined, more);
      await this.sayLast(error);
      return;
    }
    if (passed === 'gone') return closeCharged(run, bill, 'client_gone', undefined, more);
    const end = stream.relay.close(bill.receipt);
    const unadded = run.conversation && !empty ? await run.conversation.add(end) : undefined;
    if (unadded) return this.breakOff('gateway_failed', unadded);
    this.recorder?.add(end);
    const { ownItems } = stream.relay;
    if (ownItems) run.deps.waitUntil(keepItems(run.deps, run.accountId, run.holdId, ownItems));
    if (empty) await closeReleased(run, 'empty', undefined);
    else await closeCharged(run, bill, 'complete', this.recorder, more);
    await this.client.write(end);
  }

  /** Leaves the call to the queue, which charges it when the answer is over. */
  private async letGoOn(stream: OpenedStream, storedId: string): Promise<void> {
    const { run } = this;
    if (this.stop?.ending === 'credits_ran_out') await cancelStored(run, stream.attempt, storedId);
    await handOverStream(run, stream.attempt, storedId, this.observedMicro(stream));
    if (!this.client.gone) await this.sayLast(this.stop?.error ?? goingOn());
  }

  private charge(stream: OpenedStream, passed: Passed): Charge {
    const { plan, call, holdId } = this.run;
    const { relay, attempt } = stream;
    const hiddenTokens = passed === 'stopped' || (passed === 'gone' && this.firstSaidMs !== undefined) ? this.hiddenTokens(stream) : 0;
    const shown = { outputChars: relay.outputChars, hiddenTokens, work: stream.shown.work };
    return charge(attempt.target, plan.price, call, holdId, relay.usage, shown, relay.isUsageAhead);
  }

  /** Thoughts that were not shown and not yet counted: up to now, or up to the first words. */
  private hiddenTokens({ relay, attempt }: OpenedStream): number {
    const { plan, call, startedAtMs, deps } = this.run;
    if (!reasons(plan) || call.thoughtsOff) return 0;
    const mostTokens = call.choices * longestOutputTokens(call, plan.model) - tokensOfChars(relay.outputChars);
    const untilMs = this.firstSaidMs === undefined ? deps.now() : startedAtMs + this.firstSaidMs;
    return hiddenTokens(untilMs - attempt.startedAtMs, mostTokens);
  }

  /** Tells the client of the failure as the last thing, and charges nothing. */
  private async breakOff(ending: Ending, error: GatewayError): Promise<void> {
    await closeReleased(this.run, ending, error);
    await this.sayLast(error);
  }

  private async sayLast(error: GatewayError): Promise<void> {
    this.isEnding = true;
    await this.client.writeApart(this.run.outgoing.fail(error));
  }

  private async send(text: string): Promise<void> {
    this.recorder?.add(text);
    await this.client.write(text);
  }

  private tick(tickMs: number): void {
    const { deps, outgoing } = this.run;
    const { settings } = deps;
    const nowMs = deps.now();
    if (!this.isEnding && this.client.silentMs() >= settings.KEEPALIVE_MS - tickMs) this.client.ping(outgoing.keepalive());
    if (this.client.isStuck()) this.client.leave();
    if (nowMs - this.beatAtMs >= settings.BEAT_MS) {
      this.beatAtMs = nowMs;
      this.beat();
    }
    if (!this.current) return;
    const { attempt, relay } = this.current;
    // Hidden thoughts make no events, so the hold is watched by the clock.
    if (this.waitingSinceMs !== undefined && this.firstSaidMs === undefined) this.watchHold(this.current);
    const idleMs = this.idleLimitMs(relay);
    const isLate = nowMs - this.run.startedAtMs > settings.CALL_DEADLINE_MS;
    if (isLate && relay.hasContent && !relay.complete) this.stop ??= { ending: 'too_long', error: tooLong(settings.CALL_DEADLINE_MS) };
    if (!isLate && nowMs - (this.waitingSinceMs ?? nowMs) <= idleMs) return;
    this.gaveUp = attempt;
    attempt.abort?.abort();
  }

  private beat(): void {
    const { run, current } = this;
    const observedMicro = current ? this.observedMicro(current) : 0;
    if (current && this.goesOn(current)) noteStream(run, current.attempt, current.relay.storedId!, observedMicro);
    else beat(run, observedMicro, current && observedMicro > 0 ? this.keptNote(current) : undefined);
  }

  /** Should this Worker die, the answer is found at its provider all the same, and charged whole where that has finished it. */
  private keptNote({ relay: { storedId }, attempt }: OpenedStream): OperationDetail | undefined {
    const { run } = this;
    if (storedId === undefined) return undefined;
    return { ...detailOf(run, 'gateway_failed', undefined), ...storedAs(run, attempt.keyIndex, storedId), ...restOf(run.plan.price) };
  }

  private idleLimitMs({ complete, hasContent }: OpenedStream['relay']): number {
    const { plan, deps } = this.run;
    const usualMs = deps.settings.UPSTREAM_IDLE_TIMEOUT_MS;
    if (complete) return Math.min(COMPLETE_IDLE_MS, usualMs);
    return hasContent ? usualMs : silenceLimitMs(plan, usualMs, deps.settings);
  }

  /** Without `hiddenTokens` this is the checkpoint: a call that is lost pays for what its client had, not for hidden thoughts. */
  private observedMicro({ relay, shown }: OpenedStream, hiddenTokens = 0): MicroCredits {
    const { call, plan } = this.run;
    const { outputChars, hasContent } = relay;
    if (!hasContent && hiddenTokens === 0) return 0;
    return callCostMicro(call, observedUsage(call, { outputChars, hiddenTokens, work: shown.work }), plan.price);
  }

  /** Enlarges the hold before it is used up; where the account cannot pay for more, the stream ends. */
  private watchHold(stream: OpenedStream): void {
    // After the answer's last chunk nothing more is produced; only its usage is still to come.
    if (this.extending || this.client.gone || this.run.keyMode === 'test' || stream.relay.complete) return;
    if (this.observedMicro(stream, this.hiddenTokens(stream)) < this.heldMicro * EXTEND_AT) return;
    this.extending = this.extendHold(stream, this.observedMicro(stream))
      .catch((error: unknown) => console.error('hold not extended', String(error)))
      .finally(() => {
        this.extending = undefined;
      });
  }

  /** Doubles the hold, or tries half of that and so on, down to an extension not worth having. */
  private async extendHold(stream: OpenedStream, checkpointMicro: MicroCredits): Promise<void> {
    const { deps, accountId, holdId } = this.run;
    const smallestMicro = this.heldMicro * SMALLEST_EXTENSION;
    for (let byMicro = this.heldMicro; ; byMicro /= 2) {
      const request = { holdId, byMicro: Math.max(1, Math.ceil(byMicro)), checkpointMicro, leaseMs: deps.settings.LEASE_MS };
      const result = await deps.account(accountId).extend(request);
      if (result.ok) {
        this.heldMicro = result.heldMicro;
        return;
      }
      if (byMicro > smallestMicro) continue;
      if (stream.relay.complete) return;
      this.stop ??= { ending: 'credits_ran_out', error: result.error };
      stream.attempt.abort?.abort();
      return;
    }
  }
}

const brokenOff = (message: string): UpstreamFailure => ({ action: 'next_target', message });

const tooLong = (limitMs: number): GatewayError =>
  fail('too_long', `The answer took longer than the ${limitMs / 60_000} minutes that a call may take; what came of it is charged.`).error;

/** The last event of some formats repeats the whole answer, pictures included, which its client has had by then. */
const TOO_LONG_AN_EVENT = fail('too_long', 'An event of the answer is longer than can be passed on; what came before it is charged.').error;

const goingOn = (): GatewayError =>
  fail('upstream_failed', 'The provider broke off its stream and works on in the background: fetch the response by its id.').error;
