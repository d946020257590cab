/**
 * Films at `/videos`, where both OpenAI's clients (https://platform.openai.com/docs/api-reference/videos) and OpenRouter's
 * (https://openrouter.ai/docs/guides/overview/multimodal/video-generation) make them: one path, two sets of words.
 */
import { fail, ok, type Result } from '../core/errors';
import { type Fields, filledText, isRecord, listOf, textOrEmpty } from '../core/record';
import { addressesIn, addressIn, plainFields } from './openrouter/media';
import { creditsAsUsd } from './openrouter/usd';

const isGiven = (value: unknown): boolean => (value ?? '') !== '';

type Frames = Partial<Record<'first_frame' | 'last_frame', unknown>>;

const refuse = (param: string, why: string) => fail('invalid_request', `The field \`${param}\` ${why}.`, { param });

function readFrames({ frame_images: frames, input_reference }: Fields): Result<Frames> {
  const given = listOf(frames);
  const isEach = given.every((frame) => isRecord(frame) && /^(?:first|last)_frame$/.test(textOrEmpty(frame.frame_type)));
  if (!isEach || (isGiven(frames) && !Array.isArray(frames)))
    return refuse('frame_images', 'must be a list of parts whose `frame_type` is `first_frame` or `last_frame`');
  const read = Object.fromEntries((given as Fields[]).map((frame) => [frame.frame_type, addressIn(frame)]));
  const isTwice = Object.keys(read).length < given.length || (isGiven(input_reference) && 'first_frame' in read);
  return isTwice ? refuse('frame_images', 'must hold no more than one first and one last frame, `input_reference` included') : ok(read);
}

/** Where fields of a media request stand in this request. */
export const videosPlaces = ({ input_reference, input_references, frame_images, callback_url }: Fields, hasUpload: boolean) => ({
  ...(isGiven(frame_images) && { image: 'frame_images', last_image: 'frame_images' }),
  ...((hasUpload || isGiven(input_reference)) && { image: 'input_reference' }),
  ...(isGiven(input_references) && { reference_images: 'input_references' }),
  ...(isGiven(callback_url) && { webhook_url: 'callback_url' }),
});

/** A request in the words of either as the fields of a media request. What both have is left as it is. */
export function readVideosRequest(request: Fields): Result<Fields> {
  const { input_reference, input_references, frame_images: _, callback_url, ...rest } = request;
  const plain = plainFields(rest);
  if (!plain.ok) return plain;
  const frames = readFrames(request);
  if (!frames.ok) return frames;
  if (isGiven(callback_url) && typeof callback_url !== 'string') return refuse('callback_url', 'must be a URL');
  const read: Fields = {
    image: isGiven(input_reference) ? addressIn(input_reference) : frames.value.first_frame,
    last_image: frames.value.last_frame,
    reference_images: isGiven(input_references) ? addressesIn(input_references) : undefined,
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
  state: keyof typeof STATUSES;
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

const STATUSES = {
  queued: 'queued',
  running: 'in_progress',
  completed: 'completed',
  failed: 'failed',
  canceled: 'failed',
  expired: 'failed',
} as const;
const OPENROUTERS_STATUSES = { ...STATUSES, queued: 'pending', canceled: 'cancelled', expired: 'expired' } as const;

/**
 * In the words of both, or of OpenRouter alone where the two use one word for different things: `status`, and `error`, which
 * is an object for one and a text for the other. How far a provider has come is not known here.
 */
export const videoView = ({ id, state, error, urls, ...facts }: VideoFacts, isOpenrouters: boolean) => ({
  id,
  object: 'video',
  created_at: unixSeconds(facts.createdAtMs),
  completed_at: state === 'completed' ? unixSeconds(facts.endedAtMs) : null,
  expires_at: null,
  model: facts.model,
  status: (isOpenrouters ? OPENROUTERS_STATUSES : STATUSES)[state],
  progress: state === 'completed' ? 100 : 0,
  prompt: facts.prompt,
  seconds: facts.seconds === null ? null : String(facts.seconds),
  size: facts.size,
  remixed_from_video_id: null,
  // One has null where there is none, the other nothing: its clients take null for a broken answer.
  ...(isOpenrouters ? error && { error: error.message } : { error }),
  generation_id: facts.requestId,
  polling_url: facts.pollUrl,
  ...(urls.length > 0 && { unsigned_urls: urls }),
  usage: { cost: creditsAsUsd(facts.creditsUsed), creditsUsed: facts.creditsUsed },
});
