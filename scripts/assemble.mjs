// npm run assemble: src/core/abridge.wasm, after a change of abridge.wat.
import { writeFileSync } from 'node:fs';
import { assembled, BINARY } from './lib/assemble.mjs';

writeFileSync(BINARY, await assembled());
