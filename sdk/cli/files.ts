import { accessSync, constants, createWriteStream, existsSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { toFile } from 'hypereal-sdk';
import { CommandError, UsageError } from './context.js';
import { EXIT } from './output.js';

/** `fetch` and Node have a type each for the same stream. */
const asNodeStream = (body: ReadableStream<Uint8Array>): Readable => Readable.fromWeb(body as unknown as WebStream<Uint8Array>);

/** A path that nothing has yet. */
function freePath(stem: string, extension: string): string {
  for (let number = 1; ; number++) {
    const path = `${stem}${number === 1 ? '' : `-${number}`}${extension}`;
    if (!existsSync(path)) return path;
  }
}

/** With several files, each has its number before the extension. */
function numbered(path: string, index: number): string {
  const extension = extname(path);
  return index === 0 ? path : `${path.slice(0, path.length - extension.length)}-${index + 1}${extension}`;
}

/** Before anything is paid for: can a file be written there? */
export function requireWritable(output: string | undefined): void {
  if (output === undefined || output === '-') return;
  if (/[\\/]$/.test(output) || statSync(output, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`${output} is a folder: --output names a file.`);
  try {
    accessSync(existsSync(output) ? output : dirname(output), constants.W_OK);
  } catch {
    throw new UsageError(`No file can be written at ${output}.`);
  }
}

/** What was made has been paid for, and must be found again. */
const unsaved = (why: unknown, url: string, jobId: string): CommandError =>
  new CommandError(
    `The result was made, but not saved (${why instanceof Error ? why.message : String(why)}): ${url}\nTo save it: hypereal jobs wait ${jobId} --output FILE`,
    EXIT.failed,
  );

/** Saves results under the name that was asked for (`-` is standard output), or under one of their own. */
export async function saveAll(urls: readonly string[], jobId: string, output: string | undefined): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, url] of urls.entries()) {
    try {
      const path = await save(
        url,
        (extension) => (output === undefined ? freePath(jobId, extension) : numbered(output, index)),
        output === '-',
      );
      if (path !== undefined) paths.push(path);
    } catch (error) {
      throw unsaved(error, url, jobId);
    }
  }
  return paths;
}

/** One of them; gives where it is. */
async function save(url: string, pathFor: (extension: string) => string, toStdout: boolean): Promise<string | undefined> {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new Error(`its address answered ${response.status}`);
  const body = asNodeStream(response.body);
  if (toStdout) {
    for await (const part of body)
      if (!process.stdout.write(part as Uint8Array)) await new Promise((done) => process.stdout.once('drain', done));
    return undefined;
  }
  const path = pathFor(extname(new URL(url).pathname));
  await pipeline(body, createWriteStream(path));
  return path;
}

/** A picture or a recording that is sent: its URL as it is, else the file at that path. */
export const sentFile = async (given: string): Promise<string | Blob> => (/^(https?|data):/.test(given) ? given : toFile(given));
