import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { changedSince } from '../../scripts/lib/bundle.mjs';

it('a bundle is not kept when one of its files was written while it was made', () => {
  const root = mkdtempSync(join(tmpdir(), 'bundle-test-'));
  try {
    for (const [name, seconds] of [
      ['before.ts', 1_000],
      ['meanwhile.ts', 2_001],
    ]) {
      writeFileSync(join(root, name), '');
      utimesSync(join(root, name), seconds, seconds);
    }
    expect(changedSince(root, ['before.ts', 'required:node:crypto'], 2_000_000)).toBe(false);
    expect(changedSince(root, ['before.ts', 'meanwhile.ts'], 2_000_000)).toBe(true);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
