/**
 * The consumer of the ledger queue: writes closed operations, entities and reports of refusals to D1, in effect once however
 * often and in whatever order messages come, and confirms to each account what has arrived.
 */

import type { AccountStub } from '../account/stub';
import type { Acknowledgement, LedgerMessage, OutboxEntity } from '../account/types';
import type { AuditRecord } from '../core/audit';
import { writeAudit, writeAuditRecords } from '../db/audit';
import { aboveFence } from '../db/fence';
import { jsonParameters } from '../db/parameters';
import { countLines } from './count-lines';

export interface ProjectionDeps {
  db: D1Database;
  account: (accountId: string) => AccountStub;
}

/**
 * One parameter for any number of rows. Each row is turned into JSONB once;
 * read from `json_each` directly it would be serialised and parsed again for every column.
 */
const INSERT_LINES = `
INSERT INTO ledger (account_id, epoch, close_seq, seq, id, kind, state, key_id, user_id, family, test, model, endpoint, held, amount, opened_at, closed_at, outcome, detail)
WITH lines AS MATERIALIZED (SELECT jsonb(value) AS line FROM json_each(?1))
SELECT line->>'accountId', line->>'$.tail.closeEpoch', line->>'closeSeq', line->>'seq', line->>'$.head.id', line->>'$.head.kind', line->>'state',
  line->>'$.head.keyId', line->>'$.head.userId', line->>'$.head.family', line->>'$.head.test', COALESCE(line->>'$.tail.detail.servedModel', line->>'$.head.model'), line->>'$.head.endpoint',
  line->>'held', line->>'amount', line->>'openedAtMs', line->>'$.tail.closedAtMs', line->>'$.tail.outcome',
  CASE WHEN line->'$.head.idempotency' IS NULL THEN line->>'$.tail.detail'
    ELSE json_set(line->'$.tail.detail', '$.idempotency', line->'$.head.idempotency') END
FROM lines LEFT JOIN ledger_fences AS fence ON fence.account_id = line->>'accountId'
WHERE ${aboveFence("line->>'$.tail.closeEpoch'", "line->>'closeSeq'")}
ON CONFLICT (account_id, epoch, close_seq) DO NOTHING`;

/**
 * Lines that D1 has not taken because another line has their number, or did before it left D1, or their epoch has ended: the
 * account object was restored and has not been recovered yet. They are not acknowledged, so that the recovery numbers them
 * anew. Of lines that have left D1 the account knows that it had them.
 */
const FIND_STRANGERS = `
SELECT value->>'accountId' AS accountId, value->>'$.tail.closeEpoch' AS epoch, value->>'closeSeq' AS closeSeq
FROM json_each(?1) LEFT JOIN ledger ON ledger.account_id = value->>'accountId' AND ledger.epoch = value->>'$.tail.closeEpoch'
  AND ledger.close_seq = value->>'closeSeq'
WHERE ledger.id IS NULL OR ledger.id <> value->>'$.head.id' OR ledger.amount <> value->>'amount'`;

const UPSERT_ACCOUNTS = `
INSERT INTO accounts (id, version, name, email, tier, created_at, status, price_permille)
SELECT value->>'accountId', value->>'version', value->>'$.payload.name', value->>'$.payload.email',
  COALESCE(value->>'$.payload.tier', value->>'$.payload.grantedTier'), value->>'$.payload.createdAtMs',
  COALESCE(value->>'$.payload.status', 'active'), COALESCE(value->>'$.payload.pricePermille', 1000)
FROM json_each(?1) WHERE true
ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name, email = excluded.email, tier = excluded.tier,
  status = excluded.status, price_permille = excluded.price_permille
WHERE excluded.version > accounts.version`;

const UPSERT_KEYS = `
INSERT INTO api_keys (account_id, id, version, name, mode, status, record)
SELECT value->>'accountId', value->>'$.payload.id', value->>'version', value->>'$.payload.name', value->>'$.payload.mode',
  value->>'$.payload.status', value->>'payload'
FROM json_each(?1) WHERE true
ON CONFLICT (account_id, id) DO UPDATE SET version = excluded.version, name = excluded.name, status = excluded.status, record = excluded.record
WHERE excluded.version > api_keys.version`;

const INSERT_ALERTS = `
INSERT INTO alerts (account_id, id, version, kind, payload)
SELECT value->>'accountId', value->>'id', value->>'version', value->>'$.payload.kind', value->>'payload'
FROM json_each(?1) WHERE true
ON CONFLICT (account_id, id) DO NOTHING`;

export async function projectLedger(deps: ProjectionDeps, messages: readonly LedgerMessage[]): Promise<void> {
  const lines = messages.flatMap((message) => message.lines);
  const entities = messages.flatMap(({ accountId, entities: sent }) => sent.map((entity) => ({ ...entity, accountId })));
  const texts = (prefix: string) => entities.filter(({ id }) => id.startsWith(prefix)).map((entity) => JSON.stringify(entity));
  const once = firstOfEach(messages);
  const counts = countLines(deps.db, once);
  const insertions = prepare(deps.db, INSERT_LINES, once);
  const batch = [
    ...counts,
    ...insertions,
    ...prepare(deps.db, UPSERT_ACCOUNTS, texts('account')),
    ...prepare(deps.db, UPSERT_KEYS, texts('key:')),
    ...prepare(deps.db, INSERT_ALERTS, texts('alert:')),
    ...(await refusals(deps.db, messages)),
  ];
  const results = batch.length > 0 ? await deps.db.batch(batch) : [];
  const unwritten = await writeAllAudit(deps.db, messages);
  const inserted = results.slice(counts.length, counts.length + insertions.length).reduce((sum, { meta }) => sum + meta.changes, 0);
  const strangers = inserted < lines.length ? await findStrangers(deps.db, lines) : new Set<string>();
  const written = messages.map(({ entities: sent, ...message }) => ({
    ...message,
    entities: sent.filter((entity) => !unwritten.has(entity)),
  }));
  await Promise.all([...acknowledgements(written, strangers)].map(([accountId, list]) => acknowledge(deps, accountId, list)));
}

/** Of a module of its own, since few messages have any. */
async function refusals(db: D1Database, messages: readonly LedgerMessage[]): Promise<D1PreparedStatement[]> {
  const reporting = messages.filter((message) => message.refusals);
  return reporting.length > 0 ? (await import('./count-refusals')).countRefusals(db, reporting) : [];
}

/** Writes at once what the account object has and D1 lacks, for a caller who is about to read D1. */
export async function catchUp(deps: ProjectionDeps, accountId: string): Promise<void> {
  const messages = await deps.account(accountId).handOver();
  if (messages.length > 0) await projectLedger(deps, messages);
}

/**
 * An account's together, for each follows the hash of the one before it; where they cannot be, one after the other, since
 * one that cannot be written holds up nothing else: its account, not hearing of it, sends it again.
 */
async function writeAllAudit(db: D1Database, messages: readonly LedgerMessage[]): Promise<Set<OutboxEntity>> {
  const unwritten = new Set<OutboxEntity>();
  const byAccount = new Map<string, OutboxEntity[]>();
  for (const { accountId, entities } of messages) {
    const records = entities.filter(({ id }) => id.startsWith('audit:'));
    if (records.length > 0) byAccount.set(accountId, [...(byAccount.get(accountId) ?? []), ...records]);
  }
  for (const [accountId, entities] of byAccount)
    try {
      await writeAuditRecords(db, accountId, entities.map(recordOf));
    } catch {
      for (const entity of entities) if (!(await isWritten(db, accountId, entity))) unwritten.add(entity);
    }
  return unwritten;
}

const recordOf = ({ payload }: OutboxEntity): AuditRecord => payload as unknown as AuditRecord;

async function isWritten(db: D1Database, accountId: string, entity: OutboxEntity): Promise<boolean> {
  try {
    await writeAudit(db, accountId, recordOf(entity));
    return true;
  } catch (error) {
    console.error('audit record not written', JSON.stringify({ accountId, id: entity.id, error: String(error) }));
    return false;
  }
}

/** The lines, one for each number: a batch may hold a message twice. */
function firstOfEach(messages: readonly LedgerMessage[]): string[] {
  const byName = new Map<string, string>();
  for (const { accountId, epoch, closeSeqs, lines } of messages)
    for (const [at, line] of lines.entries()) {
      const name = nameOf({ accountId, epoch, closeSeq: closeSeqs[at]! });
      if (!byName.has(name)) byName.set(name, line);
    }
  return [...byName.values()];
}

const prepare = (db: D1Database, sql: string, rows: readonly string[]): D1PreparedStatement[] =>
  jsonParameters(rows).map((rowsJson) => db.prepare(sql).bind(rowsJson));

/** Called only when not every line was new. */
async function findStrangers(db: D1Database, lines: readonly string[]): Promise<Set<string>> {
  const found = (await db.batch<Stranger>(prepare(db, FIND_STRANGERS, lines))).flatMap(({ results }) => results);
  if (found.length > 0) console.error('lines not taken', JSON.stringify(found));
  return new Set(found.map(nameOf));
}

interface Stranger {
  accountId: string;
  epoch: number;
  closeSeq: number;
}

const nameOf = ({ accountId, epoch, closeSeq }: Stranger): string => `${accountId} ${epoch} ${closeSeq}`;

async function acknowledge(deps: ProjectionDeps, accountId: string, list: Acknowledgement[]): Promise<void> {
  for (const acknowledgement of list) await deps.account(accountId).acknowledge(acknowledgement);
}

/** By account and, within an account, by epoch. */
function acknowledgements(messages: readonly LedgerMessage[], strangers: ReadonlySet<string>): Map<string, Acknowledgement[]> {
  const byAccount = new Map<string, Acknowledgement[]>();
  for (const { accountId, epoch, closeSeqs, entities } of messages) {
    // Reports of refusals need no confirmation.
    if (closeSeqs.length + entities.length === 0) continue;
    const list = byAccount.get(accountId) ?? [];
    byAccount.set(accountId, list);
    let found = list.find((acknowledgement) => acknowledgement.epoch === epoch);
    if (!found) {
      found = { epoch, closeSeqs: [], entities: [] };
      list.push(found);
    }
    found.closeSeqs.push(...closeSeqs.filter((closeSeq) => !strangers.has(nameOf({ accountId, epoch, closeSeq }))));
    found.entities.push(...entities.map(({ id, version }) => ({ id, version })));
  }
  return byAccount;
}
