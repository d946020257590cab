/** Real command-line clients against a gateway on this machine; README.md in this folder says how and why. */
import { registerTypeScript } from './lib/typescript.mjs';

registerTypeScript();
const { main } = await import('./lib/main.mjs');
await main();
