import { describe, expect, it } from 'vitest';
import {
  accountBytes,
  accountId,
  keyId,
  monthOf,
  newAccountBytes,
  newKeyBytes,
  newNonce,
  operationId,
  parseOperationId,
  requestId,
} from '../../../src/core/ids';

describe('ids of accounts and keys', () => {
  it('say what they are of', () => {
    expect(accountId(newAccountBytes())).toMatch(/^acc_[0-9A-Za-z]{17}$/);
    expect(keyId(newKeyBytes())).toMatch(/^key_[0-9A-Za-z]{6}$/);
    expect(requestId(newNonce())).toMatch(/^req_[0-9A-Za-z]{13}$/);
  });

  it('give back the bytes of an account', () => {
    const bytes = newAccountBytes();
    expect(accountBytes(accountId(bytes))).toEqual(bytes);
  });

  it.each([
    '',
    'acc_',
    'acc_0',
    `acc_${'0'.repeat(16)}`,
    `acc_${'0'.repeat(18)}`,
    `acc_${'z'.repeat(17)}`,
    `key_${'0'.repeat(17)}`,
    'ACC_1',
  ])('are no accounts: %j', (id) => {
    expect(accountBytes(id)).toBeUndefined();
  });

  it('are never the same twice', () => {
    expect(new Set(Array.from({ length: 10_000 }, newNonce)).size).toBe(10_000);
  });
});

describe('ids of operations', () => {
  it.each([
    { epoch: 1, month: 202611, seq: 1 },
    { epoch: 0, month: 197001, seq: 0 },
    { epoch: 40_000, month: 999912, seq: 3_000_000_000_000_000 },
  ])('say where the operation is kept: %o', (place) => {
    const ref = { nonce: newNonce(), ...place };
    expect(parseOperationId(operationId(ref))).toEqual(ref);
  });

  it('begin with the id of the request', () => {
    const nonce = newNonce();
    expect(operationId({ nonce, epoch: 1, month: 202611, seq: 35 })).toBe(`${requestId(nonce)}-1-4cc3-z`);
  });

  it.each([
    '',
    'req_',
    'req_0123456789abc',
    'req_0123456789abc-1-4cc3',
    'req_0123456789abc-1-4cc3-z-1',
    'req_0123456789abc-1-4cc3-Z',
    'req_0123456789ab-1-4cc3-z',
    'req_0123456789abc--4cc3-z',
    'req_0123456789abc-1-4cc3-zzzzzzzzzzz',
    ' req_0123456789abc-1-4cc3-z',
    'req_0123456789abc-1-4cc3-z\n',
  ])('are none: %j', (id) => {
    expect(parseOperationId(id)).toBeUndefined();
  });
});

describe('monthOf', () => {
  it.each([
    ['2026-01-01T00:00:00.000Z', 202601],
    ['2026-12-31T23:59:59.999Z', 202612],
    ['2027-01-01T00:00:00.000Z', 202701],
  ])('is the UTC month of %s', (time, month) => {
    expect(monthOf(Date.parse(time))).toBe(month);
  });
});
