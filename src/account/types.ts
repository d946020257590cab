/** What crosses between the Worker and an account object: plain data only. */
import type { KeyMode } from '../core/api-key';
import type { GatewayError } from '../core/errors';
import type { RateFamily } from '../core/family';
import type { IdempotencyHashes } from '../core/idempotency';
import type { LimitPeriod } from '../core/limit-period';
import type { MicroCredits, TokenPrice } from '../core/money';
import type { TierId } from '../core/tiers';
import type { UsageSource } from '../core/usage';
import type { RefusalReport, RefusedCalls } from './refusals';

/** While an account is suspended, all its keys are refused, until the operator resumes it. */
export const ACCOUNT_STATUSES = ['active', 'suspended'] as const;
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

export interface AccountProfile {
  id: string;
  name: string;
  email: string | null;
  createdAtMs: number;
  /** The tier that the operator granted; top-ups may earn a higher one. */
  grantedTier: TierId;
  /** Active where it is left out. */
  status?: AccountStatus;
  /** What models cost this account, in thousandths of their list prices; 1,000 where it is left out. */
  pricePermille?: number;
}

export interface KeyRecord {
  id: string;
  name: string;
  mode: KeyMode;
  secretHash: string;
  /** The user whose hourly limits the key's calls count against. */
  userId: string;
  status: 'active' | 'revoked' | 'disabled';
  createdAtMs: number;
  expiresAtMs: number | null;
  /** For each period. */
  spendingLimitMicro: MicroCredits | null;
  /** A UTC calendar month where it is left out. */
  limitPeriod?: LimitPeriod;
  /** Disable the key when its limit is reached, until its owner enables it again. */
  autoDisable: boolean;
  /** Empty lists allow everything. */
  origins: string[];
  ips: string[];
  models: string[];
  families: string[];
  /** What it may do in the account plane beside calling models; nothing where it is left out. */
  scopes?: string[];
  /** Made by the gateway's own page for its calls, and reused by it. */
  purpose?: 'playground';
  /** Who was shown the secret; the key's maker where it was never rotated. */
  secretBy?: string;
  /** The secret before the last rotation, valid until its grace is over, and who was shown it. */
  previous?: { secretHash: string; untilMs: number; by?: string };
}

/** What may change of a key that keeps its id, its secret and its spend. */
export type KeyChange = Partial<
  Pick<
    KeyRecord,
    | 'name'
    | 'status'
    | 'expiresAtMs'
    | 'spendingLimitMicro'
    | 'limitPeriod'
    | 'autoDisable'
    | 'origins'
    | 'ips'
    | 'models'
    | 'families'
    | 'scopes'
  >
>;

export interface Rotation {
  secretHash: string;
  /** How long the old secret stays valid. */
  graceMs: number;
  /** Who is shown the new secret. */
  secretBy?: string | undefined;
  /** Whether this may end the grace of an earlier rotation. */
  endsGrace?: boolean | undefined;
  expiresAtMs?: number;
}

/** A key as its owner may see it. */
export interface KeySummary extends Omit<KeyRecord, 'secretHash' | 'previous'> {
  /** Until when the secret before the last rotation is valid. */
  previousUntilMs?: number;
  /** Who knows that old secret. */
  previousBy?: string;
  spentThisMonthMicro: MicroCredits;
  /** Spent of the limit in its current period. */
  spentOfLimitMicro: MicroCredits;
}

export interface AdmitRequest {
  nonce: string;
  keyId: string;
  secretHash: string;
  origin: string | null;
  ip: string | null;
  family: RateFamily;
  /** The model's family in the catalogue, for keys that are limited to some families. */
  modelFamily: string;
  model: string;
  /** The models that may answer in its place; the key must be allowed all of them. */
  alternatives?: readonly { model: string; modelFamily: string }[];
  endpoint: string;
  minimumTier: TierId;
  /** The balance an account must have before a call of this kind, whatever the call costs. */
  minimumBalanceMicro: MicroCredits;
  estimateMicro: MicroCredits;
  /** The most that it can cost, where nobody can stop it halfway: an answer in one piece. */
  worstMicro?: MicroCredits;
  leaseMs: number;
  hourlyLimit: number;
  idempotency: IdempotencyHashes | null;
  /** Earlier calls that were refused before their account was asked. */
  refused?: readonly RefusedCalls[];
}

interface Admission {
  holdId: string;
  userId: string;
  /** The account's own prices. The hold is already at them. Left out where they are the list prices. */
  pricePermille?: number;
}

/** The first answer to this idempotency key is sent again; nothing is held. */
export interface Replay {
  operationId: string;
}

export type AdmitResult = { ok: true; admission: Admission } | { ok: true; replay: Replay } | { ok: false; error: GatewayError };

export type Outcome = UsageSource | 'released';

/** What a closed call leaves on its row, as JSON: the receipt that a customer can recompute. */
export type OperationDetail = Record<string, unknown>;

export interface CloseRequest {
  holdId: string;
  /** What is charged; 0 releases the whole hold. */
  costMicro: MicroCredits;
  outcome: Outcome;
  /** An `OperationDetail` as JSON. It is stored as it comes, and nothing on the way to D1 has to parse it. */
  detailJson: string;
  /** With an idempotency key: whether the answer was stored for replay. */
  idempotency?: { keyHash: string; stored: boolean };
  /** Its client has the answer, so that it is charged whatever else its key was used for. */
  isDelivered?: boolean;
  /** Nothing of it has left the gateway, as far as is known. */
  unsent?: boolean;
}

export type CloseResult =
  | { ok: true; costMicro: MicroCredits; outcome: Outcome; repeated: boolean }
  /** No such hold, or one closed too long ago to be adjusted; `undecided`: ask again when the call that has its key by now is over. */
  | { ok: false; reason: 'unknown_hold' | 'too_late' | 'undecided' };

/** In place of an answer: the request was a mistake of its caller. */
export interface Mistaken {
  mistake: string;
}

export interface BeatRequest {
  holdId: string;
  /** What the call has used so far; charged should it never be heard of again. */
  checkpointMicro: MicroCredits;
  /** The checkpoint may be lower than the one before: whoever looks after the call now knows better. */
  startsOver?: boolean;
  leaseMs: number;
  /** What is known of the call so far, kept on its row while it is open. */
  note?: OperationDetail;
  /** From now on its answer can be sent again, though the call goes on; also where its hold has run out meanwhile. */
  answeredKeyHash?: string;
}

export type BeatResult = { ok: true } | { ok: false; reason: 'closed' };

export interface ExtendRequest extends BeatRequest {
  byMicro: MicroCredits;
  /** What was held before. Where that is more by now, this was done already: by another look, or by one that was not answered. */
  fromMicro?: MicroCredits;
}

export type ExtendResult = { ok: true; heldMicro: MicroCredits } | { ok: false; error: GatewayError };

export interface GrantRequest {
  /** Makes the grant idempotent; a payment's id, for example. */
  eventId: string;
  /** Negative for a refund or a dispute. */
  amountMicro: MicroCredits;
  reason: string;
  /** Does it count towards the tier? */
  topUp: boolean;
  /** A negative grant is refused where it would leave a balance below zero. */
  keepsAboveZero?: boolean;
}

/** The balance after it, or unchanged when it was refused. */
export interface GrantResult {
  balanceMicro: MicroCredits;
  repeated: boolean;
  refused?: 'below_zero';
}

/** What D1 knows to have been closed since the moment that an account object was restored to; the restore would reopen it. */
export interface ClosedSince {
  /** Undefined where D1 knows no such account. */
  status?: AccountStatus;
  pricePermille?: number;
  disabledKeys: string[];
  /** Keys whose secret at that moment was rotated away later, and when its grace ends. */
  rotatedKeys: { id: string; untilMs: number }[];
}

/** A charge without a call: for time in which the account's own resources were kept for it. */
export interface ChargeRequest {
  /** Makes the charge idempotent. */
  eventId: string;
  amountMicro: MicroCredits;
  /** The key that the resource was made with; the charge counts towards its limit. */
  keyId: string | null;
  family: RateFamily;
  model: string;
  endpoint: string;
  detail: OperationDetail;
}

type OperationKind = 'usage' | 'grant' | 'adjust';

/** One operation as stored, and as it goes to D1. */
export interface Operation {
  id: string;
  seq: number;
  kind: OperationKind;
  state: 'open' | 'settled' | 'released' | 'expired';
  keyId: string | null;
  userId: string | null;
  family: RateFamily | null;
  test: boolean;
  model: string | null;
  endpoint: string | null;
  heldMicro: MicroCredits;
  /** The change of the balance: negative for usage. */
  amountMicro: MicroCredits;
  openedAtMs: number;
  deadlineMs: number;
  closedAtMs: number | null;
  /** Which close it was: numbered without gaps within an epoch. */
  closeEpoch: number | null;
  closeSeq: number | null;
  outcome: string | null;
  detail: OperationDetail;
  /** Of a call that has an idempotency key. */
  idempotency?: IdempotencyHashes;
}

export interface AccountView {
  profile: AccountProfile;
  tier: TierId;
  balanceMicro: MicroCredits;
  heldMicro: MicroCredits;
  /** What is set aside for workers that run or idle: see `Commitments`. */
  committedMicro: MicroCredits;
  topUpMicro: MicroCredits;
  epoch: number;
}

/** The sums that the nightly reconciliation compares with D1. */
export interface Books {
  epoch: number;
  balanceMicro: MicroCredits;
  heldMicro: MicroCredits;
  /** Of every ledger line, archived months included. */
  linesMicro: MicroCredits;
  openHeldMicro: MicroCredits;
  /** The number of this epoch's last closed operation. */
  closeSeq: number;
  ackedCloseSeq: number;
  /** Whether D1 has yet to learn something else: see `Outbox`. */
  hasNews: boolean;
  overdueHolds: number;
}

/** An earlier state that an account object can be restored to; a bookmark is Cloudflare's name for one. */
export type Moment = { atMs: number } | { bookmark: string };

export type RewindResult =
  | { ok: true; undoBookmark: string }
  /** D1 lacks lines; this platform keeps no earlier states; or it does not have this one. */
  | { ok: false; reason: 'unconfirmed' | 'unsupported' | 'refused' };

/** A closed operation on its way to D1: its row, with `head` and `tail` as they are stored. */
export interface LineInD1 {
  accountId: string;
  closeSeq: number;
  seq: number;
  state: Operation['state'];
  held: MicroCredits;
  amount: MicroCredits;
  openedAtMs: number;
  head: Pick<Operation, 'id' | 'kind' | 'keyId' | 'userId' | 'family' | 'test' | 'model' | 'endpoint' | 'idempotency'>;
  tail: Pick<Operation, 'closedAtMs' | 'closeEpoch' | 'outcome' | 'detail'>;
}

/** A message of the `ledger` queue. */
export interface LedgerMessage {
  accountId: string;
  /** The epoch of every close in it. */
  epoch: number;
  closeSeqs: number[];
  /** Closed operations in the order of `closeSeqs`, as JSON: see `LineInD1`. */
  lines: string[];
  entities: OutboxEntity[];
  /** Left out where no call was refused, and by a version that counted none. */
  refusals?: RefusalReport[];
}

/** The bindings that the account object uses. */
export interface AccountBindings {
  LEDGER_QUEUE: Queue<LedgerMessage>;
  BACKGROUND_QUEUE: Queue<BackgroundMessage>;
}

/** A settlement on its way to an account object that could not be reached when its call ended. */
export interface SettlementMessage {
  accountId: string;
  close: CloseRequest;
}

/** What the nightly check saw of all accounts together. */
export interface BooksSums {
  accounts: number;
  /** With a call within the day before. */
  active: number;
  /** That are good for calls. */
  keys: number;
  /** What accounts have, and what those owe that are below zero. */
  owedMicro: MicroCredits;
  overdrawnMicro: MicroCredits;
  heldMicro: MicroCredits;
  problems: number;
  /** Accounts whose books could not be read; they are in no other sum. */
  unchecked: number;
}

/** The nightly check of the books continues after this account. */
export interface ReconciliationMessage {
  after: string;
  /** Of the accounts up to this one; a version that knew of none left them out. */
  sums?: BooksSums;
}

/** The nightly move of old lines out of D1 goes on with those of more than so many days, of the accounts after this one. */
export interface ArchivingMessage {
  archiving: {
    days: number;
    after?: string;
    /** Moved in this pass so far, and how large D1 was before it. */
    lines: number;
    sizeBytes: number;
  };
}

/** An answer that a provider still works on: looked after until it is there, and charged then. */
export interface BackgroundMessage {
  accountId: string;
  holdId: string;
  provider: string;
  /** The answer's id at its provider. */
  storedId: string;
  price: TokenPrice;
  /** For an answer whose provider reports no usage. */
  estimatedInputTokens: number;
  /** The cost of what its client has heard, which is charged at least; left out where nothing was heard. */
  heardMicro?: MicroCredits;
  /** Since when its provider has said that it knows no such answer. */
  missingSinceMs?: number;
  /** A test key's call is free. */
  free: boolean;
  startedAtMs: number;
  /** The receipt so far. */
  detail: OperationDetail;
  idempotency?: CloseRequest['idempotency'];
}

/**
 * All that is needed to charge the rest of an answer whose stream was cut short, should its provider have finished it
 * and its client fetch it.
 */
export interface CutShort
  extends Pick<BackgroundMessage, 'accountId' | 'holdId' | 'provider' | 'storedId' | 'price' | 'detail' | 'idempotency'> {
  chargedMicro: MicroCredits;
  /** It was cut short with its Worker: its hold ran out, and a late close makes up for that. */
  hasExpired?: boolean;
  line: Pick<ChargeRequest, 'keyId' | 'family' | 'model' | 'endpoint'>;
}

/** The latest state of something that D1 keeps a readable copy of, or an event for it. */
export interface OutboxEntity {
  /** `account`, `key:<id>`, `alert:<what>` or `audit:<entry id>`. */
  id: string;
  version: number;
  payload: Record<string, unknown>;
}

export interface Acknowledgement {
  epoch: number;
  closeSeqs: number[];
  entities: { id: string; version: number }[];
}
