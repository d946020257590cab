/**
 * Shared by the tests of the account object. Their clock is years ahead, so that no alarm goes off by itself: a test
 * delivers alarms and the queue's messages itself.
 */
import { env, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import type { Account } from '../../../src/account/account';
import { type AccountStub, accountStub } from '../../../src/account/stub';
import type { AdmitRequest, AdmitResult, KeyRecord, LedgerMessage, LineInD1, Operation } from '../../../src/account/types';
import type { GatewayError } from '../../../src/core/errors';
import { accountId, newAccountBytes, newNonce } from '../../../src/core/ids';
import type { TierId } from '../../../src/core/tiers';
import type { Bindings } from '../../../src/env';
import { projectLedger } from '../../../src/jobs/project-ledger';

/** Who acts in the operator's verbs. */
export const OPERATOR = {
  actor: { kind: 'operator', id: 'operator', name: 'Operator' },
  from: { ip: null, userAgent: null, requestId: 'req_test' },
} as const;

export const START_MS = Date.UTC(2031, 0, 14, 12);
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const CREDIT = 1_000_000;
export const LEASE_MS = 90_000;

const MAX_MESSAGE_BYTES = 128_000;

/** The object from inside: its public methods, and what tests replace of the platform. */
export type Inside = { [Member in keyof Account]: Account[Member] } & { env: Bindings; opened: unknown };

/** The instance is of the exported class; the type only hides its private members. */
const asInside = (instance: Account): Inside => instance as unknown as Inside;

/** Takes the place of the ledger queue and keeps what it is sent. */
export class FakeQueue {
  private messages: LedgerMessage[] = [];
  private waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  mode: 'works' | 'fails' | 'waits' = 'works';

  readonly send = async (message: LedgerMessage): Promise<void> => {
    const text = JSON.stringify(message);
    if (new TextEncoder().encode(text).length > MAX_MESSAGE_BYTES) throw new Error('message too large');
    if (this.mode === 'fails') throw new Error('the queue is not there');
    this.messages.push(JSON.parse(text) as LedgerMessage);
    if (this.mode === 'waits') await new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
  };

  get sent(): readonly LedgerMessage[] {
    return this.messages;
  }

  take(): LedgerMessage[] {
    const taken = this.messages;
    this.messages = [];
    return taken;
  }

  /** Ends the sends that wait; their messages have left in either case. */
  answer(works: boolean): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const { resolve, reject } of waiting) {
      if (works) resolve();
      else reject(new Error('no answer from the queue'));
    }
  }

  /** Answers until no send waits any more. */
  async calm(): Promise<void> {
    do {
      this.answer(true);
      await settleMicrotasks();
    } while (this.waiting.length > 0);
  }
}

/** A copy of every row of an object, which a point-in-time restore would bring back. */
export interface Rows {
  tables: { name: string; sql: string; rows: Record<string, SqlStorageValue>[] }[];
}

/** An account of a test's own. */
export class TestAccount {
  readonly id = accountId(newAccountBytes());
  readonly queue = new FakeQueue();
  nowMs = START_MS;

  static async create(setup: { credits?: number; tier?: TierId; keys?: KeyRecord[] } = {}): Promise<TestAccount> {
    const account = new TestAccount();
    await account.run((object) => {
      object.create({ id: account.id, name: 'Test', email: null, createdAtMs: account.nowMs, grantedTier: setup.tier ?? 'free' });
      if (setup.credits) object.grant({ eventId: 'opening', amountMicro: setup.credits * CREDIT, reason: '', topUp: false });
      for (const key of setup.keys ?? [testKey()]) object.putKey(key);
    });
    return account;
  }

  /** Works inside the object, under the test's clock and queue. */
  run<T>(work: (object: Inside, state: DurableObjectState) => T | Promise<T>): Promise<T> {
    return runInDurableObject(env.ACCOUNT.getByName(this.id), (instance, state) => {
      const object = asInside(instance);
      object.now = () => this.nowMs;
      object.env = { ...object.env, LEDGER_QUEUE: this.queue as unknown as Bindings['LEDGER_QUEUE'] };
      return work(object, state);
    });
  }

  get stub(): AccountStub {
    return accountStub(env.ACCOUNT, this.id);
  }

  /** Takes the object out of memory. */
  async evict(): Promise<void> {
    await evictDurableObject(env.ACCOUNT.getByName(this.id));
  }

  /** Fires the alarm if it is due, as the platform would. */
  fireAlarm(): Promise<boolean> {
    return this.run(async (object, state) => {
      const atMs = await state.storage.getAlarm();
      if (atMs === null || atMs > this.nowMs) return false;
      await state.storage.deleteAlarm();
      await object.alarm();
      return true;
    });
  }

  alarmAtMs(): Promise<number | null> {
    return this.run((_object, state) => state.storage.getAlarm());
  }

  /** Sends all lines to D1 and delivers its acknowledgements. */
  async project(): Promise<void> {
    await this.run((object) => object.flush());
    await deliver(this.queue.take());
  }
}

/** An account id that comes before this one, and after all others before it. */
export const justBefore = (id: string): string => id.slice(0, -1) + String.fromCharCode(id.charCodeAt(id.length - 1) - 1);

/** Closed operations in the form in which the account sends them. */
export const messageOf = (accountId: string, operations: readonly Operation[]): LedgerMessage => ({
  accountId,
  epoch: operations[0]!.closeEpoch!,
  closeSeqs: operations.map(({ closeSeq }) => closeSeq!),
  lines: operations.map((operation) => {
    const {
      seq,
      state,
      heldMicro: held,
      amountMicro: amount,
      openedAtMs,
      id,
      kind,
      keyId,
      userId,
      family,
      test,
      model,
      endpoint,
    } = operation;
    const { closedAtMs, closeEpoch, outcome, detail } = operation;
    const line: LineInD1 = {
      ...{ accountId, closeSeq: operation.closeSeq!, seq, state, held, amount, openedAtMs },
      head: { id, kind, keyId, userId, family, test, model, endpoint },
      tail: { closedAtMs, closeEpoch, outcome, detail },
    };
    return JSON.stringify(line);
  }),
  entities: [],
});

export const deliver = (messages: readonly LedgerMessage[]): Promise<void> =>
  projectLedger({ db: env.DB, account: (id) => accountStub(env.ACCOUNT, id) }, messages);

export const ledgerRows = async (accountIdOf: string) =>
  (
    await env.DB.prepare('SELECT * FROM ledger WHERE account_id = ? ORDER BY epoch, close_seq').bind(accountIdOf).all<{
      epoch: number;
      close_seq: number;
      seq: number;
      id: string;
      kind: string;
      state: string;
      key_id: string | null;
      user_id: string | null;
      family: string | null;
      test: number;
      model: string | null;
      held: number;
      amount: number;
      opened_at: number;
      closed_at: number;
      outcome: string;
      detail: string;
    }>()
  ).results;

export function testKey(over: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: 'key_a',
    name: 'a',
    mode: 'live',
    secretHash: 'hash-a',
    userId: 'user-a',
    status: 'active',
    createdAtMs: START_MS,
    expiresAtMs: null,
    spendingLimitMicro: null,
    autoDisable: false,
    origins: [],
    ips: [],
    models: [],
    families: [],
    ...over,
  };
}

export function admitRequest(over: Partial<AdmitRequest> = {}): AdmitRequest {
  return {
    nonce: newNonce(),
    keyId: 'key_a',
    secretHash: 'hash-a',
    origin: null,
    ip: null,
    family: 'chat',
    modelFamily: 'chat',
    model: 'a-model',
    endpoint: '/v1/chat/completions',
    minimumTier: 'free',
    minimumBalanceMicro: 0,
    estimateMicro: CREDIT,
    leaseMs: LEASE_MS,
    hourlyLimit: 1_000,
    idempotency: null,
    ...over,
  };
}

/** The hold of a call that must be admitted. */
export function holdOf(result: AdmitResult): string {
  if (!result.ok || !('admission' in result)) throw new Error(`not admitted: ${JSON.stringify(result)}`);
  return result.admission.holdId;
}

/** The error of a call that must be refused. */
export function refusalOf(result: AdmitResult): GatewayError {
  if (result.ok) throw new Error(`not refused: ${JSON.stringify(result)}`);
  return result.error;
}

export const closing = (holdId: string, costMicro: number) => ({ holdId, costMicro, outcome: 'actual' as const, detailJson: '{}' });

export function copyRows(state: DurableObjectState): Rows {
  const { sql } = state.storage;
  const tables = sql
    .exec<{ name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
    .toArray();
  return { tables: tables.map((table) => ({ ...table, rows: sql.exec(`SELECT * FROM ${table.name}`).toArray() })) };
}

export function putBackRows(state: DurableObjectState, copy: Rows): void {
  const { sql } = state.storage;
  state.storage.transactionSync(() => {
    for (const { name } of copyRows(state).tables) sql.exec(`DROP TABLE ${name}`);
    for (const { name, sql: ddl, rows } of copy.tables) {
      sql.exec(ddl);
      for (const row of rows) {
        const values = Object.values(row);
        sql.exec(`INSERT INTO ${name} VALUES (${values.map(() => '?').join(',')})`, ...values);
      }
    }
  });
}

/** Lets everything run that waits only for its turn. */
export async function settleMicrotasks(): Promise<void> {
  for (let i = 0; i < 30; i++) await null;
}

/** For an account that has no operations yet. */
export function smallTables(object: Inside, state: DurableObjectState, rowsPerTable: number): void {
  state.storage.sql.exec("UPDATE account SET sums = json_set(sums, '$.rowsPerTable', ?)", rowsPerTable);
  object.opened = undefined;
}
