/** The files that the caller sent, in the form that is needed: stored, or as an adapter wants them. */
import { fileType } from '../core/media-type';
import { publicFetch } from '../core/public-fetch';
import { isRecord } from '../core/record';
import type { MediaAdapter, MediaInput, MediaSource } from '../providers/media/types';
import type { JobDeps } from './deps';
import { fileUrl, inputKey, putBytes } from './files';
import type { Job, KeptInput, KeptSource } from './types';
import { readAll } from './upstream';

/** A larger input goes into a file, since a row holds 2 MB at most. */
const MAX_ROW_CHARS = 64 * 1024;
const MEGABYTE = 1_048_576;
/** For downloads of one job together: one recording, or several pictures, which many providers get as base64, a third larger. */
const MAX_RECORDING_BYTES = 64 * MEGABYTE;
const MAX_PICTURES_BYTES = 32 * MEGABYTE;
const FETCH_TIMEOUT_MS = 60_000;

/** The fields of an input that hold sources. */
const SOURCE_FIELDS = ['references', 'mask', 'firstFrame', 'lastFrame', 'reference', 'audio', 'image'] as const;

/** A source could not be fetched; the message may be shown. */
export class SourceMissing extends Error {}

/** Replaces every source of the input by what `turn` makes of it; `name` is its field. Everything else stays. */
async function mapSources(input: object, turn: (source: never, name: string) => Promise<unknown>): Promise<unknown> {
  const mapped: Record<string, unknown> = { ...input };
  const one = (source: unknown, name: string) => turn(source as never, name);
  for (const field of SOURCE_FIELDS) {
    const value = mapped[field];
    if (Array.isArray(value)) mapped[field] = await Promise.all(value.map((source, index) => one(source, `${field}-${index}`)));
    else if (isRecord(value)) mapped[field] = await one(value, field);
  }
  const { views } = mapped;
  if (isRecord(views)) {
    const sides = await Promise.all(
      Object.entries(views).map(async ([side, source]) => [side, await one(source, `views-${side}`)] as const),
    );
    mapped.views = Object.fromEntries(sides);
  }
  return mapped;
}

/** Stores sources that came as bytes in files, and a large input as a whole too. */
export async function keepInput(
  deps: Pick<JobDeps, 'files'>,
  job: Pick<Job, 'id' | 'callbackToken'>,
  input: MediaInput,
): Promise<KeptInput | { stored: string }> {
  const keep = async (source: MediaSource, name: string): Promise<KeptSource> => {
    if ('url' in source) return source;
    const { key, contentType } = await putBytes(deps, await inputKey(job, name), source.bytes, source.contentType);
    return { key, contentType };
  };
  const kept = (await mapSources(input, keep)) as KeptInput;
  const text = JSON.stringify(kept);
  if (text.length <= MAX_ROW_CHARS) return kept;
  const stored = await inputKey(job, 'request');
  await deps.files.put(stored, text, { httpMetadata: { contentType: 'application/json' } });
  return { stored };
}

async function readKept({ files }: Pick<JobDeps, 'files'>, { input }: Pick<Job, 'input'>): Promise<KeptInput> {
  if (!('stored' in input)) return input;
  const object = await files.get(input.stored);
  if (!object) throw new SourceMissing('The request of this job is not kept any more.');
  return object.json<KeptInput>();
}

async function readBytes({ files }: Pick<JobDeps, 'files'>, key: string, contentType: string): Promise<MediaSource> {
  const object = await files.get(key);
  if (!object) throw new SourceMissing('A file of this request is not kept any more.');
  return { bytes: new Uint8Array(await object.arrayBuffer()), contentType };
}

/** How much all downloads of a job may still hold in memory. */
interface Room {
  totalBytes: number;
  leftBytes: number;
}

function within(room: Room, response: Response): Response {
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      room.leftBytes -= chunk.byteLength;
      if (room.leftBytes < 0) throw new Error(`its files have more than ${room.totalBytes / MEGABYTE} MB together`);
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body?.pipeThrough(count));
}

async function download(deps: JobDeps, url: string, room: Room): Promise<MediaSource> {
  try {
    const response = await publicFetch(deps, url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`it answers ${response.status}`);
    }
    const bytes = await readAll(within(room, response), room.totalBytes);
    return { bytes, contentType: fileType(bytes, response.headers.get('content-type')) };
  } catch (error) {
    throw new SourceMissing(
      `A file of this request could not be fetched from its URL: ${error instanceof Error ? error.message : 'no reason'}.`,
    );
  }
}

/** The input with its sources as the adapter wants them. */
export async function inputFor(deps: JobDeps, job: Job, wanted: MediaAdapter['sources']): Promise<MediaInput> {
  const kept = await readKept(deps, job);
  const totalBytes = kept.kind === 'asr' || kept.kind === 'clone' ? MAX_RECORDING_BYTES : MAX_PICTURES_BYTES;
  const room: Room = { totalBytes, leftBytes: totalBytes };
  const turn = async (source: KeptSource): Promise<MediaSource> => {
    if ('url' in source) return wanted === 'bytes' ? download(deps, source.url, room) : source;
    return wanted === 'url' ? { url: fileUrl(job.origin, source) } : readBytes(deps, source.key, source.contentType);
  };
  return (await mapSources(kept, turn)) as MediaInput;
}
