/** The keys of an account. Each change is one atomic step, with its messages to D1 and the audit log. */
import type { AuditRecord } from '../core/audit';
import type { GatewayError } from '../core/errors';
import { AccountObject } from './account-object';
import { publicKey } from './key-ring';
import { refuseKey, refuseSuspended } from './key-scope';
import type { Open } from './open-account';
import type { ConversationChange } from './rate-windows';
import type { AdmitRequest, KeyChange, KeyRecord, KeySummary, Rotation } from './types';

/** All keys are in memory and searched whenever one of them calls the account plane. */
const MOST_KEYS = 1_000;

export abstract class AccountKeys extends AccountObject {
  /** How many keys may be unrevoked, and how many of the newest revoked ones are kept. Tests set less. */
  mostKeys = MOST_KEYS;

  /** Adds a new key; null where the account has as many as it may. */
  addKey(key: KeyRecord, audit?: AuditRecord): KeySummary | null {
    const inUse =
      this.open()
        ?.keys.all()
        .filter(({ status }) => status !== 'revoked') ?? [];
    if (inUse.length >= this.mostKeys) return null;
    this.forgetRevoked();
    return this.putKey(key, audit);
  }

  /** Makes room; D1 keeps revoked keys for good. */
  private forgetRevoked(): void {
    this.step(({ keys, outbox }) => {
      const revoked = keys.all().filter(({ id, status }) => status === 'revoked' && outbox.isConfirmed(`key:${id}`));
      const oldestFirst = revoked.sort((a, b) => a.createdAtMs - b.createdAtMs);
      for (const { id } of oldestFirst.slice(0, Math.max(0, revoked.length - this.mostKeys))) {
        keys.drop(id);
        outbox.forget(`key:${id}`);
      }
    });
  }

  /** Adds a key, or replaces its record. */
  putKey(key: KeyRecord, audit?: AuditRecord): KeySummary {
    this.step(({ keys, outbox }) => {
      keys.put(key);
      outbox.put(`key:${key.id}`, publicKey(key), this.now());
      outbox.note(audit, this.now());
    });
    this.wakeBy(this.now());
    return this.findKey(key.id)!;
  }

  /** Changes a key in place; a revoked one stays as it is. */
  changeKey(id: string, change: KeyChange, audit?: AuditRecord): KeySummary | null {
    const key = this.open()?.keys.get(id);
    return key && key.status !== 'revoked' ? this.putKey({ ...key, ...change }, audit) : null;
  }

  /**
   * Gives a key a new secret; the old one stays valid for the grace period. Only one old secret can be kept, so a
   * rotation during another's grace ends the older one, and is refused unless the request allows that.
   */
  rotateKey(
    id: string,
    { secretHash, graceMs, secretBy, endsGrace, expiresAtMs }: Rotation,
    audit?: AuditRecord,
  ): { ok: true; key: KeySummary } | { ok: false; graceUntilMs: number | null } {
    const key = this.open()?.keys.get(id);
    if (!key || key.status === 'revoked') return { ok: false, graceUntilMs: null };
    const graceUntilMs = key.previous?.untilMs ?? 0;
    if (graceUntilMs > this.now() && graceMs > 0 && !endsGrace) return { ok: false, graceUntilMs };
    const previous = { secretHash: key.secretHash, untilMs: this.now() + graceMs, by: key.secretBy ?? key.userId };
    const changed = { ...(secretBy !== undefined && { secretBy }), ...(expiresAtMs !== undefined && { expiresAtMs }) };
    return { ok: true, key: this.putKey({ ...key, secretHash, ...changed, previous }, audit) };
  }

  /** Ends the grace of the last rotation at once. */
  endGrace(id: string, audit?: AuditRecord): KeySummary | null {
    const key = this.open()?.keys.get(id);
    if (!key?.previous) return null;
    const { previous: _, ...rest } = key;
    return this.putKey(rest, audit);
  }

  /** Revoking twice changes nothing and is recorded once. */
  revokeKey(id: string, audit?: AuditRecord): KeySummary | null {
    const key = this.open()?.keys.get(id);
    if (!key) return null;
    return key.status === 'revoked' ? this.findKey(id) : this.putKey({ ...key, status: 'revoked' }, audit);
  }

  /** Many in one step: an organization that ends may have a thousand. Gives how many were not revoked yet. */
  revokeKeys(revoked: readonly { id: string; audit: AuditRecord }[]): number {
    return revoked.filter(({ id, audit }) => {
      const key = this.open()?.keys.get(id);
      if (!key || key.status === 'revoked') return false;
      this.putKey({ ...key, status: 'revoked' }, audit);
      return true;
    }).length;
  }

  protected countRefusal({ keyId, model, endpoint }: AdmitRequest, { kind: code }: GatewayError): void {
    const test = this.open()?.keys.get(keyId)?.mode === 'test';
    this.countRefusals([{ keyId, test, code, model, endpoint, calls: 1, lastAtMs: this.now() }]);
  }

  findKey(id: string): KeySummary | null {
    const open = this.open();
    const key = open?.keys.get(id);
    return open && key ? summary(open, key, this.now()) : null;
  }

  listKeys(): KeySummary[] {
    const open = this.open();
    return open ? open.keys.all().map((key) => summary(open, key, this.now())) : [];
  }

  /** Refuses an actor who changed too much within the hour; otherwise null, and the change counts. */
  refuseChange(actorId: string): GatewayError | null {
    const open = this.open();
    if (!open) return null;
    return refuseSuspended(open.ledger.row.profile) ?? open.ledger.refuseChange(actorId, this.now()) ?? null;
  }

  /**
   * May this key be used to look at the account? For reads, which hold nothing.
   *
   * @param request With `tokenCountsAtMost`, a provider is about to be asked for a token count, which counts against
   * that many an hour; with `conversationChange`, a conversation is about to be changed.
   */
  authorize(
    request: Pick<AdmitRequest, 'keyId' | 'secretHash' | 'origin' | 'ip'> & {
      tokenCountsAtMost?: number;
      conversationChange?: ConversationChange;
    },
  ): GatewayError | null {
    const { keys, ledger } = this.open() ?? {};
    const key = keys?.get(request.keyId);
    const nowMs = this.now();
    const refusal = refuseKey(key, request, nowMs, ledger?.row.profile);
    const { tokenCountsAtMost, conversationChange } = request;
    if (refusal) return refusal;
    if (conversationChange) return ledger!.refuseConversationChange(key!.userId, conversationChange, nowMs) ?? null;
    return (tokenCountsAtMost !== undefined && ledger!.refuseTokenCount(key!.userId, tokenCountsAtMost, nowMs)) || null;
  }
}

const summary = ({ ledger }: Pick<Open, 'ledger'>, key: KeyRecord, nowMs: number): KeySummary => ({
  ...publicKey(key),
  spentThisMonthMicro: ledger.spentThisMonth(key.id, nowMs),
  spentOfLimitMicro: ledger.spentOfLimit(key, nowMs),
});
