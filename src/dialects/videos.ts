/**
 * Films at `/videos`, where both OpenAI's clients (https://platform.openai.com/docs/api-reference/videos) and OpenRouter's
 * (https://openrouter.ai/docs/guides/overview/multimodal/video-generation) make them: one path, two sets of words.
 */
import { ok, type Result } from '../core/errors';
import { type Fields, filledText, recordsOf } from '../core/record';
import { addressIn, plainFields } from './openrouter/media';
import { creditsAsUsd } from './openrouter/usd';

const frame = (frames: readonly Fields[], type: string): unknown => addressIn(frames.find(({ frame_type }) => frame_type === type));

/** A request in the words of either as the fields of a media request. What both have is left as it is. */
export function readVideosRequest(request: Fields): Result<Fields> {
  const { input_reference, input_references, frame_images, callback_url, ...rest } = request;
  const plain = plainFields(rest);
  if (!plain.ok) return plain;
  const frames = recordsOf(frame_images);
  const read: Fields = {
    image: addressIn(input_reference) ?? frame(frames, 'first_frame'),
    last_image: frame(frames, 'last_frame'),
    reference_images: Array.isArray(input_references) ? input_references.map(addressIn) : undefined,
    webhook_url: filledText(callback_url),
  };
  return ok({ ...plain.value, ...Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) });
}

/** A film as far as either shows it. */
export interface VideoFacts {
  id: string;
  /** The receipt's id. */
  requestId: string;
  model: string;
  state: 'queued' | 'running' | 'completed' | 'failed';
  createdAtMs: number;
  endedAtMs: number | null;
  prompt: string | null;
  seconds: number | null;
  size: string | null;
  urls: readonly string[];
  pollUrl: string;
  creditsUsed: number;
  /** Why there is no film. */
  error: { code: string; message: string } | null;
}

const unixSeconds = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1_000));

const STATUSES = { queued: 'queued', running: 'in_progress', completed: 'completed', failed: 'failed' } as const;

/**
 * In the words of both. How far a provider has come is not known here.
 *
 * @param errorAsText OpenAI has an object there, OpenRouter a text; neither's clients read the other.
 */
export const videoView = ({ id, state, error, urls, ...facts }: VideoFacts, errorAsText: boolean) => ({
  id,
  object: 'video',
  created_at: unixSeconds(facts.createdAtMs),
  completed_at: state === 'completed' ? unixSeconds(facts.endedAtMs) : null,
  expires_at: null,
  model: facts.model,
  status: STATUSES[state],
  progress: state === 'completed' ? 100 : 0,
  prompt: facts.prompt,
  seconds: facts.seconds === null ? null : String(facts.seconds),
  size: facts.size,
  remixed_from_video_id: null,
  ...(error && { error: errorAsText ? error.message : error }),
  generation_id: facts.requestId,
  polling_url: facts.pollUrl,
  ...(urls.length > 0 && { unsigned_urls: urls }),
  usage: { cost: creditsAsUsd(facts.creditsUsed), creditsUsed: facts.creditsUsed },
});
