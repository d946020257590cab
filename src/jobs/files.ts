/** Results and uploads in R2, under keys that nobody can guess. Writing the same one again changes nothing. */
import { sha256Hex, toHex } from '../core/hex';
import { cleanType, extensionOf, sniffType, UNKNOWN_TYPE } from '../core/media-type';
import type { JobDeps } from './deps';
import type { Job, StoredFile } from './types';

const PART_BYTES = 8 * 1024 * 1024;
const MAX_FILE_BYTES = 2 * 1024 ** 3;

type Files = Pick<JobDeps, 'files'>;

/** What all of a job's files begin with. */
export const jobPrefix = ({ id }: Pick<Job, 'id'>): string => `media/${id}/`;
export const resultKey = ({ id, mediaToken }: Pick<Job, 'id' | 'mediaToken'>, index: number): string =>
  `media/${id}/${mediaToken}/${index}`;
/** Of a state on the way to a result. */
export const partialKey = ({ id, mediaToken }: Pick<Job, 'id' | 'mediaToken'>, index: number): string =>
  `media/${id}/${mediaToken}/partial-${index}`;
export const outputKey = ({ id, mediaToken }: Pick<Job, 'id' | 'mediaToken'>): string => `media/${id}/${mediaToken}/output`;
/** What came with the request has a token that nobody can tell from a result's URL: only its provider is told. */
export const inputToken = async ({ callbackToken }: Pick<Job, 'callbackToken'>): Promise<string> =>
  (await sha256Hex(`inputs:${callbackToken}`)).slice(0, 40);
export const inputKey = async (job: Pick<Job, 'id' | 'callbackToken'>, name: string): Promise<string> =>
  `media/${job.id}/${await inputToken(job)}/in-${name}`;

/** Where a file is served; the extension is for those who look at it. */
export const fileUrl = (origin: string, { key, contentType }: Pick<StoredFile, 'key' | 'contentType'>): string =>
  `${origin}/${key}.${extensionOf(contentType)}`;

export async function putBytes({ files }: Files, key: string, bytes: Uint8Array, contentType: string): Promise<StoredFile> {
  await files.put(key, bytes, { httpMetadata: { contentType } });
  return { key, contentType, sizeBytes: bytes.byteLength };
}

export class FileTooLarge extends Error {
  constructor() {
    super('the file is too large');
  }
}

/** The SHA-256 of what passes through it. */
export class Digest {
  private readonly stream = new crypto.DigestStream('SHA-256');
  private readonly writer = this.stream.getWriter();

  async add(bytes: Uint8Array): Promise<void> {
    await this.writer.write(bytes);
  }

  async end(): Promise<string> {
    await this.writer.close();
    return toHex(new Uint8Array(await this.stream.digest));
  }
}

/** Cuts a body into parts of one size, but for the last. */
async function* partsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let part = new Uint8Array(PART_BYTES);
  let filled = 0;
  for await (const chunk of body) {
    for (let from = 0; from < chunk.byteLength; ) {
      const take = Math.min(PART_BYTES - filled, chunk.byteLength - from);
      part.set(chunk.subarray(from, from + take), filled);
      filled += take;
      from += take;
      if (filled === PART_BYTES) {
        yield part;
        part = new Uint8Array(PART_BYTES);
        filled = 0;
      }
    }
  }
  yield part.subarray(0, filled);
}

/** An error told with the status of success: neither its bytes nor its type are of a file that was asked for. */
const isPage = (first: Uint8Array, { headers }: Response): boolean =>
  sniffType(first) === undefined && /^(?:text\/|application\/(?:json|xml|xhtml))/.test(cleanType(headers.get('content-type')) ?? '');

/**
 * Copies a body of any length: R2 takes none that is unknown, so a long one goes in parts. A body that ends before
 * its announced length throws, and leaves nothing.
 */
export async function putStream(
  deps: Files,
  key: string,
  response: Response,
  declaredType: string | undefined,
  { maxBytes = MAX_FILE_BYTES, digest, mediaOnly = false }: { maxBytes?: number; digest?: Digest; mediaOnly?: boolean } = {},
): Promise<StoredFile> {
  if (!response.body) throw new Error('the file is empty');
  const announced = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const parts = partsOf(response.body);
  const first = (await parts.next()).value as Uint8Array;
  const contentType = sniffType(first) ?? cleanType(declaredType) ?? cleanType(response.headers.get('content-type')) ?? UNKNOWN_TYPE;
  if (mediaOnly && isPage(first, response)) throw new Error('the file is a page, and no media');
  let size = first.byteLength;
  await digest?.add(first);
  const requireWhole = (): void => {
    if (size === 0) throw new Error('the file is empty');
    if (announced !== null && Number(announced) !== size) throw new Error(`the file ended after ${size} of ${announced} bytes`);
  };
  if (size < PART_BYTES) {
    requireWhole();
    if (size > maxBytes) throw new FileTooLarge();
    return putBytes(deps, key, first, contentType);
  }
  const upload = await deps.files.createMultipartUpload(key, { httpMetadata: { contentType } });
  try {
    const uploaded = [await upload.uploadPart(1, first)];
    for await (const part of parts) {
      size += part.byteLength;
      if (size > maxBytes) throw new FileTooLarge();
      await digest?.add(part);
      if (part.byteLength > 0) uploaded.push(await upload.uploadPart(uploaded.length + 1, part));
    }
    requireWhole();
    await upload.complete(uploaded);
  } catch (error) {
    await upload.abort();
    throw error;
  }
  return { key, contentType, sizeBytes: size };
}
