import { until } from './wait';
import type { Worker } from './worker';

const MICRO_PER_CREDIT = 1_000_000;
const OPENING_CREDITS = 1_000;

interface Line {
  id: string;
  kind: string;
  amountCredits: number;
  outcome: string | null;
  state: string;
  model: string | null;
  detail: Record<string, unknown>;
}

interface Shown {
  balanceCredits: number;
  heldCredits: number;
  holds: { id: string; heldCredits: number; openedAt: string; deadline: string }[];
  ledger: Line[];
}

/** One request as its customer can look it up. */
export interface Generation {
  id: string;
  state: string;
  outcome: string;
  creditsUsed: number;
  ending?: string;
  provider?: string | null;
  usage?: Record<string, number> | null;
  attempts?: { provider: string; status: number | null; outcome: string; message?: string }[];
  error?: string;
  expired?: boolean;
  [field: string]: unknown;
}

/** The usage of a receipt without empty buckets. */
export const filled = (usage: Generation['usage']): Record<string, number> =>
  Object.fromEntries(Object.entries(usage ?? {}).filter(([, tokens]) => tokens > 0));

const micro = (credits: number): number => Math.round(credits * MICRO_PER_CREDIT);

/** An account with a live key; its money is read through the operator's API. */
export class Account {
  constructor(
    private readonly worker: Worker,
    readonly id: string,
    readonly key: string,
    private readonly openingMicro: number,
  ) {}

  get baseUrl(): string {
    return `${this.worker.url}/v1`;
  }

  show(): Promise<Shown> {
    return this.worker.admin<Shown>(`/accounts/${this.id}`);
  }

  async addKey(options: Record<string, unknown>): Promise<string> {
    const { key } = await this.worker.admin<{ key: string }>(`/accounts/${this.id}/keys`, { name: 'another', ...options });
    return key;
  }

  /** Takes one of its keys away, by its name. */
  async revokeKey(keyName: string): Promise<void> {
    const { keys } = await this.worker.admin<{ keys: { id: string; name: string }[] }>(`/accounts/${this.id}/keys`);
    await this.worker.admin(`/accounts/${this.id}/keys/${keys.find(({ name }) => name === keyName)!.id}`, undefined, 'DELETE');
  }

  /** The cost of all calls so far, and what is held for those under way, in micro-credits. */
  async money(): Promise<{ spentMicro: number; heldMicro: number }> {
    const { balanceCredits, heldCredits } = await this.show();
    return { spentMicro: this.openingMicro - micro(balanceCredits), heldMicro: micro(heldCredits) };
  }

  /** The same, once nothing is held any more. */
  async settled(): Promise<{ spentMicro: number; heldMicro: number }> {
    return until(`the holds of ${this.id} to be closed`, async () => {
      const money = await this.money();
      return money.heldMicro === 0 && money;
    });
  }

  /** The ledger lines of its calls, newest first, without grants. */
  async calls(): Promise<Line[]> {
    return (await this.show()).ledger.filter(({ kind }) => kind !== 'grant');
  }

  async generation(id: string): Promise<Generation> {
    const response = await fetch(`${this.baseUrl}/generations/${id}`, { headers: { authorization: `Bearer ${this.key}` } });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as Generation;
  }

  /** The receipt of its last ended call. */
  async lastGeneration(): Promise<Generation> {
    const [line] = await this.calls();
    if (!line) throw new Error(`${this.id} has called nothing`);
    return this.generation(line.id);
  }

  /** What is wrong in its ledger, or missing from it in D1; empty when all is well. */
  async problems(): Promise<unknown[]> {
    return (await this.worker.admin<{ problems: unknown[] }>('/reconcile', { accountId: this.id })).problems;
  }
}

export async function openAccount(worker: Worker, credits = OPENING_CREDITS): Promise<Account> {
  const { id } = await worker.admin<{ id: string }>('/accounts', { name: 'A test', credits });
  const { key } = await worker.admin<{ key: string }>(`/accounts/${id}/keys`, { name: 'A key' });
  return new Account(worker, id, key, micro(credits));
}
