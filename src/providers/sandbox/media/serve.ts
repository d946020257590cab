/** The sandbox's own API for media, behind no network: jobs by their ids, files by what they are. */
import { parseRecord, recordOf } from '../../../core/record';
import { toBase64 } from '../../media/sources';
import type { MediaKind } from '../../media/types';
import type { UpstreamRequest } from '../../types';
import { jsonResponse } from '../json-response';
import { openaiErrors, unknownPath } from '../openai-errors';
import { makeGlb } from './glb';
import { jobId, planSandboxJob, readJobId, type SandboxJob, type SandboxRequest } from './job';
import { makeMp4 } from './mp4';
import { makePng } from './png';
import { makeWav } from './wav';

const BASE = 'https://sandbox.invalid/v1/media';
/** A cancelled job is known to be so only here, and only for a while: what asks for it asks at once. */
const MAX_CANCELED = 1_000;
const canceled = new Set<string>();
const LONGEST_STREAM_MS = 60_000;
const encoder = new TextEncoder();

const json = (body: unknown): Response => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

export const isMediaPath = (pathname: string): boolean => pathname.startsWith('/v1/media/');

export async function serveMedia(request: UpstreamRequest): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, , , place, id = '', action] = pathname.split('/');
  if (place === 'jobs' && id === '') return submit(request.body);
  if (place === 'jobs') return action === 'cancel' ? cancel(id) : show(id);
  if (place === 'files') return file(id);
  if (place === 'endpoints') return json({ id: id === '' ? 'sandbox-endpoint' : id });
  return jsonResponse(404, unknownPath(request.method ?? 'POST', pathname));
}

function readRequest(body: string): SandboxRequest {
  const { kind, model, input } = parseRecord(body);
  return { kind: kind as MediaKind, model: String(model), input: recordOf(input) };
}

function submit(body: string): Response {
  const request = readRequest(body);
  const planned = planSandboxJob(request, Date.now());
  if ('status' in planned) return jsonResponse(planned.status, openaiErrors.status(planned.status, ''));
  const job = { ...planned, nonce: crypto.randomUUID().slice(0, 8) };
  const { partials } = request.input;
  return typeof partials === 'number' && job.runsMs <= LONGEST_STREAM_MS ? streamed(job, partials) : show(jobId(job));
}

/** So many states of the picture on its way, evenly over the time that it takes; then what came of it. */
function streamed(job: SandboxJob, partials: number): Response {
  const events = async function* (): AsyncGenerator<unknown> {
    for (let index = 0; index < partials; index++) {
      await pause(job.runsMs / (partials + 1));
      const sides = [job.width, job.height].map((side) => Math.max(1, Math.round(side / 2 ** (partials - index))));
      yield { partial: toBase64(await makePng(sides[0]!, sides[1]!, job.seed)) };
    }
    await pause(job.startedAtMs + job.runsMs - Date.now());
    yield await show(jobId(job)).json();
  };
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const write = async (): Promise<void> => {
    for await (const event of events()) await writer.write(encoder.encode(`data: ${JSON.stringify(event)}\n\n`));
    await writer.close();
  };
  // Who reads no more has no use for the rest.
  write().catch(() => {});
  return new Response(readable, { headers: { 'content-type': 'text/event-stream' } });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

function cancel(id: string): Response {
  if (canceled.size >= MAX_CANCELED) canceled.clear();
  canceled.add(id);
  return json({ id, status: 'canceled' });
}

function show(id: string): Response {
  const job = readJobId(id);
  if (!job) return jsonResponse(404, unknownPath('GET', `/v1/media/jobs/${id.slice(0, 40)}`));
  const ranMs = Date.now() - job.startedAtMs;
  if (canceled.has(id)) return json({ id, status: 'canceled' });
  if (job.ends === 'never' || ranMs < job.runsMs)
    return json({ id, status: 'running', progress: job.ends === 'never' ? 0 : ranMs / job.runsMs, wait_ms: job.runsMs - ranMs });
  if (job.ends === 'failed') return json({ id, status: 'failed', error: 'The sandbox was asked to fail (sandbox:fail).' });
  return json({ id, status: 'done', ...resultOf(job, id) });
}

const SAID = 'Hello, this is the sandbox.';

function resultOf(job: SandboxJob, id: string): Record<string, unknown> {
  const usage = { seconds: job.kind === 'video' ? job.seconds : undefined, gpu_ms: job.kind === 'gpu' ? job.gpuMs : undefined };
  if (job.kind === 'asr')
    return {
      transcript: {
        text: SAID,
        duration: 2.5,
        segments: [
          { text: 'Hello,', start: 0, end: 0.8 },
          { text: 'this is the sandbox.', start: 0.9, end: 2.5 },
        ],
      },
    };
  const files = Array.from({ length: job.files }, (_, index) => `${BASE}/files/${id}~${index}`);
  return { files, usage, ...(job.kind === 'gpu' && { output: { files: files.length, seconds: job.gpuMs / 1_000 } }) };
}

async function file(name: string): Promise<Response> {
  const [id = '', index = '0'] = name.split('~');
  const job = readJobId(id);
  if (!job || job.lost) return jsonResponse(404, unknownPath('GET', '/v1/media/files'));
  const { bytes, type } = await make(job, Number(index));
  return new Response(bytes, { headers: { 'content-type': type, 'content-length': String(bytes.byteLength) } });
}

async function make(job: SandboxJob, index: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; type: string }> {
  const seed = job.seed + index * 7_919;
  if (job.kind === 'video' || (job.kind === 'gpu' && job.film))
    return { bytes: makeMp4(job.seconds, job.aspectRatio, seed), type: 'video/mp4' };
  if (job.kind === 'tts' || job.kind === 'clone') return { bytes: makeWav(job.seconds, seed), type: 'audio/wav' };
  if (job.kind === '3d') return { bytes: makeGlb(seed), type: 'model/gltf-binary' };
  return { bytes: await makePng(job.width, job.height, seed), type: 'image/png' };
}
