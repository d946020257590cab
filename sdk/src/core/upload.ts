import { nodeModule } from './crypto.js';
import { HyperealError } from './errors.js';

/** What can be uploaded; a string is a file's path. */
export type FileSource = Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | string | URL;

/** The progress of an upload. */
export interface UploadProgress {
  sentBytes: number;
  /** Undefined for streams, whose size is unknown. */
  totalBytes: number | undefined;
}

/** The file to send. */
export type FileBody = Blob | ReadableStream<Uint8Array>;

/** A file that is ready to be sent; repeatedly, unless it is a stream. */
export interface OpenFile {
  open: () => FileBody | Promise<FileBody>;
  once: boolean;
  size: number | undefined;
  filename: string | undefined;
  contentType: string | undefined;
}

/** The most common types by extension; the gateway recognises others by their first bytes. */
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  mp4: 'video/mp4',
  webm: 'video/webm',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  m4a: 'audio/mp4',
  glb: 'model/gltf-binary',
  json: 'application/json',
  txt: 'text/plain',
  zip: 'application/zip',
};

const PIECE_BYTES = 64 * 1024;

const nameOf = (file: Blob): string | undefined => ('name' in file && typeof file.name === 'string' ? file.name : undefined);

/** The part of Node's file system that is used here. */
interface NodeFiles {
  openAsBlob?: (path: string | URL) => Promise<Blob>;
  promises: {
    readFile: (path: string | URL) => Promise<Uint8Array>;
    stat: (path: string | URL) => Promise<{ isDirectory: () => boolean }>;
  };
}

/** The type library allows shared memory here, which a request cannot send. */
const asBody = (bytes: ArrayBuffer | ArrayBufferView): Blob => new Blob([bytes as BlobPart]);

/** Opens a file in whatever form it was given. */
export async function openFile(file: FileSource): Promise<OpenFile> {
  if (typeof file === 'string' || file instanceof URL) return openPath(file);
  if (file instanceof Blob)
    return { open: () => file, once: false, size: file.size, filename: nameOf(file), contentType: file.type || undefined };
  if (file instanceof ArrayBuffer || ArrayBuffer.isView(file)) {
    // Copied, so that the caller may change it while it is sent.
    const copy = asBody(file);
    return { open: () => copy, once: false, size: copy.size, filename: undefined, contentType: undefined };
  }
  const stream = file instanceof ReadableStream ? file : streamOf(file);
  return { open: () => stream, once: true, size: undefined, filename: undefined, contentType: undefined };
}

const typeOf = (filename: string | undefined): string | undefined => TYPES[filename?.split('.').pop()?.toLowerCase() ?? ''];

/** A file with a name. */
export interface NamedFile extends Blob {
  readonly name: string;
}

/** Node 18 has files but no global for them. */
async function fileClass(): Promise<new (parts: Blob[], name: string, options: { type: string }) => NamedFile> {
  return globalThis.File ?? (await nodeModule<{ File: typeof File }>('node:buffer')).File;
}

/**
 * Makes a file of a path, bytes or a stream, for fields that take one. A string is a path here; in a field it is a URL.
 *
 * @example
 * await client.images.edit({ model: 'gpt-image-2', prompt: 'Make it blue', image: await toFile('teapot.png') });
 */
export async function toFile(
  source: FileSource,
  { filename, contentType }: { filename?: string | undefined; contentType?: string | undefined } = {},
): Promise<NamedFile> {
  const opened = await openFile(source);
  const body = await opened.open();
  const blob = body instanceof Blob ? body : await new Response(body).blob();
  const name = filename ?? opened.filename ?? 'file';
  return new (await fileClass())([blob], name, { type: contentType ?? opened.contentType ?? typeOf(name) ?? '' });
}

async function openPath(path: string | URL): Promise<OpenFile> {
  const files = await nodeModule<NodeFiles>('node:fs').catch(() => {
    throw new HyperealError('There are no paths here: give the file itself, as a File or a Blob.');
  });
  const place = path instanceof URL ? decodeURIComponent(path.pathname) : path;
  const filename = place.split(/[\\/]/).pop();
  const blob = await blobAt(files, path).catch((cause: unknown) => {
    throw new HyperealError(`The file ${place} cannot be read.`, { cause });
  });
  return { open: () => blob, once: false, size: blob.size, filename, contentType: typeOf(filename) };
}

/** Streamed from disk where possible, since it may be larger than memory. */
async function blobAt({ openAsBlob, promises }: NodeFiles, path: string | URL): Promise<Blob> {
  // Opening a folder as a blob would only fail while sending.
  if ((await promises.stat(path)).isDirectory()) throw new Error('It is a folder.');
  return openAsBlob ? openAsBlob(path) : new Blob([asBody(await promises.readFile(path))]);
}

function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      await iterator.return?.(reason);
    },
  });
}

/** Where a page is and what it has loaded; only browsers have these. */
interface PageLike {
  document?: unknown;
  importScripts?: unknown;
  location?: { href: string };
}

/** Has the page loaded something from this server over HTTP/2 or later? */
function speaksHttp2(url: string): boolean {
  const { location } = globalThis as PageLike;
  const { origin } = new URL(url, location?.href);
  const had = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return had.some((entry) => {
    const { nextHopProtocol = '' } = entry as { nextHopProtocol?: string };
    return /^h[23]/.test(nextHopProtocol) && new URL(entry.name, location?.href).origin === origin;
  });
}

/**
 * Can a stream be sent to this server from here? Some browsers cannot send streams at all, and send "[object
 * ReadableStream]" instead; others only over HTTP/2 and later
 * (https://developer.chrome.com/docs/capabilities/web-apis/fetch-streaming-requests). All other runtimes can.
 */
function sendsStreams(url: string): boolean {
  const { document, importScripts } = globalThis as PageLike;
  if (document === undefined && importScripts === undefined) return true;
  let asked = false;
  const init = {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      asked = true;
      return 'half';
    },
  };
  return !new Request('https://localhost', init).headers.has('content-type') && asked && speaksHttp2(url);
}

/** A body that reports how much of it has been read. */
export function withProgress(
  body: FileBody,
  totalBytes: number | undefined,
  url: string,
  onProgress: (progress: UploadProgress) => void,
): FileBody {
  const source = body instanceof ReadableStream ? body : body instanceof Blob && sendsStreams(url) ? body.stream() : undefined;
  let sentBytes = 0;
  onProgress({ sentBytes, totalBytes });
  if (!source) return body;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (let from = 0; from < chunk.byteLength; from += PIECE_BYTES) {
        const piece = chunk.subarray(from, from + PIECE_BYTES);
        controller.enqueue(piece);
        sentBytes += piece.byteLength;
        onProgress({ sentBytes, totalBytes });
      }
    },
  });
  return source.pipeThrough(cut);
}
