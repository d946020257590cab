// The package as it is published: the library as ES modules and as CommonJS, and the command line, by TypeScript alone.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const typescript = createRequire(join(root, 'package.json')).resolve('typescript/package.json');
const compiler = join(dirname(typescript), 'bin', 'tsc');

function compile(project) {
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, project)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
compile('tsconfig.json');
compile('tsconfig.cjs.json');
// Without it Node would take these files for ES modules, as the package is one.
writeFileSync(join(root, 'dist/cjs/package.json'), '{ "type": "commonjs" }\n');
compile('tsconfig.cli.json');
chmodSync(join(root, 'dist/cli/main.js'), 0o755);
