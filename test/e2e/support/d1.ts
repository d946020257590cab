import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from './worker';

export interface LedgerRow {
  id: string;
  kind: string;
  state: string;
  amount: number;
  outcome: string | null;
}

/** Opens the Worker's D1 file, which may be written to only while the Worker is stopped. */
export function withLedger<T>(worker: Worker, work: (database: DatabaseSync) => T, { readOnly = false } = {}): T {
  const root = join(worker.directory, 'v3', 'd1');
  const files = readdirSync(root, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.sqlite'));
  for (const file of files) {
    const database = new DatabaseSync(join(root, file), { readOnly, timeout: 5_000 });
    try {
      const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'ledger'").get();
      if (known) return work(database);
    } finally {
      database.close();
    }
  }
  throw new Error('there is no ledger in D1');
}

/** The account's lines in D1, read from its file while the Worker runs. */
export const ledgerRows = (worker: Worker, accountId: string): LedgerRow[] =>
  withLedger(
    worker,
    (database) => {
      const lines = database.prepare('SELECT id, kind, state, amount, outcome FROM ledger WHERE account_id = ? ORDER BY close_seq');
      return lines.all(accountId) as unknown as LedgerRow[];
    },
    { readOnly: true },
  );
