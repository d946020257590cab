/** The model's operations with the sums that every step needs: kept up to date, and recomputed to check them. */
import type { ModelOperation } from './model';

const spendOf = (keyId: string | null, month: string): string => `${keyId} ${month}`;

export class Sums {
  balanceMicro = 0;
  topUpMicro = 0;
  private readonly byHold = new Map<string, ModelOperation>();
  private readonly events = new Set<string>();
  private readonly spent = new Map<string, number>();
  /** In the order in which they were opened. */
  private readonly underWay = new Set<ModelOperation>();

  constructor(private readonly operations: ModelOperation[]) {
    for (const operation of operations) this.take(operation);
  }

  add(operation: ModelOperation): void {
    this.operations.push(operation);
    this.take(operation);
  }

  private take(operation: ModelOperation): void {
    if (operation.id !== null) this.byHold.set(operation.id, operation);
    if (operation.eventId !== null) this.events.add(operation.eventId);
    if (operation.state === 'open') this.underWay.add(operation);
    else this.count(operation);
  }

  /** An open operation now has its amount. */
  close(operation: ModelOperation): void {
    this.underWay.delete(operation);
    this.count(operation);
  }

  private count({ keyId, month, amountMicro, detail }: ModelOperation): void {
    this.balanceMicro += amountMicro;
    if (detail.topUp === true) this.topUpMicro += amountMicro;
    const spend = spendOf(keyId, month);
    this.spent.set(spend, (this.spent.get(spend) ?? 0) + amountMicro);
  }

  find(holdId: string): ModelOperation | undefined {
    return this.byHold.get(holdId);
  }

  has(eventId: string): boolean {
    return this.events.has(eventId);
  }

  get open(): ModelOperation[] {
    return [...this.underWay];
  }

  spentMicro(keyId: string, month: string): number {
    return 0 - (this.spent.get(spendOf(keyId, month)) ?? 0);
  }

  /** Newest first, opened after the given time. */
  *since(openedAtMs: number): Generator<ModelOperation> {
    for (let at = this.operations.length - 1; at >= 0; at--) {
      const operation = this.operations[at]!;
      if (operation.openedAtMs <= openedAtMs) return;
      yield operation;
    }
  }

  /** Throws if a kept sum differs from that of all operations. */
  verify(): void {
    const spent = new Map<string, number>();
    let [balanceMicro, topUpMicro, latestMs] = [0, 0, 0];
    for (const { state, amountMicro, detail, keyId, month, openedAtMs } of this.operations) {
      if (openedAtMs < latestMs) throw new Error(`the model: an operation of ${openedAtMs} stands behind one of ${latestMs}`);
      latestMs = openedAtMs;
      if (state === 'open') continue;
      balanceMicro += amountMicro;
      if (detail.topUp === true) topUpMicro += amountMicro;
      spent.set(spendOf(keyId, month), (spent.get(spendOf(keyId, month)) ?? 0) + amountMicro);
    }
    same('balance', this.balanceMicro, balanceMicro);
    same('top-ups', this.topUpMicro, topUpMicro);
    same('spends', this.spent.size, spent.size);
    for (const [spend, micro] of spent) same(`spend of ${spend}`, this.spent.get(spend), micro);
    const open = this.operations.filter(({ state }) => state === 'open');
    same('open holds', this.open.map(({ id }) => id).join(), open.map(({ id }) => id).join());
    for (const operation of this.operations)
      if (operation.id !== null && this.find(operation.id) !== operation) throw new Error(`the model: ${operation.id} is another one`);
  }
}

function same(what: string, kept: unknown, counted: unknown): void {
  if (kept !== counted) throw new Error(`the model: ${what} kept as ${kept}, counted as ${counted}`);
}
