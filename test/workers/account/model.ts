/**
 * The account as its contract says, independent of how it is built: one list of all operations, with sums that are
 * kept as it grows and recomputed now and then.
 */
import type {
  AccountProfile,
  AdmitRequest,
  BeatRequest,
  ChargeRequest,
  CloseRequest,
  ExtendRequest,
  GrantRequest,
  KeyRecord,
  OperationDetail,
} from '../../../src/account/types';
import { Sums } from './model-sums';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const CREDIT = 1_000_000;

const TIERS: readonly [id: string, fromMicro: number][] = [
  ['free', 0],
  ['starter', 1_999 * CREDIT],
  ['growth', 9_999 * CREDIT],
  ['scale', 49_999 * CREDIT],
];
const rank = (tier: string): number => TIERS.findIndex(([id]) => id === tier);

export interface ModelOperation {
  /** The hold's id; grants and adjustments are told apart by the fields that follow. */
  id: string | null;
  eventId: string | null;
  adjusts: string | null;
  kind: 'usage' | 'grant' | 'adjust';
  state: 'open' | 'settled' | 'released' | 'expired';
  keyId: string | null;
  userId: string | null;
  family: string | null;
  test: boolean;
  model: string | null;
  endpoint: string | null;
  heldMicro: number;
  /** What it may cost beyond its hold. */
  exposureMicro: number;
  checkpointMicro: number;
  amountMicro: number;
  openedAtMs: number;
  deadlineMs: number;
  closedAtMs: number | null;
  outcome: string | null;
  detail: OperationDetail;
  idempotency: AdmitRequest['idempotency'];
  /** The month whose spend it counts towards. */
  month: string;
  epoch: number;
}

interface State {
  nowMs: number;
  epoch: number;
  profile: AccountProfile;
  operations: ModelOperation[];
  keys: Map<string, KeyRecord>;
  /** Closes that came after the hold had expired, by hold. */
  late: Map<string, { costMicro: number; outcome: string }>;
  /** Holds that a restore undid. */
  undone: Map<string, { openedAtMs: number; epoch: number }>;
  /** The last epoch that a recovery began, which D1 knows of. */
  begunEpoch: number;
  /** The highest limit that was alerted for, by `kind:key:month`. */
  alerted: Map<string, number>;
  alerts: Map<string, Record<string, unknown>>;
  idempotency: Map<string, { bodyHash: string; holdId: string; state: 'running' | 'again' | 'stored' | 'lost' | 'expired'; atMs: number }>;
}

export interface Refusal {
  kind: string;
  details?: Record<string, unknown>;
  headers?: Record<string, string>;
  retryAfterSeconds?: number;
}

export type Expected<T> = ({ ok: true } & T) | { ok: false; refusal: Refusal };

const no = (kind: string, more: Omit<Refusal, 'kind'> = {}): { ok: false; refusal: Refusal } => ({ ok: false, refusal: { kind, ...more } });

const monthName = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 7);

/** What a call may cost beyond its hold, as its request says. */
export const exposureOf = ({ estimateMicro, worstMicro = 0 }: AdmitRequest): number => Math.max(0, worstMicro - estimateMicro);

function sum(operations: readonly ModelOperation[], micro: (operation: ModelOperation) => number): number {
  let total = 0;
  for (const operation of operations) total += micro(operation);
  return total;
}

/** What D1 knows of an account that a restore is repaired with. */
export interface Known {
  /** The latest epoch that it has a line of. */
  epoch: number;
  holds: ReadonlySet<string>;
  events: ReadonlySet<string>;
  adjusted: ReadonlySet<string>;
  alerts: ReadonlySet<string>;
  revokedKeys: ReadonlySet<string>;
  disabledKeys: ReadonlySet<string>;
}

export class Model {
  private state: State;
  private sums: Sums;

  constructor(profile: AccountProfile, nowMs: number) {
    this.state = {
      nowMs,
      epoch: 1,
      profile,
      operations: [],
      keys: new Map(),
      late: new Map(),
      undone: new Map(),
      begunEpoch: 0,
      alerted: new Map(),
      alerts: new Map(),
      idempotency: new Map(),
    };
    this.sums = new Sums(this.state.operations);
  }

  /** Throws if a kept sum is wrong. */
  verify(): void {
    this.sums.verify();
  }

  get nowMs(): number {
    return this.state.nowMs;
  }

  set nowMs(nowMs: number) {
    this.state.nowMs = nowMs;
  }

  get operations(): readonly ModelOperation[] {
    return this.state.operations;
  }

  get lines(): ModelOperation[] {
    return this.state.operations.filter(({ state }) => state !== 'open');
  }

  get open(): ModelOperation[] {
    return this.sums.open;
  }

  get balanceMicro(): number {
    return this.sums.balanceMicro;
  }

  get heldMicro(): number {
    return sum(this.open, ({ heldMicro }) => heldMicro);
  }

  /** What the calls under way may cost beyond their holds, without the one that makes the rest smallest. */
  get shortestRiskMicro(): number {
    const { open } = this;
    return Math.min(...open.map((spared) => sum(open, (hold) => (hold === spared ? 0 : hold.exposureMicro))));
  }

  get topUpMicro(): number {
    return this.sums.topUpMicro;
  }

  get tier(): string {
    const earned = TIERS.filter(([, fromMicro]) => this.topUpMicro >= fromMicro).at(-1)?.[0] ?? 'free';
    return rank(earned) > rank(this.state.profile.grantedTier) ? earned : this.state.profile.grantedTier;
  }

  get epoch(): number {
    return this.state.epoch;
  }

  get keys(): KeyRecord[] {
    return [...this.state.keys.values()];
  }

  get alerts(): ReadonlyMap<string, Record<string, unknown>> {
    return this.state.alerts;
  }

  spentMicro(keyId: string): number {
    return this.sums.spentMicro(keyId, monthName(this.nowMs));
  }

  private heldByKeyMicro(keyId: string): number {
    return sum(this.open, (hold) => (hold.keyId === keyId ? hold.heldMicro : 0));
  }

  /** What a call in one piece and those under way may take beyond their holds, of all keys or of one; the largest is left out. */
  private riskMicro(exposureMicro: number, keyId?: string): number {
    if (exposureMicro === 0) return 0;
    const others = this.open.filter((hold) => keyId === undefined || hold.keyId === keyId).map((hold) => hold.exposureMicro);
    const [, ...rest] = [exposureMicro, ...others].sort((a, b) => b - a);
    return rest.reduce((total, micro) => total + micro, 0);
  }

  /** Opening times of the calls that count against an hourly limit now. */
  window(userId: string, family: string, test: boolean): number[] {
    return [...this.sums.since(this.nowMs - HOUR_MS)]
      .filter(
        (call) =>
          call.kind === 'usage' &&
          call.userId === userId &&
          call.family === family &&
          call.test === test &&
          call.state !== 'released' &&
          !(call.state === 'expired' && call.amountMicro === 0),
      )
      .map(({ openedAtMs }) => openedAtMs);
  }

  /** The same for all calls that may have reached a provider. */
  private sentWindow(userId: string, family: string): number[] {
    return [...this.sums.since(this.nowMs - HOUR_MS)]
      .filter((call) => call.kind === 'usage' && call.userId === userId && call.family === family && !call.test)
      .map(({ openedAtMs }) => openedAtMs);
  }

  putKey(key: KeyRecord): void {
    this.state.keys.set(key.id, key);
  }

  setTier(grantedTier: AccountProfile['grantedTier']): void {
    this.state.profile = { ...this.state.profile, grantedTier };
  }

  refuseKey(request: Pick<AdmitRequest, 'keyId' | 'secretHash' | 'origin' | 'ip'>): Refusal | undefined {
    const key = this.state.keys.get(request.keyId);
    if (!key || key.secretHash !== request.secretHash) return { kind: 'invalid_key' };
    if (key.status === 'revoked') return { kind: 'revoked_key' };
    if (key.status === 'disabled') return { kind: 'disabled_key' };
    if (key.expiresAtMs !== null && this.nowMs >= key.expiresAtMs) return { kind: 'expired_key' };
    if (key.origins.length > 0 && !key.origins.includes(request.origin ?? '')) return { kind: 'origin_not_allowed' };
    if (key.ips.length > 0 && !key.ips.includes(request.ip ?? '')) return { kind: 'ip_not_allowed' };
    return undefined;
  }

  /** `holdId` is the account's, if it admitted the call. */
  admit(request: AdmitRequest, holdId: string | undefined): Expected<{ userId: string } | { replayOf: string }> {
    const refusedKey = this.refuseKey(request);
    if (refusedKey) return { ok: false, refusal: refusedKey };
    const key = this.state.keys.get(request.keyId)!;
    const { idempotency } = request;
    const record = idempotency && this.state.idempotency.get(idempotency.keyHash);
    if (idempotency && record && record.state !== 'expired' && this.nowMs - record.atMs < DAY_MS) {
      if (record.bodyHash !== idempotency.bodyHash || record.state === 'lost') return no('idempotency_mismatch');
      if (record.state === 'running' || record.state === 'again') return no('idempotency_in_flight', { retryAfterSeconds: 1 });
      return { ok: true, replayOf: record.holdId };
    }
    const refusal = this.refuseCall(key, request);
    if (refusal) return { ok: false, refusal };
    if (holdId === undefined) return { ok: true, userId: key.userId };
    const test = key.mode === 'test';
    this.add({
      id: holdId,
      kind: 'usage',
      state: 'open',
      keyId: key.id,
      userId: key.userId,
      family: request.family,
      test,
      model: request.model,
      endpoint: request.endpoint,
      heldMicro: test ? 0 : request.estimateMicro,
      exposureMicro: test ? 0 : exposureOf(request),
      deadlineMs: this.nowMs + request.leaseMs,
      closedAtMs: null,
      outcome: null,
      idempotency,
    });
    if (idempotency)
      this.state.idempotency.set(idempotency.keyHash, {
        bodyHash: idempotency.bodyHash,
        holdId,
        state: record?.state === 'expired' && this.nowMs - record.atMs < DAY_MS ? 'again' : 'running',
        atMs: this.nowMs,
      });
    return { ok: true, userId: key.userId };
  }

  /** Checked after the key: what it may use, tier, hourly limit, spending limit, balance. */
  private refuseCall(key: KeyRecord, request: AdmitRequest): Refusal | undefined {
    const inScope =
      (key.models.length === 0 || key.models.includes(request.model)) &&
      (key.families.length === 0 || key.families.includes(request.modelFamily));
    if (!inScope) return { kind: 'model_not_allowed' };
    const test = key.mode === 'test';
    if (!test && rank(this.tier) < rank(request.minimumTier))
      return { kind: 'tier_required', details: { required_tier: request.minimumTier, tier: this.tier } };
    const full = this.refuseRate(this.window(key.userId, request.family, test), request.hourlyLimit);
    if (full || test) return full;
    const sentTooMany = this.refuseRate(this.sentWindow(key.userId, request.family), 3 * request.hourlyLimit);
    if (sentTooMany) return sentTooMany;
    const exposureMicro = exposureOf(request);
    return (
      this.refuseSpending(key, request.estimateMicro, true, this.riskMicro(exposureMicro, key.id)) ??
      this.refuseBalance(request.estimateMicro, request.minimumBalanceMicro, this.riskMicro(exposureMicro))
    );
  }

  private refuseRate(window: number[], limit: number): Refusal | undefined {
    if (window.length < limit) return undefined;
    const resetAtMs = Math.min(...window) + HOUR_MS;
    return {
      kind: 'rate_limited',
      retryAfterSeconds: Math.max(1, Math.ceil((resetAtMs - this.nowMs) / 1000)),
      headers: {
        'X-RateLimit-Limit': String(limit),
        'X-RateLimit-Remaining': '0',
        'X-RateLimit-Reset': String(Math.ceil(resetAtMs / 1000)),
      },
    };
  }

  private refuseSpending(key: KeyRecord, micro: number, tells: boolean, riskMicro: number): Refusal | undefined {
    const limit = key.spendingLimitMicro;
    const spent = this.spentMicro(key.id);
    if (limit === null || spent + this.heldByKeyMicro(key.id) + riskMicro + micro <= limit) return undefined;
    const details = { limit: limit / CREDIT, spent: spent / CREDIT, required: micro / CREDIT };
    if (spent + micro <= limit) return { kind: 'spending_in_flight', details, retryAfterSeconds: 5 };
    if (tells && spent >= limit * 0.8 && this.alert('key_spend_100', key, spent) && key.autoDisable && key.status === 'active')
      this.putKey({ ...key, status: 'disabled' });
    return { kind: 'spending_limit', details };
  }

  private refuseBalance(micro: number, minimumMicro: number, riskMicro: number): Refusal | undefined {
    const required = Math.max(micro, minimumMicro);
    const balance = this.balanceMicro;
    const available = balance - this.heldMicro;
    if (balance < required)
      return {
        kind: 'insufficient_credits',
        details: { required: required / CREDIT, available: available / CREDIT, limit_source: 'credits' },
      };
    if (available - riskMicro < micro) {
      const shown = available < micro ? available : Math.max(0, available - riskMicro);
      return {
        kind: 'credits_in_flight',
        details: { required: required / CREDIT, available: shown / CREDIT, limit_source: 'in_flight' },
        retryAfterSeconds: 5,
      };
    }
    return undefined;
  }

  /** Once per key, kind and month, and again for a higher limit. */
  private alert(kind: string, key: KeyRecord, spentMicro: number): boolean {
    const month = Number(monthName(this.nowMs).replace('-', ''));
    const of = `${kind}:${key.id}:${month}`;
    const limit = key.spendingLimitMicro!;
    if ((this.state.alerted.get(of) ?? -1) >= limit) return false;
    this.state.alerted.set(of, limit);
    const id = `alert:${of}:${limit}`;
    if (!this.state.alerts.has(id))
      this.state.alerts.set(id, { kind, keyId: key.id, month, spentMicro, limitMicro: key.spendingLimitMicro });
    return true;
  }

  private charged(keyId: string | null): void {
    const key = keyId === null ? undefined : this.state.keys.get(keyId);
    if (!key || key.spendingLimitMicro === null) return;
    const spent = this.spentMicro(key.id);
    if (spent * 100 >= key.spendingLimitMicro * 80) this.alert('key_spend_80', key, spent);
  }

  find(holdId: string): ModelOperation | undefined {
    return this.sums.find(holdId);
  }

  beat(request: BeatRequest): boolean {
    const hold = this.find(request.holdId);
    const record = request.answeredKeyHash === undefined ? undefined : this.state.idempotency.get(request.answeredKeyHash);
    if (record?.holdId === request.holdId) record.state = 'stored';
    if (hold?.state !== 'open') return false;
    if (!hold.test) hold.checkpointMicro = Math.max(hold.checkpointMicro, request.checkpointMicro);
    hold.deadlineMs = Math.max(hold.deadlineMs, this.nowMs + request.leaseMs);
    return true;
  }

  extend(request: ExtendRequest): Expected<{ heldMicro: number }> {
    const hold = this.find(request.holdId);
    if (hold?.state !== 'open') return no('unavailable');
    if (!hold.test) {
      const refusal =
        this.refuseSpending(this.state.keys.get(hold.keyId!)!, request.byMicro, false, 0) ?? this.refuseBalance(request.byMicro, 0, 0);
      if (refusal) return { ok: false, refusal };
      hold.heldMicro += request.byMicro;
    }
    this.beat(request);
    return { ok: true, heldMicro: hold.heldMicro };
  }

  /** Of a hold that a restore undid, too. */
  openedAtMs(holdId: string): number | undefined {
    return (this.find(holdId) ?? this.state.undone.get(holdId))?.openedAtMs;
  }

  /** `overshootMicro` is what it took from the balance beyond its hold. */
  close(
    request: CloseRequest,
  ):
    | { ok: true; costMicro: number; outcome: string; repeated: boolean; overshootMicro: number }
    | { ok: false; reason: 'unknown_hold' | 'too_late' | 'undecided' } {
    const hold = this.find(request.holdId);
    if (hold?.state === 'open') {
      const costMicro = hold.test ? 0 : request.costMicro;
      this.end(hold, costMicro, request.outcome === 'released' ? 'released' : 'settled', request.outcome, JSON.parse(request.detailJson));
      this.endIdempotency(request);
      return { ok: true, costMicro, outcome: request.outcome, repeated: false, overshootMicro: Math.max(0, costMicro - hold.heldMicro) };
    }
    const undone = this.state.undone.get(request.holdId);
    if (!hold && !(undone && undone.epoch < this.epoch)) return { ok: false, reason: 'unknown_hold' };
    const late = this.state.late.get(request.holdId);
    if (late) return { ok: true, ...late, repeated: true, overshootMicro: 0 };
    if (hold && hold.state !== 'expired')
      return { ok: true, costMicro: 0 - hold.amountMicro, outcome: hold.outcome!, repeated: true, overshootMicro: 0 };
    if (hold && this.nowMs - hold.closedAtMs! > DAY_MS) return { ok: false, reason: 'too_late' };
    // Only the id of an undone hold is left, which names the month.
    if (!hold && undone && monthName(undone.openedAtMs) < monthName(this.nowMs - DAY_MS)) return { ok: false, reason: 'too_late' };
    return this.closeLate(request, hold);
  }

  private closeLate(request: CloseRequest, expired: ModelOperation | undefined) {
    const chargedMicro = expired ? 0 - expired.amountMicro : 0;
    const record = request.idempotency && this.state.idempotency.get(request.idempotency.keyHash);
    const isCurrent = record && record.state !== 'expired' && this.nowMs - record.atMs < DAY_MS;
    const isPaid = isCurrent && record.holdId !== request.holdId;
    const ownMicro = expired?.test ? 0 : request.costMicro;
    if (isPaid && ownMicro !== chargedMicro && this.find(record.holdId)?.state === 'open')
      return { ok: false as const, reason: 'undecided' as const };
    const costMicro = expired?.test ? 0 : isPaid ? chargedMicro : request.costMicro;
    this.state.late.set(request.holdId, { costMicro, outcome: request.outcome });
    if (costMicro !== chargedMicro) {
      this.add({
        kind: 'adjust',
        state: 'settled',
        adjusts: request.holdId,
        keyId: expired?.keyId ?? null,
        userId: expired?.userId ?? null,
        family: expired?.family ?? null,
        model: expired?.model ?? null,
        endpoint: expired?.endpoint ?? null,
        amountMicro: chargedMicro - costMicro,
        outcome: request.outcome,
        detail: { ...JSON.parse(request.detailJson), adjusts: request.holdId },
        month: expired?.month ?? monthName(this.nowMs),
      });
      this.charged(expired?.keyId ?? null);
    }
    this.endIdempotency(request);
    const overshootMicro = Math.max(0, costMicro - chargedMicro);
    return { ok: true as const, costMicro, outcome: request.outcome as string, repeated: false, overshootMicro };
  }

  private endIdempotency({ idempotency, holdId, outcome }: CloseRequest): void {
    const record = idempotency && this.state.idempotency.get(idempotency.keyHash);
    if (!record) return;
    if (record.holdId === holdId) {
      if (outcome === 'released' && record.state === 'running') this.state.idempotency.delete(idempotency.keyHash);
      else if (outcome === 'released') record.state = 'expired';
      else record.state = idempotency.stored ? 'stored' : 'lost';
    } else if (record.state === 'expired' && outcome !== 'released') Object.assign(record, { holdId, state: 'lost' });
  }

  private end(hold: ModelOperation, costMicro: number, state: ModelOperation['state'], outcome: string, detail: OperationDetail): void {
    hold.state = state;
    hold.amountMicro = 0 - costMicro;
    hold.closedAtMs = this.nowMs;
    hold.outcome = outcome;
    hold.detail = detail;
    this.sums.close(hold);
    if (costMicro > 0) this.charged(hold.keyId);
  }

  /** The alarm: holds that were not heard of in time are charged their checkpoint. Returns the overshoot. */
  expire(): number {
    let overshootMicro = 0;
    for (const hold of this.open.filter(({ deadlineMs }) => deadlineMs <= this.nowMs)) {
      const costMicro = hold.checkpointMicro;
      overshootMicro += Math.max(0, costMicro - hold.heldMicro);
      this.end(hold, costMicro, 'expired', costMicro > 0 ? 'estimated' : 'released', { expired: true });
      for (const record of this.state.idempotency.values())
        if (record.holdId === hold.id && (record.state === 'running' || record.state === 'again'))
          record.state = costMicro > 0 ? 'lost' : 'expired';
    }
    return overshootMicro;
  }

  grant(request: GrantRequest): { balanceMicro: number; repeated: boolean } {
    const repeated = this.sums.has(request.eventId);
    if (!repeated)
      this.add({
        kind: 'grant',
        state: 'settled',
        eventId: request.eventId,
        amountMicro: request.amountMicro,
        outcome: 'actual',
        detail: { reason: request.reason, eventId: request.eventId, topUp: request.topUp },
      });
    return { balanceMicro: this.balanceMicro, repeated };
  }

  /** A charge without a call. */
  charge({ eventId, amountMicro, keyId, family, model, endpoint, detail }: ChargeRequest): { balanceMicro: number; repeated: boolean } {
    const repeated = this.sums.has(eventId);
    if (!repeated) {
      const line = { eventId, keyId, family, model, endpoint, outcome: 'actual', detail: { ...detail, eventId } };
      this.add({ kind: 'adjust', state: 'settled', amountMicro: 0 - amountMicro, ...line });
      this.charged(keyId);
      this.tellUsedUp(keyId);
    }
    return { balanceMicro: this.balanceMicro, repeated };
  }

  private tellUsedUp(keyId: string | null): void {
    const key = keyId === null ? undefined : this.state.keys.get(keyId);
    if (!key || key.spendingLimitMicro === null) return;
    const spent = this.spentMicro(key.id);
    if (spent >= key.spendingLimitMicro && this.alert('key_spend_100', key, spent) && key.autoDisable && key.status === 'active')
      this.putKey({ ...key, status: 'disabled' });
  }

  private add(fields: Partial<ModelOperation> & Pick<ModelOperation, 'kind' | 'state'>): void {
    this.sums.add({
      id: null,
      eventId: null,
      adjusts: null,
      keyId: null,
      userId: null,
      family: null,
      test: false,
      model: null,
      endpoint: null,
      heldMicro: 0,
      exposureMicro: 0,
      checkpointMicro: 0,
      amountMicro: 0,
      openedAtMs: this.nowMs,
      deadlineMs: this.nowMs,
      closedAtMs: this.nowMs,
      outcome: null,
      detail: {},
      idempotency: null,
      month: monthName(this.nowMs),
      epoch: this.epoch,
      ...fields,
    });
  }

  snapshot(): Model {
    const copy = new Model(this.state.profile, this.nowMs);
    copy.state = structuredClone(this.state);
    copy.sums = new Sums(copy.state.operations);
    return copy;
  }

  /**
   * The account after it was put back to an earlier moment and repaired from D1: what was closed since and is in D1
   * stays, what is not is as it was then, and a hold that was opened since and is not in D1 is undone.
   */
  restoredTo({ state: then }: Model, known: Known): void {
    const before = structuredClone(then);
    const { state: now } = this;
    const kept = (operation: ModelOperation): boolean =>
      (operation.id !== null && known.holds.has(operation.id)) ||
      (operation.eventId !== null && known.events.has(operation.eventId)) ||
      (operation.adjusts !== null && known.adjusted.has(operation.adjusts));
    const sameOf = ({ id, eventId, adjusts }: ModelOperation): string => JSON.stringify([id, eventId, adjusts]);
    const [wasThen, isNow] = [before, now].map((state) => new Map(state.operations.map((operation) => [sameOf(operation), operation])));
    const operations: ModelOperation[] = before.operations.map((old) => {
      if (old.state !== 'open') return old;
      const since = isNow!.get(sameOf(old));
      return since && since.state !== 'open' && kept(since) ? since : old;
    });
    for (const operation of now.operations) {
      if (wasThen!.has(sameOf(operation))) continue;
      if (operation.state !== 'open' && kept(operation)) operations.push(operation);
      else if (operation.id !== null) now.undone.set(operation.id, operation);
    }
    const amountOf = (is: (operation: ModelOperation) => boolean): number => operations.find(is)?.amountMicro ?? 0;
    const late = new Map(
      [...now.late]
        .filter(([holdId]) => before.late.has(holdId) || known.adjusted.has(holdId))
        .map(([holdId, { outcome, costMicro }]) => {
          // Of a call whose own line has not come to D1, what it was charged later is all that it was charged.
          const isLost = !before.late.has(holdId) && !operations.some(({ id }) => id === holdId);
          return [holdId, { outcome, costMicro: isLost ? 0 - amountOf(({ adjusts }) => adjusts === holdId) : costMicro }];
        }),
    );
    const alerts = new Map([...now.alerts].filter(([id]) => before.alerts.has(id) || known.alerts.has(id)));
    const closed = (key: KeyRecord): KeyRecord['status'] => {
      if (known.revokedKeys.has(key.id)) return 'revoked';
      return key.status === 'active' && known.disabledKeys.has(key.id) ? 'disabled' : key.status;
    };
    const keys = new Map([...before.keys].map(([id, key]) => [id, { ...key, status: closed(key) }]));
    for (const { id, state, idempotency, openedAtMs } of operations) {
      if (id === null || !idempotency || state === 'open' || state === 'released' || openedAtMs <= now.nowMs - DAY_MS) continue;
      const { keyHash, bodyHash } = idempotency;
      if (openedAtMs <= (before.idempotency.get(keyHash)?.atMs ?? 0)) continue;
      before.idempotency.set(keyHash, { bodyHash, holdId: id, state: 'running', atMs: openedAtMs });
    }
    for (const record of before.idempotency.values()) {
      const mayHaveEnded = record.state !== 'stored' && record.state !== 'lost';
      const ended = mayHaveEnded ? operations.find(({ id }) => id === record.holdId) : undefined;
      if (!ended || ended.state === 'open') continue;
      record.state = ended.state === 'settled' || ended.amountMicro !== 0 || late.get(ended.id!)?.costMicro ? 'stored' : 'expired';
    }
    const epoch = Math.max(before.epoch, known.epoch, now.begunEpoch) + 1;
    this.state = {
      ...before,
      nowMs: now.nowMs,
      epoch,
      begunEpoch: epoch,
      operations,
      late,
      alerts,
      keys,
      undone: now.undone,
    };
    this.sums = new Sums(operations);
  }
}
