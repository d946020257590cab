import { createWriteStream, existsSync } from 'node:fs';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { CommandError } from './context.js';
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

/** Saves results under the name that was asked for (`-` is standard output), or under one of their own. */
export async function saveAll(urls: readonly string[], stem: string, output: string | undefined): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, url] of urls.entries()) {
    const response = await fetch(url);
    if (!response.ok || !response.body)
      throw new CommandError(`The file could not be fetched (${response.status}): ${url}`, EXIT.unreached);
    const body = asNodeStream(response.body);
    if (output === '-') {
      for await (const part of body)
        if (!process.stdout.write(part as Uint8Array)) await new Promise((done) => process.stdout.once('drain', done));
      continue;
    }
    const path = output === undefined ? freePath(stem, extname(new URL(url).pathname)) : numbered(output, index);
    await pipeline(body, createWriteStream(path));
    paths.push(path);
  }
  return paths;
}
