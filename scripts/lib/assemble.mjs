// src/core/abridge.wasm, made of its text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';
import { ROOT } from './paths.mjs';

const TEXT = join(ROOT, 'src/core/abridge.wat');
export const BINARY = join(ROOT, 'src/core/abridge.wasm');

/** The bytes of the module. */
export async function assembled() {
  const module = (await wabt()).parseWat(TEXT, readFileSync(TEXT, 'utf8'), { simd: true, bulk_memory: true });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
