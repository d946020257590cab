// npm run deploy: from an empty Cloudflare account to a deployed gateway. See lib/deploy-cli.mjs.
import { join } from 'node:path';
import { createAsker } from './lib/ask.mjs';
import { runDeploy } from './lib/deploy-cli.mjs';
import { ROOT, stateDirectory } from './lib/paths.mjs';
import { withPrivateFolder, wranglerRunner } from './lib/wrangler.mjs';

async function readConfig(config) {
  const { unstable_readConfig } = await import('wrangler');
  return unstable_readConfig({ config }, { hideWarnings: true });
}

const asker = createAsker();
process.exitCode = await runDeploy(process.argv.slice(2), {
  wrangler: wranglerRunner(),
  ask: asker.ask,
  interactive: asker.interactive,
  print: (text) => console.log(text),
  printError: (text) => console.error(text),
  env: process.env,
  configPath: join(ROOT, 'wrangler.toml'),
  readConfig,
  withPrivateFolder,
  keptFolder: join(stateDirectory(process.env), 'deployed'),
});
asker.close();
