/** What a setup has changed, so that it can be taken back. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readText, settingsFolder, writePrivate } from '../settings.js';

export interface Change {
  path: string;
  /** Null: the file was not there. */
  before: string | null;
  after: string;
}

const recordPath = (client: string): string => join(settingsFolder(), 'setup', `${client}.json`);

export function readChanges(client: string): Change[] {
  const text = readText(recordPath(client));
  return text === undefined ? [] : (JSON.parse(text) as Change[]);
}

/** Of several setups in a row, what was there before the first is what will be restored. */
export function recordChanges(client: string, changes: readonly Change[]): void {
  const earlier = readChanges(client);
  const first = changes.map((change) => {
    const known = earlier.find(({ path, after }) => path === change.path && after === change.before);
    return known ? { ...change, before: known.before } : change;
  });
  const others = earlier.filter(({ path }) => !changes.some((change) => change.path === path));
  writePrivate(recordPath(client), JSON.stringify([...others, ...first]));
}

export const forgetChanges = (client: string): void => rmSync(recordPath(client), { force: true });

/** Puts a file back as it was. */
export function restore({ path, before }: Change): void {
  if (before === null) rmSync(path, { force: true });
  else writePrivate(path, before);
}
