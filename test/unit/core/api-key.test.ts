import { describe, expect, it } from 'vitest';
import { KeyReader, mintKey, tokenBeginning } from '../../../src/core/api-key';
import { accountId, keyId, newAccountBytes, newKeyBytes } from '../../../src/core/ids';

const SECRET = 'a-secret-for-signing-keys-0123456789';
const OLDER_SECRET = 'the-secret-before-that-0123456789-ab';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const mint = (mode: 'live' | 'test' = 'live', secret = SECRET) => mintKey(secret, mode, newAccountBytes(), newKeyBytes());
const read = (token: string, ...secrets: string[]) => new KeyReader(secrets.length > 0 ? secrets : [SECRET]).read(token);

const MALFORMED = { ok: false, reason: 'malformed' };
const FORGED = { ok: false, reason: 'forged' };

describe('a minted key', () => {
  it.each([
    ['live', /^ck_[0-9A-Za-z]{58}$/],
    ['test', /^ck_test_[0-9A-Za-z]{58}$/],
  ] as const)('names its account, its key and its mode: %s', async (mode, form) => {
    const [account, key] = [newAccountBytes(), newKeyBytes()];
    const minted = await mintKey(SECRET, mode, account, key);
    expect(minted.token).toMatch(form);
    expect(minted.keyId).toBe(keyId(key));
    expect(await read(minted.token)).toEqual({
      ok: true,
      key: { mode, accountId: accountId(account), keyId: keyId(key), secretHash: minted.secretHash },
    });
  });

  it('has a beginning that may be shown: it tells keys of an account apart and reveals nothing of the secret', async () => {
    const account = newAccountBytes();
    for (const mode of ['live', 'test'] as const) {
      const keys = Array.from({ length: 20 }, newKeyBytes);
      const minted = await Promise.all(keys.map((key) => mintKey(SECRET, mode, account, key)));
      for (const { token, keyId: id } of minted) {
        const beginning = tokenBeginning(mode, accountId(account), id);
        expect(token.startsWith(beginning), `${token} ${beginning}`).toBe(true);
        expect(token.length - beginning.length).toBeGreaterThanOrEqual(34);
        expect(minted.filter((other) => other.token.startsWith(beginning))).toHaveLength(1);
      }
    }
    expect(tokenBeginning('live', 'nobody', 'nothing')).toBe('ck_');
  });

  it('has a secret of its own, of which only the hash is told', async () => {
    const [account, key] = [newAccountBytes(), newKeyBytes()];
    const [one, other] = [await mintKey(SECRET, 'live', account, key), await mintKey(SECRET, 'live', account, key)];
    expect(one.token).not.toBe(other.token);
    expect(one.secretHash).not.toBe(other.secretHash);
    expect(one.token).not.toContain(one.secretHash.slice(0, 10));
  });

  it('is read the same a second time, from memory', async () => {
    const { token } = await mint();
    const reader = new KeyReader([SECRET]);
    expect(await reader.read(token)).toEqual(await reader.read(token));
  });

  it('is read again after thousands of others were', async () => {
    const reader = new KeyReader([SECRET]);
    const first = await mint();
    const before = await reader.read(first.token);
    for (let others = 0; others < 2_010; others++) expect((await reader.read((await mint()).token)).ok).toBe(true);
    expect(await reader.read(first.token)).toEqual(before);
  });
});

describe('a forged key', () => {
  it('is told by its signature', async () => {
    const { token } = await mint('live', OLDER_SECRET);
    expect(await read(token)).toEqual(FORGED);
  });

  it('is none of the keys that differ in one digit', async () => {
    const { token } = await mint();
    const reader = new KeyReader([SECRET]);
    for (let at = 'ck_'.length; at < token.length; at++) {
      const digit = DIGITS[(DIGITS.indexOf(token[at]!) + 1) % DIGITS.length]!;
      expect((await reader.read(token.slice(0, at) + digit + token.slice(at + 1))).ok, `digit ${at}`).toBe(false);
    }
  });

  it.each([
    ['live', 'ck_', 'ck_test_'],
    ['test', 'ck_test_', 'ck_'],
  ] as const)('is a %s key in the guise of the other kind', async (mode, prefix, other) => {
    const { token } = await mint(mode);
    expect(await read(other + token.slice(prefix.length))).toEqual(FORGED);
  });

  it('stays forged once the real one is remembered', async () => {
    const { token } = await mint();
    const reader = new KeyReader([SECRET]);
    await reader.read(token);
    expect((await reader.read(token.replace('ck_', 'ck_test_'))).ok).toBe(false);
    expect((await reader.read(`${token}0`)).ok).toBe(false);
  });
});

describe('a change of secret', () => {
  it('leaves the keys of the previous one good', async () => {
    const [older, newer] = [await mint('live', OLDER_SECRET), await mint('live', SECRET)];
    for (const { token, secretHash } of [older, newer])
      expect(await read(token, SECRET, OLDER_SECRET)).toMatchObject({ ok: true, key: { secretHash } });
  });

  it('ends them when the previous one is dropped', async () => {
    const { token } = await mint('live', OLDER_SECRET);
    expect(await read(token, SECRET)).toEqual(FORGED);
  });
});

describe('what is no key', () => {
  it.each([
    '',
    'ck_',
    'ck_test_',
    'ck',
    'sk-proj-0123456789',
    'CK_0000000000000000000000000000000000000000000000000000000000',
    `ck_${'0'.repeat(57)}`,
    `ck_${'0'.repeat(58)}`,
    `ck_${'0'.repeat(59)}`,
    `ck_${'z'.repeat(58)}`,
    `ck_test_${'z'.repeat(58)}`,
    `ck_${'-'.repeat(58)}`,
    `ck_${'é'.repeat(58)}`,
    `ck_${'😀'.repeat(29)}`,
  ])('is malformed: %j', async (token) => {
    expect(await read(token)).toEqual(MALFORMED);
  });

  it('is malformed when a good key has something around it', async () => {
    const { token } = await mint();
    for (const text of [` ${token}`, `${token} `, `${token}\n`, `"${token}"`, token.slice(0, -1), token.slice(1), `x${token}`])
      expect(await read(text), text).toEqual(MALFORMED);
  });
});
