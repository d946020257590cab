/** The result of a fal model: pictures, a film or a 3D model, each under its family's field. */
import { type Fields, filledText, recordOf, recordsOf } from '../../core/record';
import { fileOf } from '../media/outputs';
import { numberOf } from '../media/read';
import type { MediaResult, OutputFile, UpstreamJob } from '../media/types';

const FILM_NAMES = ['video', 'videos'];
const PICTURE_NAMES = ['images', 'image'];
/** Textured models first. */
const MODEL_NAMES = ['model_glb', 'pbr_model', 'model_mesh', 'base_model', 'model'];

function readFile(file: Fields): OutputFile[] {
  const read = fileOf(filledText(file.url) ?? '', filledText(file.content_type));
  return read ? [read] : [];
}

const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? recordsOf(value) : [recordOf(value)]);
const filesUnder = (payload: Fields, names: readonly string[]): OutputFile[] =>
  names.flatMap((name) => listOf(payload[name]).flatMap(readFile));

function modelFile(payload: Fields): OutputFile[] {
  const glb = readFile(recordOf(recordOf(payload.model_urls).glb));
  return (glb.length > 0 ? glb : filesUnder(payload, MODEL_NAMES)).slice(0, 1);
}

/** The safety checker replaces a flagged picture by a black one, which does not count. */
function pictures(payload: Fields): { files: OutputFile[]; flagged: number } {
  const flags = Array.isArray(payload.has_nsfw_concepts) ? payload.has_nsfw_concepts : [];
  const files = filesUnder(payload, PICTURE_NAMES);
  const kept = files.filter((_, index) => flags[index] !== true);
  return { files: kept, flagged: files.length - kept.length };
}

/** Undefined when the safety checker left nothing. */
export function readResult(json: unknown, { kind, seconds }: UpstreamJob): MediaResult | undefined {
  const payload = recordOf(json);
  if (kind === '3d') return { files: modelFile(payload) };
  if (kind === 'video') {
    const made = numberOf(recordOf(payload.video).duration) ?? numberOf(seconds);
    return { files: filesUnder(payload, FILM_NAMES), ...(made !== undefined && { usage: { seconds: made } }) };
  }
  const { files, flagged } = pictures(payload);
  if (files.length === 0 && flagged > 0) return undefined;
  const revisedPrompt = filledText(payload.revised_prompt);
  return { files, ...(revisedPrompt !== undefined && { revisedPrompt }) };
}
