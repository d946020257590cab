/**
 * A job of the sandbox is written in its own id, so that it is the same after a restart: what it makes, when it began,
 * how long it takes, and how it ends.
 */
import { isRecord, parseJson } from '../../../core/record';
import { fromBase64, toBase64 } from '../../media/sources';
import type { MediaKind } from '../../media/types';
import { seedOf } from './bytes';
import { readMediaMagic } from './magic';

const PREFIX = 'sbx_';
const USUAL_MS: Record<MediaKind, number> = { image: 0, tts: 0, clone: 0, asr: 0, '3d': 1_000, video: 2_000, gpu: 1_000 };
const USUAL_SIDE = 1_024;
const MAX_SIDE = 4_096;
const CHARS_A_SECOND = 15;
const USUAL_SECONDS = 5;

export interface SandboxJob {
  kind: MediaKind;
  startedAtMs: number;
  runsMs: number;
  ends: 'done' | 'failed' | 'never';
  files: number;
  seed: number;
  seconds: number;
  width: number;
  height: number;
  gpuMs: number;
  lost: boolean;
  aspectRatio?: string;
  /** Of a GPU run: films rather than pictures. */
  film: boolean;
  /** Tells it from others like it that begin in the same instant. */
  nonce?: string;
}

const encoder = new TextEncoder();

export const jobId = (job: SandboxJob): string =>
  PREFIX +
  toBase64(encoder.encode(JSON.stringify(job)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

export function readJobId(id: string): SandboxJob | undefined {
  const bytes = id.startsWith(PREFIX) ? fromBase64(id.slice(PREFIX.length)) : undefined;
  const json = bytes && parseJson(new TextDecoder().decode(bytes));
  return isRecord(json) ? (json as unknown as SandboxJob) : undefined;
}

const words = (...values: unknown[]): string => values.filter((value) => typeof value === 'string').join('\n');

function sidesOf(input: Record<string, unknown>): { width: number; height: number } {
  const [width, height] = /^(\d+)x(\d+)$/.exec(words(input.size))?.slice(1).map(Number) ?? [];
  if (width && height) return { width: Math.min(width, MAX_SIDE), height: Math.min(height, MAX_SIDE) };
  const [across = 1, down = 1] = /^(\d+):(\d+)$/.exec(words(input.aspectRatio))?.slice(1).map(Number) ?? [];
  const scale = USUAL_SIDE / Math.max(across, down, 1);
  return { width: Math.max(1, Math.round(across * scale)), height: Math.max(1, Math.round(down * scale)) };
}

export interface SandboxRequest {
  kind: MediaKind;
  model: string;
  /** Sources are of no interest here, and left out. */
  input: Record<string, unknown>;
}

/** The status that was asked for, or the job. */
export function planSandboxJob({ kind, model, input }: SandboxRequest, nowMs: number): { status: number } | SandboxJob {
  const said = kind === 'gpu' ? JSON.stringify(input.input ?? {}) : words(input.prompt, input.text, input.language);
  const magic = readMediaMagic(said);
  if (magic.status !== undefined) return { status: magic.status };
  const asked = typeof input.count === 'number' ? input.count : 1;
  const spoken = Math.max(1, words(input.text).length / CHARS_A_SECOND);
  const seconds =
    typeof input.durationSeconds === 'number' ? input.durationSeconds : kind === 'tts' || kind === 'clone' ? spoken : USUAL_SECONDS;
  const runsMs = magic.delayMs ?? USUAL_MS[kind];
  return {
    kind,
    startedAtMs: nowMs,
    runsMs,
    ends: magic.hang ? 'never' : magic.fail ? 'failed' : 'done',
    files: magic.empty ? 0 : (magic.files ?? asked),
    seed: seedOf(`${model}\n${said}`),
    seconds: magic.seconds ?? Math.min(seconds, 120),
    ...sidesOf(input),
    gpuMs: magic.gpuMs ?? runsMs,
    lost: magic.lost ?? false,
    ...(typeof input.aspectRatio === 'string' && { aspectRatio: input.aspectRatio }),
    film: /video|wan/i.test(model),
  };
}
