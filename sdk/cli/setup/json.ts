import { CommandError } from '../context.js';

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

function merged(into: Tree, changes: Tree): Tree {
  const result: Tree = { ...into };
  for (const [name, value] of Object.entries(changes)) {
    const known = result[name];
    result[name] = isTree(value) && isTree(known) ? merged(known, value) : value;
  }
  return result;
}

/** Sets members of a JSON document; all others stay as they are. */
export function mergeJson(before: string | undefined, changes: Tree): string {
  if (before === undefined || before.trim() === '') return `${JSON.stringify(changes, null, 2)}\n`;
  let known: unknown;
  try {
    known = JSON.parse(before);
  } catch {
    throw new CommandError('The file is not plain JSON (it may have comments), so it is left alone. `--print` shows what belongs into it.');
  }
  if (!isTree(known)) throw new CommandError('The file holds something else than a JSON object, so it is left alone.');
  const indent = /^[ \t]+(?=")/m.exec(before)?.[0] ?? 2;
  return `${JSON.stringify(merged(known, changes), null, indent)}\n`;
}
