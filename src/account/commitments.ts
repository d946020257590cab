/**
 * Money set aside for what an account's rented workers may cost before they can be stopped, so that calls do not spend
 * it: one commitment a deployment. It has no ledger line, since nothing of it is charged; what the workers really cost
 * is charged separately. A commitment that is not renewed lapses.
 */
import type { MicroCredits } from '../core/money';
import { HOUR_MS } from '../core/time';

/** For this long a run that has begun may be missing from the caller's count of runs. */
export const BEGUN_MS = 2 * 60_000;
/** The sweeper of the jobs renews a commitment whenever it charges a deployment's time. */
const LEASE_MS = HOUR_MS;

export interface CommitRequest {
  /** The deployment's id at its provider. */
  id: string;
  /** The version of the terms it was computed from; a request with older terms changes nothing. */
  version: number;
  /** The key whose limit it counts towards. */
  keyId: string | null;
  /** What is wanted; as much as there is will be set aside, and less than the least is refused. */
  wantedMicro: MicroCredits;
  leastMicro: MicroCredits;
  /** Workers that may idle after a run: how many are known, the most there can be, and the cost of each. */
  waits: { known: number; most: number; eachMicro: MicroCredits };
  /** Whether one more run is about to begin. */
  begins?: boolean;
  /**
   * For workers that always run, how the key's limit applies: to start them, an hour of them must fit into it; once
   * started, they are kept until it is used up.
   */
  limited?: 'starts' | 'keeps';
}

export type CommitResult =
  | { ok: true; committedMicro: MicroCredits }
  | { ok: false; reason: 'stale' }
  | { ok: false; reason: 'suspended' }
  | { ok: false; reason: 'balance'; requiredMicro: MicroCredits; availableMicro: MicroCredits }
  | { ok: false; reason: 'spending_limit'; requiredMicro: MicroCredits; limitMicro: MicroCredits; spentMicro: MicroCredits };

export interface CommitFunds {
  /** Nobody of the account's own can stop its workers, or may use them. */
  suspended: boolean;
  balanceMicro: MicroCredits;
  heldMicro: MicroCredits;
  /** Undefined for a key without a limit. */
  key: { limitMicro: MicroCredits; spentMicro: MicroCredits } | undefined;
}

interface Commitment {
  version: number;
  keyId: string | null;
  micro: MicroCredits;
  untilMs: number;
  begunAtMs: number[];
}

type Sql = Pick<SqlStorage, 'exec'>;

const TABLE = 'commitment';

export class Commitments {
  private readonly all = new Map<string, Commitment>();
  private exists: boolean;

  constructor(private readonly sql: Sql) {
    this.exists = sql.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '${TABLE}'`).toArray().length > 0;
    if (!this.exists) return;
    for (const { id, record } of sql.exec(`SELECT id, record FROM ${TABLE}`).toArray())
      this.all.set(String(id), JSON.parse(String(record)) as Commitment);
  }

  /** The sum of all that have not lapsed. */
  sumMicro(nowMs: number, counts: (id: string, keyId: string | null) => boolean = () => true): MicroCredits {
    let sum = 0;
    for (const [id, { micro, untilMs, keyId }] of this.all) if (untilMs > nowMs && counts(id, keyId)) sum += micro;
    return sum;
  }

  commit(request: CommitRequest, funds: CommitFunds, nowMs: number): CommitResult {
    const { id, version, keyId, waits } = request;
    const known = this.all.get(id);
    if (known && known.version > version) return { ok: false, reason: 'stale' };
    const begunAtMs = (waits.most > 0 && known?.begunAtMs ? known.begunAtMs : []).filter((atMs) => atMs > nowMs - BEGUN_MS);
    if (request.begins && waits.most > 0) begunAtMs.push(nowMs);
    const waitsMicro = waits.eachMicro * Math.min(waits.most, waits.known + begunAtMs.length);
    const wantedMicro = request.wantedMicro + waitsMicro;
    if (funds.suspended && wantedMicro > 0) return { ok: false, reason: 'suspended' };
    const refusal = refuse(
      request,
      wantedMicro,
      funds,
      this.sumMicro(nowMs, (other, of) => other !== id && of === keyId),
    );
    if (refusal) return refusal;
    const requiredMicro = request.leastMicro + waitsMicro;
    const availableMicro = funds.balanceMicro - funds.heldMicro - this.sumMicro(nowMs, (other) => other !== id);
    if (requiredMicro > 0 && availableMicro < requiredMicro) return { ok: false, reason: 'balance', requiredMicro, availableMicro };
    const micro = Math.min(wantedMicro, Math.max(0, availableMicro));
    this.write(id, { version, keyId, micro, untilMs: nowMs + LEASE_MS, begunAtMs }, nowMs);
    return { ok: true, committedMicro: micro };
  }

  /** Repeating a commitment writes nothing until it has to be renewed. */
  private write(id: string, next: Commitment, nowMs: number): void {
    const known = this.all.get(id);
    if (next.micro === 0 && next.begunAtMs.length === 0) {
      if (known) this.sql.exec(`DELETE FROM ${TABLE} WHERE id = ?`, id);
      this.all.delete(id);
      return;
    }
    const same = known?.micro === next.micro && known.version === next.version && known.begunAtMs.length === next.begunAtMs.length;
    if (same && known.untilMs > nowMs + LEASE_MS / 2) return;
    if (!this.exists) this.sql.exec(`CREATE TABLE IF NOT EXISTS ${TABLE} (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID`);
    this.exists = true;
    const upsert = `INSERT INTO ${TABLE} VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET record = excluded.record`;
    this.sql.exec(upsert, id, JSON.stringify(next));
    this.all.set(id, next);
  }
}

/** Refuses by the key's limit. */
function refuse(
  { limited }: CommitRequest,
  wantedMicro: MicroCredits,
  { key }: CommitFunds,
  othersMicro: MicroCredits,
): CommitResult | undefined {
  if (!key || limited === undefined) return undefined;
  const { limitMicro, spentMicro } = key;
  const isOver = limited === 'starts' ? spentMicro + othersMicro + wantedMicro > limitMicro : spentMicro >= limitMicro;
  return isOver ? { ok: false, reason: 'spending_limit', requiredMicro: wantedMicro, limitMicro, spentMicro } : undefined;
}
