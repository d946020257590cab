import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The tables of migrations/, for typed queries. The migrations are authoritative. */
export const accounts = sqliteTable(
  'accounts',
  {
    id: text().primaryKey(),
    version: integer().notNull(),
    name: text().notNull(),
    email: text(),
    tier: text().notNull(),
    createdAt: integer('created_at').notNull(),
    status: text().notNull().default('active'),
    pricePermille: integer('price_permille').notNull().default(1_000),
  },
  (table) => [index('accounts_by_creation').on(table.createdAt, table.id)],
);

export const apiKeys = sqliteTable(
  'api_keys',
  {
    accountId: text('account_id').notNull(),
    id: text().notNull(),
    version: integer().notNull(),
    name: text().notNull(),
    mode: text().notNull(),
    status: text().notNull(),
    record: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.id] })],
);

/** Of each account, what D1 takes no more lines of: epochs up to the last that is over, and what has gone to the archive. */
export const ledgerFences = sqliteTable('ledger_fences', {
  accountId: text('account_id').primaryKey(),
  epoch: integer().notNull(),
  archivedEpoch: integer('archived_epoch').notNull().default(0),
  archivedCloseSeq: integer('archived_close_seq').notNull().default(0),
  archivedMicro: integer('archived_micro').notNull().default(0),
});

/** The files of the archive, each named by its last line. */
export const ledgerParts = sqliteTable(
  'ledger_parts',
  {
    accountId: text('account_id').notNull(),
    epoch: integer().notNull(),
    closeSeq: integer('close_seq').notNull(),
    closedAt: integer('closed_at').notNull(),
    lines: integer().notNull(),
    lowSeq: integer('low_seq').notNull(),
    highSeq: integer('high_seq').notNull(),
    file: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.epoch, table.closeSeq] })],
);

export const ledger = sqliteTable(
  'ledger',
  {
    accountId: text('account_id').notNull(),
    epoch: integer().notNull(),
    closeSeq: integer('close_seq').notNull(),
    seq: integer().notNull(),
    id: text().notNull(),
    kind: text().notNull(),
    state: text().notNull(),
    keyId: text('key_id'),
    userId: text('user_id'),
    family: text(),
    test: integer().notNull(),
    model: text(),
    endpoint: text(),
    held: integer().notNull(),
    amount: integer().notNull(),
    openedAt: integer('opened_at').notNull(),
    closedAt: integer('closed_at').notNull(),
    outcome: text(),
    detail: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.epoch, table.closeSeq] }),
    index('ledger_by_time').on(
      table.accountId,
      table.openedAt,
      table.epoch,
      table.closeSeq,
      table.kind,
      table.model,
      table.amount,
      table.keyId,
    ),
    index('ledger_by_model').on(table.accountId, table.model, table.openedAt),
  ],
);

/** When each nightly run finished, and what it saw. */
export const reconciliationRuns = sqliteTable('reconciliation_runs', {
  endedAt: integer('ended_at').primaryKey(),
  sums: text({ mode: 'json' }),
});

export const reconciliations = sqliteTable(
  'reconciliations',
  { at: integer().notNull(), accountId: text('account_id').notNull(), problem: text().notNull() },
  (table) => [primaryKey({ columns: [table.accountId, table.at, table.problem] })],
);
