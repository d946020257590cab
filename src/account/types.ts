/** What crosses the wire between the Worker and an account object: plain data only. */
import type { KeyMode } from '../core/api-key';
import type { GatewayError } from '../core/errors';
import type { RateFamily } from '../core/family';
import type { LimitPeriod } from '../core/limit-period';
import type { MicroCredits, TokenPrice } from '../core/money';
import type { TierId } from '../core/tiers';
import type { UsageSource } from '../core/usage';

/** A suspended account's keys open nothing, until the operator resumes it. */
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
  /** What models cost it, in thousandths of their prices; those themselves where it is left out. */
  pricePermille?: number;
}

export interface KeyRecord {
  id: string;
  name: string;
  mode: KeyMode;
  secretHash: string;
  /** Whose hourly limits the key's calls count against. */
  userId: string;
  status: 'active' | 'revoked' | 'disabled';
  createdAtMs: number;
  expiresAtMs: number | null;
  /** Micro-credits a period. */
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
  /** What it may do in the account plane beside calling models; nothing when there are none. */
  scopes?: string[];
  /** Made by the gateway's own page for its calls, and used again by it. */
  purpose?: 'playground';
  /** Who was shown the secret; the maker, where nobody rotated it. */
  secretBy?: string;
  /** The secret before the last rotation, good until its grace is over, and who was shown it. */
  previous?: { secretHash: string; untilMs: number; by?: string };
}

/** What may change of a key while it keeps its id, its secret and what it has spent. */
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
  /** For how long the secret before stays good. */
  graceMs: number;
  /** Who is shown the new one. */
  secretBy?: string | undefined;
  /** The grace of an earlier rotation may end by this one. */
  endsGrace?: boolean | undefined;
  expiresAtMs?: number;
}

/** A key as its owner may see it. */
export interface KeySummary extends Omit<KeyRecord, 'secretHash' | 'previous'> {
  /** Until when the secret before the last rotation is good. */
  previousUntilMs?: number;
  /** Who knows that one. */
  previousBy?: string;
  spentThisMonthMicro: MicroCredits;
  /** Of the limit, since its period began. */
  spentOfLimitMicro: MicroCredits;
}

export interface AdmitRequest {
  nonce: string;
  keyId: string;
  secretHash: string;
  origin: string | null;
  ip: string | null;
  family: RateFamily;
  /** The catalogue's family of the model, for keys that are limited to some. */
  modelFamily: string;
  model: string;
  /** What it may turn into, should the model fail; the key has to be good for all of them. */
  alternatives?: readonly { model: string; modelFamily: string }[];
  endpoint: string;
  minimumTier: TierId;
  /** The balance an account must have before a call of this kind, whatever it costs. */
  minimumBalanceMicro: MicroCredits;
  estimateMicro: MicroCredits;
  /** The most that it can come to, where nobody can stop it on the way: an answer in one piece. */
  worstMicro?: MicroCredits;
  leaseMs: number;
  hourlyLimit: number;
  /** Sandbox calls of test keys: free, and in hourly windows of their own. */
  idempotency: { keyHash: string; bodyHash: string } | null;
}

export interface Admission {
  holdId: string;
  userId: string;
  /** The account's own prices: what was held is of them already. Left out where they are those of the catalogue. */
  pricePermille?: number;
}

/** The first answer to this idempotency key is to be sent again: nothing is held. */
export interface Replay {
  operationId: string;
}

export type AdmitResult = { ok: true; admission: Admission } | { ok: true; replay: Replay } | { ok: false; error: GatewayError };

export type Outcome = UsageSource | 'released';

/** What a closed call leaves on its row, as JSON: the receipt a customer can recompute. */
export type OperationDetail = Record<string, unknown>;

export interface CloseRequest {
  holdId: string;
  /** What is charged; 0 releases the hold in full. */
  costMicro: MicroCredits;
  outcome: Outcome;
  /** An `OperationDetail` as JSON: it is written as it comes, and nobody on its way to D1 has to read it. */
  detailJson: string;
  /** With an idempotency key: whether its answer was stored for replay. */
  idempotency?: { keyHash: string; stored: boolean };
  /** Nothing of it has left the gateway, as far as is known. */
  unsent?: boolean;
}

export type CloseResult =
  | { ok: true; costMicro: MicroCredits; outcome: Outcome; repeated: boolean }
  /** No such hold, or it was closed too long ago to be adjusted. */
  | { ok: false; reason: 'unknown_hold' | 'too_late' };

/** In place of an answer: the request could not be meant so. */
export interface Mistaken {
  mistake: string;
}

export interface BeatRequest {
  holdId: string;
  /** What the call has used so far: charged should it never be heard of again. */
  checkpointMicro: MicroCredits;
  /** Whoever looks after the call from now on knows better than what was noted before, be it less. */
  startsOver?: boolean;
  leaseMs: number;
  /** What is known of the call so far, to be found on its row while it is open. */
  note?: OperationDetail;
  /** Its answer can be sent again from now on, though the call goes on. */
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
  /** Makes the grant idempotent: a payment's id, say. */
  eventId: string;
  /** Negative for a refund or a dispute. */
  amountMicro: MicroCredits;
  reason: string;
  /** Does it count towards the tier? */
  topUp: boolean;
  /** One that takes back is refused where it would leave less than nothing. */
  keepsAboveZero?: boolean;
}

/** The balance after it, or as it stays. */
export interface GrantResult {
  balanceMicro: MicroCredits;
  repeated: boolean;
  refused?: 'below_zero';
}

/** What was closed since the moment that an account object was put back to, by D1's word: that would be open again. */
export interface ClosedSince {
  /** Undefined where D1 knows no such account. */
  status?: AccountStatus;
  pricePermille?: number;
  disabledKeys: string[];
  /** Whose secret of then was rotated away, and when it ends. */
  rotatedKeys: { id: string; untilMs: number }[];
}

/** What is charged without a call: time that the account's own resources were kept for it. */
export interface ChargeRequest {
  /** Makes the charge idempotent. */
  eventId: string;
  amountMicro: MicroCredits;
  /** The key that the resource was made with: the charge counts towards its limit. */
  keyId: string | null;
  family: RateFamily;
  model: string;
  endpoint: string;
  detail: OperationDetail;
}

export type OperationKind = 'usage' | 'grant' | 'adjust';

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
}

export interface AccountView {
  profile: AccountProfile;
  tier: TierId;
  balanceMicro: MicroCredits;
  heldMicro: MicroCredits;
  /** What is set aside for workers that run or wait: see `Commitments`. */
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
  /** Closed operations of this epoch: the last of them has this number. */
  closeSeq: number;
  ackedCloseSeq: number;
  overdueHolds: number;
}

/** Which of its earlier states an account object goes back to; a bookmark is Cloudflare's name for one. */
export type Moment = { atMs: number } | { bookmark: string };

export type RewindResult =
  | { ok: true; undoBookmark: string }
  /** D1 lacks lines, there are no earlier states here, or not this one. */
  | { ok: false; reason: 'unconfirmed' | 'unsupported' | 'refused' };

/** A closed operation on its way to D1: what its row holds, `head` and `tail` as they lie there. */
export interface LineInD1 {
  accountId: string;
  closeSeq: number;
  seq: number;
  state: Operation['state'];
  held: MicroCredits;
  amount: MicroCredits;
  openedAtMs: number;
  head: Pick<Operation, 'id' | 'kind' | 'keyId' | 'userId' | 'family' | 'test' | 'model' | 'endpoint'>;
  tail: Pick<Operation, 'closedAtMs' | 'closeEpoch' | 'outcome' | 'detail'>;
}

/** A message of the `ledger` queue. */
export interface LedgerMessage {
  accountId: string;
  /** Of every close in it. */
  epoch: number;
  closeSeqs: number[];
  /** A closed operation each, in the order of `closeSeqs`, as JSON: see `LineInD1`. */
  lines: string[];
  entities: OutboxEntity[];
}

/** What the platform binds that the account object uses. */
export interface AccountBindings {
  LEDGER_QUEUE: Queue<LedgerMessage>;
  BACKGROUND_QUEUE: Queue<BackgroundMessage>;
}

/** A settlement on its way to an account object that could not be reached when the call ended. */
export interface SettlementMessage {
  accountId: string;
  close: CloseRequest;
}

/** The nightly check of the books goes on after this account. */
export interface ReconciliationMessage {
  after: string;
}

/** An answer that an upstream works on after its client has gone: to be looked after until it is there, and charged then. */
export interface BackgroundMessage {
  accountId: string;
  holdId: string;
  provider: string;
  /** The upstream's id of the answer. */
  storedId: string;
  price: TokenPrice;
  /** For an answer whose upstream counts nothing. */
  estimatedInputTokens: number;
  /** What its client has heard of it comes to at least that; nobody had heard anything where it is left out. */
  heardMicro?: MicroCredits;
  /** Since when its upstream has said that it knows no such answer. */
  missingSinceMs?: number;
  /** A test key's call is free. */
  free: boolean;
  startedAtMs: number;
  /** What is on the receipt so far. */
  detail: OperationDetail;
  idempotency?: CloseRequest['idempotency'];
}

/** By which the rest of an answer can be charged, should its provider have gone on and its client fetch it. */
export interface CutShort extends Pick<BackgroundMessage, 'accountId' | 'holdId' | 'provider' | 'storedId' | 'price' | 'detail'> {
  chargedMicro: MicroCredits;
  line: Pick<ChargeRequest, 'keyId' | 'family' | 'model' | 'endpoint'>;
}

/** The latest state of something D1 keeps a readable copy of, or an event for it. */
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
