import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What `login` keeps. */
export interface Settings {
  apiKey?: string;
  baseURL?: string;
}

/** The home folder; tests and containers move it by HOME. */
export const home = (): string => process.env.HOME || homedir();

export function settingsFolder(): string {
  const { XDG_CONFIG_HOME, APPDATA } = process.env;
  return join(XDG_CONFIG_HOME || (process.platform === 'win32' && APPDATA) || join(home(), '.config'), 'hypereal');
}

const settingsPath = (): string => join(settingsFolder(), 'config.json');

/** The text of a file; undefined when there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A file for its owner's eyes: there is a key in it. */
export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  // The mode above is for a file that was not there.
  chmodSync(path, 0o600);
}

export function readSettings(): Settings {
  const text = readText(settingsPath());
  try {
    return text === undefined ? {} : (JSON.parse(text) as Settings);
  } catch {
    // The key must not go to another gateway than the one that was kept with it.
    throw new Error(`${settingsPath()} is not readable as JSON; mend or remove it.`);
  }
}

export function writeSettings(settings: Settings): string {
  writePrivate(settingsPath(), `${JSON.stringify(settings, null, 2)}\n`);
  return settingsPath();
}

export const forgetSettings = (): void => rmSync(settingsPath(), { force: true });
