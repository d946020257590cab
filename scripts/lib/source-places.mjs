// Maps a stack from the log to the sources; the Worker's modules are a few long lines each.
import { SourceMap } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { readJson } from './files.mjs';
import { ROOT } from './paths.mjs';

/** A position in a module, with whatever precedes the module's name: `file:///x/index.worker.js:3:1207`. */
const PLACE = /[^\s()"']*?([\w-]+\.worker\.js):(\d+):(\d+)/g;

/** Replaces each position in `directory`'s modules by one like `src/app.ts:120:9`; an unknown one stays. */
export function sourcePlaces(directory) {
  const maps = new Map();
  const mapOf = (name) => {
    if (!maps.has(name)) {
      const payload = readJson(join(directory, `${name}.map`));
      maps.set(name, payload && new SourceMap(payload));
    }
    return maps.get(name);
  };
  return (text) =>
    text.replace(PLACE, (place, name, line, column) => {
      const { originalSource, originalLine, originalColumn } = mapOf(name)?.findEntry(Number(line) - 1, Number(column) - 1) ?? {};
      if (originalSource === undefined) return place;
      return `${relative(ROOT, resolve(directory, originalSource))}:${originalLine + 1}:${originalColumn + 1}`;
    });
}
