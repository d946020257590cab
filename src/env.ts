import * as z from 'zod';
import type { Account } from './account/account';
import type { AccountBindings, ArchivingMessage, BackgroundMessage, ReconciliationMessage, SettlementMessage } from './account/types';
import type { Conversation } from './conversations/conversation';
import { LEAST_LEDGER_DAYS } from './db/fence';
import type { JobMessage, WebhookMessage } from './jobs/messages';
import { readVariables } from './read-variables';

/** What the platform binds; see wrangler.toml. */
export interface Bindings extends AccountBindings {
  DB: D1Database;
  FILES: R2Bucket;
  ACCOUNT: DurableObjectNamespace<Account>;
  SETTLEMENT_QUEUE: Queue<SettlementMessage>;
  JOB_QUEUE: Queue<JobMessage>;
  SUBMISSION_QUEUE: Queue<JobMessage>;
  WEBHOOK_QUEUE: Queue<WebhookMessage>;
  SLOW_WEBHOOK_QUEUE: Queue<WebhookMessage>;
  LIVE_STREAM: DurableObjectNamespace;
  CONVERSATION: DurableObjectNamespace<Conversation>;
  BACKGROUND_QUEUE: Queue<BackgroundMessage>;
  RECONCILIATION_QUEUE: Queue<ReconciliationMessage | ArchivingMessage>;
}

const positive = (fallback: number) => z.coerce.number().int().positive().default(fallback);

/** A base URL counts by its host. */
export const publicUrl = z
  .url({ protocol: /^https?$/ })
  .transform((url) => new URL(url).origin)
  .optional();

const schema = z.object({
  /** Signs API keys; at least 32 characters. */
  KEY_MAC_SECRET: z.string().min(32),
  /** Keys signed with it still work, so that KEY_MAC_SECRET can be replaced before all keys are. */
  KEY_MAC_SECRET_PREVIOUS: z.string().min(32).optional(),
  /** Without it the operator's API refuses everybody. */
  ADMIN_TOKEN: z.string().min(16).optional(),
  /** Reads the metrics, and opens nothing else of the operator's API. */
  METRICS_TOKEN: z.string().min(16).optional(),
  /** A local run: the sandbox answers for every model while no provider has a key. */
  LOCAL: z.enum(['0', '1']).default('0'),
  /** Raises or lowers the hourly limits of `core/family`: `{"chat": 5000}`. */
  HOURLY_LIMITS: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  /** Where customers and providers reach this gateway, when that is not the host that a request came to. */
  PUBLIC_URL: publicUrl,
  /** Lets the gateway itself fetch from, and report to, this machine and private networks: for local development only. */
  PRIVATE_ADDRESSES: z.enum(['refused', 'allowed']).default('refused'),
  /** DNS over HTTPS: https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/ */
  DNS_URL: z.url({ protocol: /^https?$/ }).default('https://cloudflare-dns.com/dns-query'),
  /** How long the first calls of a new isolate wait for the catalogue's file in R2. Later calls never wait. */
  CATALOGUE_WAIT_MS: z.coerce.number().int().min(0).max(5_000).default(0),
  STORAGE_LIMIT_BYTES: positive(100 * 1024 * 1024),
  /** For all files of one account together. */
  STORAGE_ACCOUNT_BYTES: positive(10 * 1024 ** 3),
  /** How long results of jobs, and the files sent with them, are kept; 0 keeps them until somebody deletes them. */
  RESULT_RETENTION_DAYS: z.coerce.number().int().min(0).default(30),
  /** The same for files that customers store. */
  UPLOAD_RETENTION_DAYS: z.coerce.number().int().min(0).default(0),
  /** How long lines of the ledger stay in D1 before they go to the archive in R2; 0: as long as D1 has room. */
  LEDGER_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .refine((days) => days === 0 || days >= LEAST_LEDGER_DAYS, { error: `0, or ${LEAST_LEDGER_DAYS} or more` })
    .default(0),
  /** For one account. */
  DEPLOYMENT_LIMIT: positive(20),
  /** Workers of all deployments of one account together, since a provider gives the gateway only so many. */
  DEPLOYMENT_WORKER_LIMIT: positive(60),
  BODY_LIMIT_BYTES: positive(32 * 1024 * 1024),
  KEEPALIVE_MS: positive(15_000),
  STATUS_HOLD_MS: positive(8_000),
  JSON_STATUS_HOLD_MS: positive(30_000),
  FIRST_BYTE_TIMEOUT_MS: positive(120_000),
  JSON_TIMEOUT_MS: positive(600_000),
  UPSTREAM_IDLE_TIMEOUT_MS: positive(120_000),
  CALL_DEADLINE_MS: positive(900_000),
  DRAIN_MS: positive(25_000),
  LEASE_MS: positive(90_000),
  BEAT_MS: positive(60_000),
});

export type Settings = z.infer<typeof schema>;

export const readSettings = (env: unknown): Settings => readVariables(schema, env);
