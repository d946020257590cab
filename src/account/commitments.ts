/**
 * What an account's rented workers may come to before they can be stopped, set aside so that calls do not spend it: one
 * commitment a deployment, decided on in one step with all the others. It holds no line of the ledger, for nothing of it
 * is charged: what the workers cost is. One that nobody renews lapses.
 */
import type { MicroCredits } from '../core/money';

/** For so long a run that has begun may not be known to who counts them. */
export const BEGUN_MS = 2 * 60_000;
/** Renewed by the sweeper of the jobs in every window that it charges. */
const LEASE_MS = 3_600_000;

export interface CommitRequest {
  /** Of the deployment, at its provider. */
  id: string;
  /** Of the terms that it is reckoned by: an older word than the last changes nothing. */
  version: number;
  /** The key whose monthly limit it counts towards. */
  keyId: string | null;
  /** As much as there is, up to what is wanted; refused below the least. */
  wantedMicro: MicroCredits;
  leastMicro: MicroCredits;
  /** Workers that are to wait after a run: those that are known of, and the most that there can be. */
  waits: { known: number; most: number; eachMicro: MicroCredits };
  /** One more run begins. */
  begins?: boolean;
  /** Workers that always run have to do with the key's limit: to be started, an hour of them must fit into it; they are kept until it is used up. */
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
  /** Of a key with a limit. */
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

  /** Of all that have not lapsed. */
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

  /** A second word of the same is not written, but to renew it. */
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

/** By the limit of the key. */
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
