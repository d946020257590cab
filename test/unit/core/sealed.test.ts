import { expect, it } from 'vitest';
import { seal, unseal } from '../../../src/core/sealed';

const SECRET = 'a secret that signs sessions';
const TEXT = 'caf\u00e9 \u2602';

it('a sealed text is read by who sealed it, for its purpose', async () => {
  const sealed = await seal(SECRET, 'shown once', TEXT);
  expect(await unseal(SECRET, 'shown once', sealed)).toBe(TEXT);
  await expect(unseal(SECRET, 'playground keys', sealed)).rejects.toThrow();
  await expect(unseal('another secret', 'shown once', sealed)).rejects.toThrow();
});

it('a sealed text that was changed is none, and none is sealed twice alike', async () => {
  const sealed = await seal(SECRET, 'shown once', TEXT);
  expect(await seal(SECRET, 'shown once', TEXT)).not.toBe(sealed);
  for (const at of [0, 20]) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    await expect(unseal(SECRET, 'shown once', changed)).rejects.toThrow();
  }
});
