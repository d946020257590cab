/**
 * Drives an account and its model through the same random operations, and compares the two after each. Messages to
 * D1 are lost, repeated and reordered on their way, and so are the acknowledgements.
 */
import { env } from 'cloudflare:test';
import { type AccountStub, accountStub } from '../../../src/account/stub';
import type {
  AdmitRequest,
  AdmitResult,
  ArchivingMessage,
  BeatRequest,
  CloseRequest,
  CloseResult,
  KeyRecord,
  Outcome,
} from '../../../src/account/types';
import { archiveOn } from '../../../src/console/archive/move';
import { archivedAfter } from '../../../src/console/archive/read';
import { reconcileAccount } from '../../../src/console/reconcile';
import { recover } from '../../../src/console/restore';
import type { RateFamily } from '../../../src/core/family';
import type { IdempotencyHashes } from '../../../src/core/idempotency';
import { newNonce, parseOperationId } from '../../../src/core/ids';
import { TIERS } from '../../../src/core/tiers';
import { agree, agreeEach, comparable, refusalAsModel } from './agree';
import { Carrier } from './carrier';
import { alertsInD1, archivedOf, keysInD1, knownToD1, linesInD1, tierInD1 } from './in-d1';
import { exposureOf, Model, type ModelOperation } from './model';
import { Random } from './random';
import {
  CREDIT,
  copyRows,
  DAY_MS,
  HOUR_MS,
  type Inside,
  justBefore,
  LEASE_MS,
  MINUTE_MS,
  OPERATOR,
  putBackRows,
  type Rows,
  SECOND_MS,
  settleMicrotasks,
  smallTables,
  TestAccount,
  testKey,
} from './support';

/** How often each thing happened; a run counts only if it has seen enough of each. */
export type Tally = Record<string, number>;

const LIMITS: Partial<Record<RateFamily, number>> = { chat: 25, image: 8, video: 4 };
const FAMILIES = Object.keys(LIMITS) as RateFamily[];
const RESEND_MS = 60_000;
/** What is never acknowledged is sent again once an hour. */
const LONGEST_RESEND_MS = 3_600_000;
/** The share of messages that is lost on the way. */
const LOSS = 0.15;
const SHOWN = 150;
const ROWS_PER_TABLE = 200;
/** How long an object that is too full keeps operations; longer than a hold can be charged late. */
const KEPT_MS = 2 * DAY_MS;

export interface DriverOptions {
  seed: number;
  operations: number;
  tally: Tally;
  /** Includes point-in-time restores, repaired from D1. */
  restores: boolean;
  /** The spend of keys beyond the fiftieth is stored elsewhere. */
  extraKeys: number;
  /** The object is always too full. */
  cuts: boolean;
  /** Old lines leave D1. */
  archives: boolean;
}

export class Driver {
  private readonly random: Random;
  private readonly account = new TestAccount();
  private readonly model: Model;
  private readonly holds: string[] = [];
  private readonly given = new Set<string>();
  private readonly events: string[] = [];
  private readonly charges: string[] = [];
  private readonly idempotencyOf = new Map<string, IdempotencyHashes>();
  private readonly carrier: Carrier;
  private alarm: Promise<void> | undefined;
  private restorePoint: { rows: Rows; model: Model } | undefined;
  private steps = 0;
  private doing = '';

  constructor(private readonly options: DriverOptions) {
    this.random = new Random(options.seed);
    const profile = { id: this.account.id, name: 'Random', email: null, createdAtMs: this.account.nowMs, grantedTier: 'free' as const };
    this.model = new Model(profile, this.account.nowMs);
    this.carrier = new Carrier(this.account, this.random, (what) => this.count(what));
  }

  async run(): Promise<void> {
    try {
      await this.account.run((object, state) => this.open(object, state));
      while (this.steps < this.options.operations) {
        const steps = Math.min(this.random.between(50, 700), this.options.operations - this.steps);
        await this.account.run((object, state) => this.leg(object, state, steps));
        this.doing = 'carrying messages';
        await this.carrier.carry(LOSS);
        if (this.random.chance(0.3)) await this.evict();
        if (this.options.archives) await this.archive();
        if (this.options.restores) await this.perhapsRestore();
      }
      await this.drain();
      await this.compareWithD1();
    } catch (error) {
      throw new Error(
        `seed ${this.options.seed}, operation ${this.steps} (${this.doing}): ${error instanceof Error ? error.message : error}`,
        {
          cause: error,
        },
      );
    }
  }

  private count(what: string, by = 1): void {
    this.options.tally[what] = (this.options.tally[what] ?? 0) + by;
  }

  private open(object: Inside, state: DurableObjectState): void {
    const profile = { id: this.account.id, name: 'Random', email: null, createdAtMs: this.account.nowMs, grantedTier: 'free' as const };
    object.create(profile);
    smallTables(object, state, ROWS_PER_TABLE);
    for (const key of [
      testKey({ id: 'key_a', userId: 'u1' }),
      testKey({ id: 'key_b', userId: 'u1', spendingLimitMicro: 15 * CREDIT, autoDisable: true }),
      testKey({ id: 'key_c', userId: 'u2', spendingLimitMicro: 400 * CREDIT }),
      testKey({ id: 'key_d', userId: 'u2', spendingLimitMicro: 40 * CREDIT, families: ['chat', 'image'] }),
      testKey({ id: 'key_t', userId: 'u1', mode: 'test' }),
      testKey({ id: 'key_e', userId: 'u3', origins: ['https://app.example.com'], ips: ['192.0.2.7'] }),
      testKey({ id: 'key_f', userId: 'u3', expiresAtMs: this.account.nowMs + 40 * DAY_MS }),
    ])
      this.putKey(object, key);
    for (let i = 0; i < this.options.extraKeys; i++)
      this.putKey(object, testKey({ id: `key_x${i}`, userId: `u${i % 5}`, spendingLimitMicro: 20 * CREDIT }));
  }

  private putKey(object: Inside, key: KeyRecord): void {
    this.model.putKey(key);
    const { secretHash: _, ...summary } = key;
    agree('the key', object.putKey(key), {
      ...summary,
      spentThisMonthMicro: this.model.spentMicro(key.id),
      spentOfLimitMicro: this.model.spentMicro(key.id),
    });
  }

  // One stay in the object.

  private async leg(object: Inside, state: DurableObjectState, steps: number): Promise<void> {
    if (this.options.cuts) object.bounds = [{ aboveBytes: 0, keptMs: KEPT_MS }];
    this.availableMicro = this.model.balanceMicro - this.model.heldMicro;
    for (let i = 0; i < steps; i++) {
      await this.step(object, state);
      this.steps++;
    }
    await this.account.queue.calm();
    await this.alarm;
    await this.compareAll(object, state);
    this.carrier.collect();
  }

  private readonly choices: readonly (readonly [number, string, (object: Inside, state: DurableObjectState) => void | Promise<void>])[] = [
    [41, 'admit', (object) => this.admit(object)],
    [14, 'settle', (object) => this.close(object, this.openHold())],
    [1.3, 'admit several at once', (object) => this.admitTogether(object)],
    [1, 'settle several at once', (object) => this.closeTogether(object)],
    [4, 'release', (object) => this.release(object)],
    [5, 'close again', (object) => this.close(object, this.random.chance(0.5) ? this.recentHold() : this.anyHold())],
    [1, 'close what was tried again', (object) => this.close(object, this.triedAgain())],
    [1, 'close a forged hold', (object) => this.closeForged(object)],
    [6, 'beat', (object) => this.beat(object)],
    [5, 'extend', (object) => this.extend(object)],
    [2.5, 'grant', (object) => this.grant(object)],
    [1, 'charge', (object) => this.charge(object)],
    [0.2, 'set the tier', (object) => this.setTier(object)],
    [2, 'change a key', (object) => this.changeKey(object)],
    [12, 'wait', (object, state) => this.wait(object, state)],
    [1.5, 'evict from memory', (object) => this.forget(object)],
    [1.5, 'queue', () => this.changeQueue()],
    [1, 'flush', (object) => void object.flush().catch(() => undefined)],
    [1, 'acknowledge', (object) => this.acknowledge(object)],
    [1, 'read', (object) => this.read(object)],
  ];

  private async step(object: Inside, state: DurableObjectState): Promise<void> {
    const [doing, work] = this.random.weighted(this.choices.map(([weight, name, does]) => [weight, [name, does] as const] as const));
    this.doing = doing;
    const beforeMicro = Math.min(0, this.availableMicro);
    this.overshootMicro = 0;
    await work(object, state);
    if (this.random.chance(0.3)) await settleMicrotasks();
    const balanceMicro = this.model.balanceMicro;
    const heldMicro = this.model.heldMicro;
    const view = object.view()!;
    agree('balance and holds', [view.balanceMicro, view.heldMicro], [balanceMicro, heldMicro]);
    this.availableMicro = balanceMicro - heldMicro;
    if (this.availableMicro < beforeMicro - this.overshootMicro)
      throw new Error(`${this.availableMicro} are available after ${beforeMicro}: the overshoot was only ${this.overshootMicro}`);
  }

  /** What is available must not be below zero or fall further below, except by what a step took beyond its hold. */
  private availableMicro = 0;

  private overshootMicro = 0;

  private admit(object: Inside): void {
    const request = this.request();
    this.compareAdmission(request, object.admit(request));
  }

  /** As calls that share a trip are. */
  private admitTogether(object: Inside): void {
    const requests = Array.from({ length: this.random.between(2, 6) }, () => this.request());
    const results = JSON.parse(object.admitJson(JSON.stringify(requests))) as AdmitResult[];
    for (const [at, request] of requests.entries()) this.compareAdmission(request, results[at]!);
    this.count('admitted together');
  }

  private closeTogether(object: Inside): void {
    const requests = Array.from({ length: this.random.between(2, 6) }, () => this.closing(this.openHold()));
    const results = JSON.parse(object.settleJson(JSON.stringify(requests))) as CloseResult[];
    for (const [at, request] of requests.entries()) this.compareClose(request, results[at]!);
    this.count('settled together');
  }

  private compareAdmission(request: AdmitRequest, result: AdmitResult): void {
    const holdId = result.ok && 'admission' in result ? result.admission.holdId : undefined;
    const expected = this.model.admit(request, holdId);
    if (!expected.ok) {
      this.count(expected.refusal.kind);
      agree('the refusal', result.ok ? result : refusalAsModel(result.error), expected.refusal);
      return;
    }
    if ('replayOf' in expected) {
      this.count('replayed');
      agree('the replay', result, { ok: true, replay: { operationId: expected.replayOf } });
      return;
    }
    this.count('admitted');
    if (exposureOf(request) > 0 && this.model.keys.find(({ id }) => id === request.keyId)!.mode === 'live') {
      this.count('admitted at a risk');
      const leftMicro = this.model.balanceMicro - this.model.heldMicro - this.model.shortestRiskMicro;
      if (leftMicro < 0) throw new Error(`${holdId} is admitted, and ${leftMicro} may be left though one call came to nothing more`);
    }
    agree('the admission', result, { ok: true, admission: { holdId, userId: expected.userId } });
    const ref = parseOperationId(holdId!)!;
    agree('the hold', [ref.nonce, ref.epoch, ref.month], [request.nonce, this.model.epoch, monthNumber(this.model.nowMs)]);
    if (this.given.has(holdId!)) throw new Error(`${holdId} is used twice`);
    this.given.add(holdId!);
    this.holds.push(holdId!);
    if (request.idempotency) this.idempotencyOf.set(holdId!, request.idempotency);
  }

  private request(): AdmitRequest {
    const { random } = this;
    const key = random.of(this.model.keys);
    const family = random.of(FAMILIES);
    const wrong = random.chance(0.04);
    const scoped = key.origins.length > 0;
    const estimateMicro = random.chance(0.1) ? 0 : random.chance(0.03) ? random.between(10, 60) * CREDIT : random.between(1, 4 * CREDIT);
    return {
      nonce: newNonce(),
      keyId: random.chance(0.005) ? 'key_none' : key.id,
      secretHash: random.chance(0.005) ? 'wrong' : key.secretHash,
      origin: scoped && !wrong ? key.origins[0]! : random.chance(0.1) ? 'https://other.example.com' : null,
      ip: scoped && !random.chance(0.1) ? key.ips[0]! : random.chance(0.5) ? '198.51.100.1' : null,
      family,
      modelFamily: family,
      model: `${family}-model`,
      endpoint: `/v1/${family}`,
      minimumTier: random.weighted([
        [85, 'free'],
        [9, 'starter'],
        [6, 'growth'],
      ]),
      minimumBalanceMicro: family === 'chat' ? 2 * CREDIT : 0,
      estimateMicro,
      ...(random.chance(0.4) && { worstMicro: estimateMicro + random.between(0, 6 * CREDIT) }),
      leaseMs: random.chance(0.1) ? random.between(5, 20) * MINUTE_MS : LEASE_MS,
      hourlyLimit: LIMITS[family]!,
      idempotency: random.chance(0.4) ? this.idempotency() : null,
    };
  }

  /** Often that of a call of late, which is tried again. */
  private idempotency(): IdempotencyHashes {
    const { random } = this;
    const again = random.chance(0.5) && this.idempotencyOf.get(this.recentHold());
    return again || { keyHash: `i${random.between(1, 60)}`, bodyHash: `b${random.between(1, 6) > 1 ? 1 : 2}` };
  }

  private openHold(): string {
    const { open } = this.model;
    return open.length === 0 ? this.anyHold() : this.random.of(open).id!;
  }

  private anyHold(): string {
    return this.holds.length === 0 ? 'none' : this.random.of(this.holds);
  }

  private recentHold(): string {
    return this.holds.length === 0 ? 'none' : this.random.of(this.holds.slice(-60));
  }

  /** A call that came to nothing, as far as is known, and whose idempotency key another has that is under way. */
  private triedAgain(): string {
    const open = new Set(this.model.open.map(({ id }) => this.idempotencyOf.get(id!)?.keyHash));
    const isExpired = (holdId: string) => this.model.find(holdId)?.state === 'expired';
    const tried = this.holds.slice(-500).filter((holdId) => open.has(this.idempotencyOf.get(holdId)?.keyHash ?? '') && isExpired(holdId));
    return tried.at(-1) ?? this.anyHold();
  }

  private closing(holdId: string): CloseRequest {
    const { random } = this;
    const { heldMicro: held = CREDIT, exposureMicro = 0 } = this.model.find(holdId) ?? {};
    const costMicro = random.weighted([
      [6, random.between(0, held)],
      [2, held],
      [1, 0],
      [2, held + random.between(0, exposureMicro)],
      [1, held + exposureMicro + random.between(1, CREDIT)],
    ]);
    const idempotency = this.idempotencyOf.get(holdId);
    return {
      holdId,
      costMicro,
      outcome: random.of<Outcome>(['actual', 'actual', 'estimated', 'ceiling']),
      detailJson: JSON.stringify({ tokens: random.between(0, 9_999) }),
      ...(idempotency && { idempotency: { keyHash: idempotency.keyHash, stored: random.chance(0.8) } }),
    };
  }

  private close(object: Inside, holdId: string): void {
    const request = this.closing(holdId);
    this.compareClose(request, object.settle(request));
  }

  private compareClose(request: CloseRequest, result: CloseResult): void {
    const hold = this.model.find(request.holdId);
    const wasOpen = hold?.state;
    if (this.hasLeft(request.holdId) && !result.ok) return;
    const expected = this.model.close(request);
    if (!expected.ok) {
      this.count(expected.reason);
      agree('the close', result, expected);
      return;
    }
    const { overshootMicro, ...rest } = expected;
    this.overshootMicro += overshootMicro;
    this.count(
      expected.repeated ? 'closed again' : wasOpen === undefined ? 'undone hold charged' : wasOpen === 'open' ? 'closed' : 'adjusted',
    );
    if (overshootMicro > 0) this.count('overshoot');
    if (!expected.repeated && !hold?.test && expected.costMicro < request.costMicro) this.count('paid by another');
    agree('the close', result, rest);
  }

  /** Months are kept for two months; what was closed in an earlier one may be gone, and much sooner if room is short. */
  private hasLeft(holdId: string): boolean {
    const ref = parseOperationId(holdId);
    const openedAtMs = (this.options.cuts ? this.model.openedAtMs(holdId) : undefined) ?? Infinity;
    return ref !== undefined && (ref.month < monthNumber(this.model.nowMs, -2) || openedAtMs < this.model.nowMs - KEPT_MS);
  }

  private release(object: Inside): void {
    const holdId = this.random.chance(0.9) ? this.openHold() : this.recentHold();
    const { idempotency } = this.closing(holdId);
    const request: CloseRequest = { holdId, costMicro: 0, outcome: 'released', detailJson: '{}', ...(idempotency && { idempotency }) };
    this.compareClose(request, object.settle(request));
  }

  private closeForged(object: Inside): void {
    const holdId = this.anyHold();
    // A hold that a restore undid has left no trace, so its id is trusted.
    if (!this.model.find(holdId)) return;
    const tail = holdId.slice(holdId.indexOf('-'));
    agree('a forged close', object.settle(this.closing(`req_${newNonce()}${tail}`)).ok, false);
    this.count('forged');
  }

  private beatRequest() {
    const holdId = this.random.chance(0.85) ? this.openHold() : this.anyHold();
    const held = this.model.find(holdId)?.heldMicro ?? 0;
    const checkpointMicro = this.random.chance(0.3) ? 0 : this.random.between(0, Math.floor(held * 1.2));
    return { holdId, checkpointMicro, leaseMs: LEASE_MS };
  }

  private beat(object: Inside): void {
    const request = this.handsOver(this.beatRequest());
    const renewed = this.model.beat(request);
    this.count(renewed ? 'beat' : 'beat of a closed hold');
    agree('the beat', object.beat(request), renewed ? { ok: true } : { ok: false, reason: 'closed' });
  }

  /** Of some calls that may still be charged the answer can be sent again from now on. */
  private handsOver(request: BeatRequest): BeatRequest {
    const answeredKeyHash = this.idempotencyOf.get(request.holdId)?.keyHash;
    const state = this.model.find(request.holdId)?.state;
    if (answeredKeyHash === undefined || (state !== 'open' && state !== 'expired') || !this.random.chance(0.1)) return request;
    this.count('handed over');
    return { ...request, answeredKeyHash };
  }

  private extend(object: Inside): void {
    const byMicro = this.random.chance(0.05) ? this.random.between(10, 60) * CREDIT : this.random.between(1, 2 * CREDIT);
    const request = { ...this.beatRequest(), byMicro };
    const result = object.extend(request);
    const expected = this.model.extend(request);
    if (!expected.ok) {
      this.count(`extension: ${expected.refusal.kind}`);
      agree('the extension', result.ok ? result : refusalAsModel(result.error), expected.refusal);
      return;
    }
    this.count('extended');
    agree('the extension', result, expected);
  }

  private grant(object: Inside): void {
    const { random } = this;
    const again = this.events.length > 0 && random.chance(0.2);
    const eventId = again ? random.of(this.events) : `event-${this.steps}`;
    const negative = random.chance(0.08);
    const amountMicro = negative ? -random.between(1, 10 * CREDIT) : random.between(1, 16 * CREDIT);
    const topUp = random.chance(0.5);
    const large = topUp && !negative && random.chance(0.03);
    const request = { eventId, amountMicro: large ? 1_999 * CREDIT : amountMicro, reason: 'random', topUp };
    const expected = this.model.grant(request);
    if (!expected.repeated) {
      this.events.push(eventId);
      this.overshootMicro = Math.max(0, -request.amountMicro);
    }
    // A large grant is taken back at once, as a refund that keeps the tier, so that balances run low.
    agree('the grant', object.grant(request), expected);
    if (large && !expected.repeated) {
      const back = { eventId: `${eventId}-back`, amountMicro: -1_980 * CREDIT, reason: 'back', topUp: false };
      agree('the refund', object.grant(back), this.model.grant(back));
      this.overshootMicro = 1_980 * CREDIT;
    }
    this.count(expected.repeated ? 'granted again' : 'granted');
  }

  /** Without a call, as for workers that idled. */
  private charge(object: Inside): void {
    const { random } = this;
    const again = this.charges.length > 0 && random.chance(0.3);
    const eventId = again ? random.of(this.charges) : `charge-${this.steps}`;
    const amountMicro = random.between(0, 2 * CREDIT);
    const line = {
      keyId: random.chance(0.2) ? null : random.of(this.model.keys).id,
      family: 'gpu' as const,
      model: 'idle',
      endpoint: '/v1/gpu',
    };
    const request = { eventId, amountMicro, ...line, detail: { seconds: random.between(1, 60) } };
    const expected = this.model.charge(request);
    const { heldMicro: _, ...charged } = object.charge(request);
    agree('the charge', charged, expected);
    if (!expected.repeated) {
      this.charges.push(eventId);
      this.overshootMicro = amountMicro;
    }
    this.count(expected.repeated ? 'charged again' : 'charged');
  }

  private setTier(object: Inside): void {
    const { id } = this.random.of(TIERS.slice(0, 3));
    this.model.setTier(id);
    agree('the tier', object.setTier(id).tier, this.model.tier);
  }

  private changeKey(object: Inside): void {
    const { random } = this;
    const key = random.of(this.model.keys);
    if (key.status !== 'active') {
      this.putKey(object, { ...key, status: 'active' });
    } else if (key.expiresAtMs !== null && key.expiresAtMs <= this.model.nowMs) {
      this.putKey(object, { ...key, expiresAtMs: this.model.nowMs + random.between(1, 30) * DAY_MS });
    } else if (random.chance(0.05)) {
      this.model.putKey({ ...key, status: 'revoked' });
      agree('the revocation', object.revokeKey(key.id)?.status, 'revoked');
    } else if (key.spendingLimitMicro === null) {
      this.putKey(object, { ...key, name: `${key.name}'`.slice(0, 20) });
    } else {
      this.putKey(object, { ...key, autoDisable: random.chance(0.5), spendingLimitMicro: random.between(5, 120) * CREDIT });
    }
  }

  private async wait(object: Inside, state: DurableObjectState): Promise<void> {
    const { random } = this;
    const monthEnd = Date.UTC(new Date(this.model.nowMs).getUTCFullYear(), new Date(this.model.nowMs).getUTCMonth() + 1, 1);
    const ms = random.weighted([
      [300, random.between(0, 30 * SECOND_MS)],
      [100, random.between(0, 2)],
      [25, random.between(LEASE_MS, 4 * MINUTE_MS)],
      [10, HOUR_MS + random.between(-2, 2)],
      [2, DAY_MS + random.between(-HOUR_MS, HOUR_MS)],
      [1, monthEnd - this.model.nowMs - random.between(0, 20 * SECOND_MS)],
      [1, 20 * DAY_MS],
    ]);
    this.account.nowMs += Math.max(0, ms);
    this.model.nowMs = this.account.nowMs;
    if (this.alarm) return;
    const dueMs = await state.storage.getAlarm();
    if (dueMs === null || dueMs > this.model.nowMs || random.chance(0.2)) return;
    await this.startAlarm(object, state);
  }

  /** The alarm may still be sending lines while other operations go on. */
  private async startAlarm(object: Inside, state: DurableObjectState): Promise<void> {
    await state.storage.deleteAlarm();
    const open = this.model.open.length;
    this.overshootMicro += this.model.expire();
    this.count('expired', open - this.model.open.length);
    this.count('alarm');
    const alarm = object.alarm().finally(() => {
      this.alarm = undefined;
    });
    this.alarm = alarm;
    await settleMicrotasks();
  }

  private forget(object: Inside): void {
    object.opened = undefined;
    this.count('forgotten');
  }

  private changeQueue(): void {
    const { queue } = this.account;
    queue.mode = this.random.weighted([
      [5, 'works'],
      [2, 'waits'],
      [1, 'fails'],
    ]);
    queue.answer(this.random.chance(0.7));
  }

  private acknowledge(object: Inside): void {
    const acknowledgement = this.carrier.oldAcknowledgement();
    if (acknowledgement) object.acknowledge(acknowledgement);
  }

  private read(object: Inside): void {
    const { keys } = this.model;
    agree(
      'the keys',
      object
        .listKeys()
        .map(({ id, status, spentThisMonthMicro }) => `${id} ${status} ${spentThisMonthMicro}`)
        .sort(),
      keys.map(({ id, status }) => `${id} ${status} ${this.model.spentMicro(id)}`).sort(),
    );
    const view = object.view()!;
    agree('the view', [view.tier, view.topUpMicro, view.epoch], [this.model.tier, this.model.topUpMicro, this.model.epoch]);
    const key = this.random.of(keys);
    const check = { keyId: key.id, secretHash: key.secretHash, origin: null, ip: null };
    agree('the authorization', object.authorize(check)?.kind ?? null, this.model.refuseKey(check)?.kind ?? null);
  }

  // Every invariant, after a batch.

  private async compareAll(object: Inside, state: DurableObjectState): Promise<void> {
    this.doing = 'comparing all';
    this.model.verify();
    this.read(object);
    const books = object.books()!;
    agree('the sums', [books.linesMicro, books.openHeldMicro], [books.balanceMicro, books.heldMicro]);
    agree('the balance', books.balanceMicro, this.model.balanceMicro);
    const whole = this.random.chance(0.2);
    const { holds, lines } = object.operations(whole ? 1_000_000 : SHOWN);
    agreeEach(
      'open holds',
      holds.map(({ id, heldMicro, deadlineMs, openedAtMs }) => [id, heldMicro, deadlineMs, openedAtMs]),
      this.model.open
        .slice(0, whole ? undefined : SHOWN)
        .map(({ id, heldMicro, deadlineMs, openedAtMs }) => [id, heldMicro, deadlineMs, openedAtMs]),
    );
    const expected = this.model.lines.reverse();
    if (whole) this.compareRetired(lines.length, expected);
    agreeEach('lines, newest first', lines.map(comparable), expected.slice(0, lines.length).map(comparable));
    await this.compareAlarm(object, state);
    if (!this.options.restores) this.compareKeys();
  }

  /** Calls with one idempotency key within a day are one call: no two of them are charged. */
  private compareKeys(): void {
    const costs = new Map<string, number>();
    for (const { id, adjusts, amountMicro } of this.model.operations) {
      const of = id ?? adjusts;
      if (of !== null) costs.set(of, (costs.get(of) ?? 0) - amountMicro);
    }
    const charged = new Map<string, string>();
    for (const [holdId, { keyHash }] of this.idempotencyOf) {
      if (!costs.get(holdId)) continue;
      const before = charged.get(keyHash);
      if (before && this.model.openedAtMs(holdId)! - this.model.openedAtMs(before)! < DAY_MS)
        throw new Error(`${before} and ${holdId} are both charged under the key ${keyHash}`);
      charged.set(keyHash, holdId);
    }
  }

  private compareRetired(shown: number, expected: ModelOperation[]): void {
    const gone = expected.slice(shown);
    if (gone.length > 0) this.count(this.options.cuts ? 'tables dropped' : 'months retired');
    const isKept = ({ openedAtMs }: ModelOperation): boolean =>
      this.options.cuts ? openedAtMs >= this.model.nowMs - KEPT_MS : monthNumber(openedAtMs) >= monthNumber(this.model.nowMs, -2);
    // The newest of the removed lines is listed first.
    const oldest = gone.find(isKept);
    if (oldest) throw new Error(`a line of ${new Date(oldest.openedAtMs).toISOString()} is gone already`);
  }

  /** An alarm is set for the next deadline and for what D1 has not confirmed. */
  private async compareAlarm(object: Inside, state: DurableObjectState): Promise<void> {
    const alarmMs = await state.storage.getAlarm();
    const deadlineMs = Math.min(...this.model.open.map((hold) => hold.deadlineMs));
    if (deadlineMs < Infinity && (alarmMs === null || alarmMs > Math.max(deadlineMs, this.model.nowMs)))
      throw new Error(`a hold's deadline is ${deadlineMs}, the alarm is set to ${alarmMs}`);
    const { closeSeq, ackedCloseSeq } = object.books()!;
    if (closeSeq > ackedCloseSeq && (alarmMs === null || alarmMs > this.model.nowMs + LONGEST_RESEND_MS))
      throw new Error(`lines are unconfirmed at ${this.model.nowMs}, the alarm is set to ${alarmMs}`);
  }

  // Between stays: the way to D1, evictions, restores.

  private async evict(): Promise<void> {
    this.doing = 'evicting';
    this.count('evicted');
    await this.account.evict();
  }

  private async archive(): Promise<void> {
    this.doing = 'archiving';
    const { random } = this;
    const days = random.of([0, 0, 1, 3]);
    const account = (id: string): AccountStub => accountStub(env.ACCOUNT, id);
    const deps = { db: env.DB, files: env.FILES, account, macSecret: '', now: () => this.account.nowMs };
    const options = { retentionDays: 8, linesAPart: random.between(1, 400), linesAtLeast: random.of([1, 50]), partsAtATime: 3 };
    let message: ArchivingMessage | undefined = { archiving: { days, lines: 0, sizeBytes: 0, after: justBefore(this.account.id) } };
    for (let rounds = random.between(1, 4); message && rounds > 0; rounds--) message = await archiveOn(deps, message, options);
  }

  private async perhapsRestore(): Promise<void> {
    const { random } = this;
    if (!this.restorePoint) {
      if (!random.chance(0.15)) return;
      this.restorePoint = { rows: await this.account.run((_object, state) => copyRows(state)), model: this.model.snapshot() };
      return;
    }
    if (!random.chance(0.25)) return;
    this.doing = 'restoring';
    this.count('restored');
    const { rows, model } = this.restorePoint;
    // What was on its way has arrived or never will: a restore waits until the queue is empty.
    await this.carrier.carry(2 * LOSS);
    await this.carrier.carry(0);
    this.carrier.forget();
    await this.account.run(async (_object, state) => {
      putBackRows(state, rows);
      await state.storage.deleteAlarm();
    });
    await this.account.evict();
    this.account.nowMs += SECOND_MS;
    this.model.nowMs = this.account.nowMs;
    this.model.restoredTo(model, await knownToD1(this.account.id));
    await this.account.run(async (object) => {
      const deps = {
        db: env.DB,
        files: env.FILES,
        account: () => object as unknown as AccountStub,
        macSecret: '',
        ...OPERATOR,
        now: () => this.account.nowMs,
      };
      const books = object.books()!;
      const archived = archivedAfter(deps, this.account.id, { epoch: books.epoch, closeSeq: books.ackedCloseSeq });
      if (!(await archived.next()).done) this.count('restored from the archive');
      const recovered = await recover(deps, this.account.id, books);
      agree('the epoch', recovered.ok && recovered.value.epoch, this.model.epoch);
    });
    await this.account.run((object, state) => this.compareAll(object, state));
    if (random.chance(0.6)) this.restorePoint = undefined;
  }

  /** The queue works again: what was lost is sent again, until D1 has everything. */
  private async drain(): Promise<void> {
    this.account.queue.mode = 'works';
    for (let round = 0; round < 40; round++) {
      this.doing = 'draining';
      await this.carrier.carry(0);
      const settled = await this.account.run(async (object, state) => {
        const dueMs = await state.storage.getAlarm();
        this.account.nowMs = Math.max(this.account.nowMs + RESEND_MS, dueMs ?? 0);
        this.model.nowMs = this.account.nowMs;
        if (dueMs !== null) {
          await this.startAlarm(object, state);
          await this.alarm;
        }
        this.carrier.collect();
        const { closeSeq, ackedCloseSeq } = object.books()!;
        return this.model.open.length === 0 && closeSeq === ackedCloseSeq && (await state.storage.getAlarm()) === null;
      });
      if (settled && this.carrier.isEmpty) return;
    }
    throw new Error('lines stay unconfirmed, or an alarm goes on for ever');
  }

  private async compareWithD1(): Promise<void> {
    this.doing = 'comparing with D1';
    await this.account.run((object, state) => this.compareAll(object, state));
    const lines = await linesInD1(this.account.id);
    const books = await this.account.run((object) => object.books()!);
    for (let epoch = this.options.restores ? books.epoch : 1; epoch <= books.epoch; epoch++) {
      const closeSeqs = lines.filter(({ closeEpoch }) => closeEpoch === epoch).map(({ closeSeq }) => closeSeq);
      agreeEach(
        `close sequences of epoch ${epoch}`,
        closeSeqs,
        Array.from({ length: books.closeSeq }, (_, i) => i + 1),
      );
    }
    lines.sort((a, b) => a.seq - b.seq);
    agreeEach('lines in D1', lines.map(comparable), this.model.lines.map(comparable));
    agree(
      'the sum in D1',
      lines.reduce((sum, { amountMicro }) => sum + amountMicro, 0),
      books.balanceMicro,
    );
    const deps = { db: env.DB, files: env.FILES, account: () => this.account.stub, macSecret: '', now: () => this.account.nowMs };
    agree('the books', await reconcileAccount(deps, this.account.id), { checked: 1, problems: [], nextCursor: null });
    await this.compareEntities();
    this.count('lines in D1', lines.length);
    this.count('lines archived', await archivedOf(this.account.id));
    this.count('operations', this.steps);
  }

  private async compareEntities(): Promise<void> {
    const { id } = this.account;
    const alerts = await alertsInD1(id);
    agreeEach(
      'alerts in D1',
      alerts,
      [...this.model.alerts].map(([alertId, payload]) => ({ id: alertId, payload })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
    this.count('alerts', alerts.length);
    const keys = this.model.keys.map(({ secretHash: _, ...key }) => key);
    agreeEach(
      'keys in D1',
      await keysInD1(id),
      keys.sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
    agree('the tier in D1', await tierInD1(id), this.model.tier);
  }
}

function monthNumber(timeMs: number, offset = 0): number {
  const date = new Date(timeMs);
  const month = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset, 1));
  return month.getUTCFullYear() * 100 + month.getUTCMonth() + 1;
}
