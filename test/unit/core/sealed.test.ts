import { expect, it } from 'vitest';
import { seal, unseal } from '../../../src/core/sealed';

const SECRET = ['a secret that signs sessions'] as const;
const TEXT = 'caf\u00e9 \u2602';

it('a sealed text is read by who sealed it, for its purpose', async () => {
  const sealed = await seal(SECRET, 'shown once', TEXT);
  expect(await unseal(SECRET, 'shown once', sealed)).toBe(TEXT);
  expect(await unseal(SECRET, 'playground keys', sealed)).toBeUndefined();
  expect(await unseal(['another secret'], 'shown once', sealed)).toBeUndefined();
});

it('a sealed text is read as long as its secret is kept beside a new one, which alone seals', async () => {
  const rotated = ['another secret', ...SECRET] as const;
  expect(await unseal(rotated, 'shown once', await seal(SECRET, 'shown once', TEXT))).toBe(TEXT);
  expect(await unseal(['another secret'], 'shown once', await seal(rotated, 'shown once', TEXT))).toBe(TEXT);
});

it('a sealed text that was changed is none, and none is sealed twice alike', async () => {
  const sealed = await seal(SECRET, 'shown once', TEXT);
  expect(await seal(SECRET, 'shown once', TEXT)).not.toBe(sealed);
  for (const at of [0, 20]) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    expect(await unseal(SECRET, 'shown once', changed)).toBeUndefined();
  }
});
