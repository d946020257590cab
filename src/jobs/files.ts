/** Results and uploads in R2, under keys that cannot be guessed. Writing the same file again changes nothing. */
import { sha256Hex, toHex } from '../core/hex';
import { extensionOf, fileType, isPage } from '../core/media-type';
import { chunksOf, PART_BYTES, partsOf, withHead } from './body-parts';
import type { JobDeps } from './deps';
import type { Job, StoredFile } from './types';

/** How many first bytes tell a file's type. */
const HEAD_BYTES = 12;
const MAX_FILE_BYTES = 2 * 1024 ** 3;

type Files = Pick<JobDeps, 'files'>;

/** The prefix of all files of a job. */
export const jobPrefix = ({ id }: Pick<Job, 'id'>): string => `media/${id}/`;
export const resultKey = ({ id, mediaToken }: Pick<Job, 'id' | 'mediaToken'>, index: number): string =>
  `media/${id}/${mediaToken}/${index}`;
/** For a picture on the way to the result. */
export const partialKey = ({ id, mediaToken }: Pick<Job, 'id' | 'mediaToken'>, index: number): string =>
  `media/${id}/${mediaToken}/partial-${index}`;
export const outputKey = ({ id, mediaToken }: Pick<Job, 'id' | 'mediaToken'>): string => `media/${id}/${mediaToken}/output`;
/** The token for a request's input files. It cannot be derived from a result's URL, since only the provider may read the input. */
export const inputToken = async ({ callbackToken }: Pick<Job, 'callbackToken'>): Promise<string> =>
  (await sha256Hex(`inputs:${callbackToken}`)).slice(0, 40);
export const inputKey = async (job: Pick<Job, 'id' | 'callbackToken'>, name: string): Promise<string> =>
  `media/${job.id}/${await inputToken(job)}/in-${name}`;

/** The URL of a file; the extension is only for people. */
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

/** Computes the SHA-256 of what passes through. */
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

/** R2 did not take it: nothing is wrong with the file. */
export class NotKept extends Error {}

const kept = async <T>(put: Promise<T>): Promise<T> => {
  try {
    return await put;
  } catch (error) {
    throw new NotKept(`the file could not be kept: ${String(error)}`);
  }
};

export interface PutOptions {
  maxBytes?: number;
  digest?: Digest | undefined;
  mediaOnly?: boolean;
  /** How long to wait for a turn at gathering a body without a known length. */
  waitMs?: number;
}

/**
 * Stores a body of any length. R2 takes a stream only if its length is known; otherwise it goes in parts. A body that
 * ends before its announced length throws, and nothing is stored.
 */
export async function putStream(
  deps: Files,
  key: string,
  response: Response,
  declaredType: string | undefined,
  { maxBytes = MAX_FILE_BYTES, digest, mediaOnly = false, waitMs = 0 }: PutOptions = {},
): Promise<StoredFile> {
  if (!response.body) throw new Error('the file is empty');
  const announced = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  if (Number(announced) > maxBytes) throw new FileTooLarge();
  const chunks = withHead(chunksOf(response.body), HEAD_BYTES);
  try {
    const head = (await chunks.next()).value;
    if (!head) throw new Error('the file is empty');
    if (mediaOnly && isPage(head, response.headers.get('content-type'))) throw new Error('the file is a page, and no media');
    const contentType = fileType(head, declaredType, response.headers.get('content-type'));
    const passed = { sizeBytes: 0 };
    const body = tapped(head, chunks, announced === null ? maxBytes : Number(announced), passed, digest);
    if (announced === null) await putParts(deps, key, partsOf(body, waitMs), contentType);
    else await putWhole(deps, key, body, Number(announced), contentType);
    return { key, contentType, ...passed };
  } finally {
    await chunks.return();
  }
}

/** Passes all chunks through, counting and digesting them. */
async function* tapped(
  head: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  maxBytes: number,
  passed: { sizeBytes: number },
  digest: Digest | undefined,
): AsyncGenerator<Uint8Array> {
  const pass = async (chunk: Uint8Array): Promise<Uint8Array> => {
    passed.sizeBytes += chunk.byteLength;
    if (passed.sizeBytes > maxBytes) throw new FileTooLarge();
    await digest?.add(chunk);
    return chunk;
  };
  yield await pass(head);
  for await (const chunk of rest) yield await pass(chunk);
}

async function putWhole(
  { files }: Files,
  key: string,
  chunks: AsyncIterable<Uint8Array>,
  announced: number,
  contentType: string,
): Promise<void> {
  const { readable, writable } = new FixedLengthStream(announced);
  const writer = writable.getWriter();
  const fill = async (): Promise<void> => {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.byteLength;
      await writer.write(chunk);
    }
    if (size < announced) throw new Error(`the file ended after ${size} of ${announced} bytes`);
    await writer.close();
  };
  // Either side's failure ends the other: a stream that nobody reads accepts nothing, and one that nobody fills never
  // ends.
  const reasons: unknown[] = [];
  const stop = (error: unknown): void => {
    reasons.push(error);
    writer.abort(error).catch(() => undefined);
  };
  const put = kept(files.put(key, readable, { httpMetadata: { contentType } }));
  await Promise.all([fill().catch(stop), put.catch(stop)]);
  if (reasons.length > 0) throw reasons[0];
}

async function putParts(
  { files }: Files,
  key: string,
  parts: AsyncGenerator<Uint8Array<ArrayBuffer>, void>,
  contentType: string,
): Promise<void> {
  const options = { httpMetadata: { contentType } };
  let upload: R2MultipartUpload | undefined;
  try {
    const uploaded: R2UploadedPart[] = [];
    for await (const part of parts) {
      if (!upload && part.byteLength < PART_BYTES) await kept(files.put(key, part, options));
      else if (part.byteLength > 0) {
        upload ??= await kept(files.createMultipartUpload(key, options));
        uploaded.push(await kept(upload.uploadPart(uploaded.length + 1, part)));
      }
    }
    if (upload) await kept(upload.complete(uploaded));
  } catch (error) {
    // Where it cannot be told either, R2 forgets the parts after a week.
    await upload?.abort().catch((reason: unknown) => console.error('upload not given up', String(reason)));
    throw error;
  }
}
