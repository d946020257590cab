// npm run admin: the operator's commands, for a local gateway or a deployed one.
import { runAdmin } from './lib/admin-cli.mjs';

process.exitCode = await runAdmin(process.argv.slice(2), {
  env: process.env,
  print: (text) => console.log(text),
  printError: (text) => console.error(text),
});
