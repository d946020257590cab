/** Real command-line clients against a gateway that runs here; README.md beside this says how and why. */
import { registerTypeScript } from './lib/typescript.mjs';

registerTypeScript();
const { main } = await import('./lib/main.mjs');
await main();
