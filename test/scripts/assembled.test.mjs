import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assembled, BINARY } from '../../scripts/lib/assemble.mjs';

it('the WebAssembly module is what its text says (npm run assemble)', async () => {
  expect(Buffer.from(await assembled()).equals(readFileSync(BINARY))).toBe(true);
});
