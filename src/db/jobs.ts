import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * The tables of migrations/0002_jobs.sql, 0006_media_upkeep.sql, 0008_test_uploads.sql, 0010_given_up_files.sql and
 * 0020_test_files.sql, for typed queries. Their writers know what the JSON columns hold.
 */
export const jobs = sqliteTable('jobs', {
  id: text().primaryKey(),
  accountId: text('account_id').notNull(),
  keyId: text('key_id').notNull(),
  holdId: text('hold_id').notNull(),
  test: integer({ mode: 'boolean' }).notNull(),
  kind: text().notNull(),
  family: text().notNull(),
  model: text().notNull(),
  endpoint: text().notNull(),
  state: text().notNull(),
  version: integer().notNull(),
  chain: integer().notNull(),
  input: text({ mode: 'json' }).notNull(),
  plan: text({ mode: 'json' }).notNull(),
  provider: text(),
  upstream: text({ mode: 'json' }),
  result: text({ mode: 'json' }),
  outputs: text({ mode: 'json' }),
  attempts: text({ mode: 'json' }).notNull(),
  error: text({ mode: 'json' }),
  copyTries: integer('copy_tries').notNull(),
  cancelRequested: integer('cancel_requested', { mode: 'boolean' }).notNull(),
  heldMicro: integer('held_micro').notNull(),
  costMicro: integer('cost_micro'),
  webhookUrl: text('webhook_url'),
  origin: text().notNull(),
  mediaToken: text('media_token').notNull(),
  callbackToken: text('callback_token').notNull(),
  idempotencyHash: text('idempotency_hash'),
  bodyHash: text('body_hash'),
  createdAt: integer('created_at').notNull(),
  startedAt: integer('started_at'),
  claimedUntil: integer('claimed_until'),
  nextAt: integer('next_at').notNull(),
  deadline: integer().notNull(),
  endedAt: integer('ended_at'),
  settledAt: integer('settled_at'),
  filesRemovedAt: integer('files_removed_at'),
  partials: text({ mode: 'json' }),
});

export const webhookDeliveries = sqliteTable('webhook_deliveries', {
  id: text().primaryKey(),
  accountId: text('account_id').notNull(),
  jobId: text('job_id').notNull(),
  url: text().notNull(),
  state: text().notNull(),
  tries: integer().notNull(),
  log: text({ mode: 'json' }).notNull(),
  createdAt: integer('created_at').notNull(),
  claimedUntil: integer('claimed_until'),
  nextAt: integer('next_at'),
  endedAt: integer('ended_at'),
});

export const webhookSecrets = sqliteTable('webhook_secrets', {
  accountId: text('account_id').primaryKey(),
  current: text().notNull(),
  previous: text(),
  rotatedAt: integer('rotated_at').notNull(),
});

export const webhookGone = sqliteTable(
  'webhook_gone',
  { accountId: text('account_id').notNull(), url: text().notNull(), at: integer().notNull() },
  (table) => [primaryKey({ columns: [table.accountId, table.url] })],
);

export const storedObjects = sqliteTable('stored_objects', {
  id: text().primaryKey(),
  accountId: text('account_id').notNull(),
  kind: text().notNull(),
  filename: text().notNull(),
  contentType: text('content_type').notNull(),
  sizeBytes: integer('size_bytes').notNull(),
  fileKey: text('file_key').notNull(),
  createdAt: integer('created_at').notNull(),
  idempotencyHash: text('idempotency_hash'),
  bodyHash: text('body_hash'),
  test: integer({ mode: 'boolean' }).notNull(),
  givenUp: integer('given_up', { mode: 'boolean' }).notNull(),
});

export const deployments = sqliteTable(
  'deployments',
  {
    accountId: text('account_id').notNull(),
    slug: text().notNull(),
    name: text().notNull(),
    dockerImage: text('docker_image').notNull(),
    gpuTypes: text('gpu_types', { mode: 'json' }).notNull(),
    minWorkers: integer('min_workers').notNull(),
    maxWorkers: integer('max_workers').notNull(),
    idleTimeoutSeconds: integer('idle_timeout_seconds').notNull(),
    env: text({ mode: 'json' }).notNull(),
    webhookUrl: text('webhook_url'),
    provider: text().notNull(),
    upstreamName: text('upstream_name').notNull(),
    upstream: text({ mode: 'json' }).notNull(),
    state: text().notNull(),
    version: integer().notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    keyId: text('key_id'),
    test: integer({ mode: 'boolean' }).notNull(),
    meteredUntil: integer('metered_until').notNull(),
    meteringUntil: integer('metering_until'),
    pending: text({ mode: 'json' }),
    notice: text(),
    idempotencyHash: text('idempotency_hash'),
    bodyHash: text('body_hash'),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.slug] })],
);
