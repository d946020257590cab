// Wrangler's build command: the Worker's modules, into dist.
import { join } from 'node:path';
import { buildWorker } from './lib/build-worker.mjs';
import { ROOT } from './lib/paths.mjs';

await buildWorker({ root: ROOT, directory: join(ROOT, 'dist') });
