// Bodies on their way into R2: stored whole or not at all, in no more memory than has arrived of them.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { chunksOf, NoRoom, PART_BYTES, partsOf } from '../../../src/jobs/body-parts';
import { Digest, FileTooLarge, putStream } from '../../../src/jobs/files';

const deps = { files: env.FILES };
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const MEGABYTE = 1_048_576;

let made = 0;
const newKey = (): string => `media/files-test-${Date.now()}-${++made}`;

/** A body in chunks, with or without a stated length; `sentBytes` tells how much of it was read. */
function body(chunks: readonly Uint8Array[], announcedBytes?: number) {
  let sentBytes = 0;
  const left = [...chunks];
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const chunk = left.shift();
        if (!chunk) return controller.close();
        sentBytes += chunk.byteLength;
        controller.enqueue(chunk.slice());
      },
    },
    { highWaterMark: 0 },
  );
  const headers = announcedBytes === undefined ? {} : { 'content-length': String(announcedBytes) };
  return { response: new Response(stream, { headers }), sentBytes: () => sentBytes };
}

const filled = (bytes: number, value: number): Uint8Array => new Uint8Array(bytes).fill(value);
const chunksFor = (count: number, bytes = MEGABYTE) => Array.from({ length: count }, (_, index) => filled(bytes, index + 1));

const sha256 = async (bytes: ArrayBuffer): Promise<string> => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex();
const sha256Of = async (chunks: readonly Uint8Array[]): Promise<string> => sha256(await new Blob([...chunks]).arrayBuffer());
const sha256At = async (key: string): Promise<string> => sha256(await (await env.FILES.get(key))!.arrayBuffer());

describe.each([
  ['announces its length', true],
  ['announces none', false],
])('a body that %s', (_, announces) => {
  const lengthOf = (chunks: readonly Uint8Array[]) => (announces ? chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) : undefined);

  it.each([
    ['of a few bytes', [PNG, filled(10, 7)]],
    ['whose head comes byte by byte', [...PNG].map((byte) => Uint8Array.of(byte))],
    ['of a part exactly', chunksFor(5)],
    ['of several parts', chunksFor(13)],
    ['of parts in chunks that fit into none', chunksFor(40, 333_333)],
  ])('and is %s arrives as it was', async (__, chunks) => {
    const key = newKey();
    const stored = await putStream(deps, key, body(chunks, lengthOf(chunks)).response, 'text/x-own');
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    expect(stored).toEqual({ key, contentType: chunks[0]![0] === 0x89 ? 'image/png' : 'text/x-own', sizeBytes });
    expect(await sha256At(key)).toBe(await sha256Of(chunks));
  });

  it('is digested as it passes', async () => {
    const chunks = chunksFor(7);
    const digest = new Digest();
    await putStream(deps, newKey(), body(chunks, lengthOf(chunks)).response, undefined, { digest });
    expect(await digest.end()).toBe(await sha256Of(chunks));
  });

  it('is refused when it is too large, and leaves nothing', async () => {
    const key = newKey();
    const { response, sentBytes } = body(chunksFor(20), announces ? 20 * MEGABYTE : undefined);
    await expect(putStream(deps, key, response, undefined, { maxBytes: 7 * MEGABYTE })).rejects.toThrow(FileTooLarge);
    expect(await env.FILES.head(key)).toBeNull();
    expect(sentBytes()).toBeLessThan(10 * MEGABYTE);
  });

  it('is refused when it is empty', async () => {
    await expect(putStream(deps, newKey(), body([], announces ? 0 : undefined).response, undefined)).rejects.toThrow('the file is empty');
  });
});

it.each([1, 9])('a body of %i MB that ends before its announced length throws, and leaves nothing', async (count) => {
  const key = newKey();
  const { response } = body(chunksFor(count), 10 * MEGABYTE);
  await expect(putStream(deps, key, response, undefined)).rejects.toThrow(
    `the file ended after ${count * MEGABYTE} of ${10 * MEGABYTE} bytes`,
  );
  expect(await env.FILES.head(key)).toBeNull();
});

it.each([true, false])('a bucket that fails is told of, and the body is read no further (length known: %s)', async (known) => {
  const failing = () => Promise.reject(new Error('the bucket is away'));
  const files = { put: failing, createMultipartUpload: failing } as unknown as R2Bucket;
  const { response, sentBytes } = body(chunksFor(40), known ? 40 * MEGABYTE : undefined);
  await expect(putStream({ files }, newKey(), response, undefined)).rejects.toThrow('the bucket is away');
  expect(sentBytes()).toBeLessThan(12 * MEGABYTE);
});

it('a body that falls silent ends, one that is read slowly does not', async () => {
  const silent = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(PNG) });
  const read = async () => {
    let size = 0;
    for await (const chunk of chunksOf(silent, 100)) size += chunk.byteLength;
    return size;
  };
  await expect(read()).rejects.toThrow('nothing came for 0.1 seconds');
  let size = 0;
  for await (const chunk of chunksOf(body([PNG, PNG]).response.body!, 100)) {
    await new Promise((done) => setTimeout(done, 300));
    size += chunk.byteLength;
  }
  expect(size).toBe(16);
});

describe('bodies of unknown length', () => {
  /** A generator whose first part is being gathered. */
  async function gathering(): Promise<AsyncGenerator<Uint8Array>> {
    const parts = partsOf(chunksOf(body(chunksFor(30)).response.body!), 300);
    expect((await parts.next()).value?.byteLength).toBe(PART_BYTES);
    return parts;
  }

  it('are gathered a few at a time: small ones never wait, the next large one waits for its turn', async () => {
    const some = await Promise.all(Array.from({ length: 6 }, gathering));
    await expect(gathering()).rejects.toThrow(NoRoom);
    const small = newKey();
    await putStream(deps, small, body(chunksFor(2, 100_000)).response, undefined);
    expect((await env.FILES.head(small))?.size).toBe(200_000);
    await some[0]!.return(undefined);
    const next = await gathering();
    await Promise.all([...some, next].map((parts) => parts.return(undefined)));
  });
});
