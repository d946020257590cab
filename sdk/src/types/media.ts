import type { ProcessingJob, TranscriptSegment } from './jobs.js';

/** What is made for asks that no model is named. */
export interface MediaParams {
  /** Told how the job ends, signed: see `webhooks.verify`. */
  webhook_url?: string;
  /** Fields that are not listed pass through to the model as they are. */
  [field: string]: unknown;
}

/** By its model, or by what is wanted: then the cheapest model that can do it is taken. */
export type ModelOrIntent = { model: string; intent?: never } | { intent: string; model?: never };

/** A picture that is to be made. */
export interface ImageFields extends MediaParams {
  prompt: string;
  /** How many, from 1 to 10. */
  n?: number;
  /** Such as `1536x1024`, where the model has sizes. */
  size?: string;
  aspect_ratio?: string;
  /** Such as `2K`, where the model has resolutions. */
  resolution?: string;
  negative_prompt?: string;
  seed?: number;
  quality?: string;
  /** Pictures to go by: public HTTPS URLs; data URLs where the model takes them. */
  reference_images?: string[];
  image_urls?: string[];
  /** `fast` goes to the fast provider only, for a surcharge. */
  mode?: 'auto' | 'fast';
}

export type ImageParams = ImageFields & ModelOrIntent;

/** OpenAI's form of it. */
export interface ImageCreateParams extends ImageFields {
  model: string;
  response_format?: 'url' | 'b64_json';
}

/** With the pictures to change: URLs, or files to upload. */
export interface ImageEditParams extends ImageCreateParams {
  image: string | Blob | (string | Blob)[];
  mask?: string | Blob;
}

interface Made {
  /** Unix time, in seconds. */
  created: number;
  model: string;
  jobId: string;
  /** 100 credits are one dollar. */
  creditsUsed: number;
}

/** Pictures. */
export interface ImageResult extends Made {
  data: { url: string; model: string }[];
  resultId: string;
}

/** Pictures, in OpenAI's form. */
export interface ImageCreateResult extends Made {
  data: { url: string; b64_json?: string; revised_prompt?: string }[];
}

/** A picture in a stream. */
export interface ImageEvent {
  type: 'image_generation.completed' | 'image_edit.completed';
  created_at: number;
  /** Null where it is too large for one event. */
  b64_json: string | null;
  url: string;
  creditsUsed: number;
}

/** A film that is to be made. */
export interface VideoFields extends MediaParams {
  prompt?: string;
  /** In seconds, 1 to 60. */
  duration?: number;
  aspect_ratio?: string;
  resolution?: string;
  /** The first picture. */
  image_url?: string;
  last_image_url?: string;
  negative_prompt?: string;
  seed?: number;
  mode?: 'auto' | 'fast';
}

export type VideoParams = VideoFields & ModelOrIntent;

/** It has begun; `jobs.wait` has the result. */
export interface VideoStarted {
  jobId: string;
  status: ProcessingJob['status'];
  message: string;
  model: string;
  creditsUsed: number;
  pollUrl: string;
}

/** A film. */
export interface VideoResult extends Made {
  data: { url: string }[];
  url: string;
  outputUrl: string;
  /** In seconds. */
  duration?: number;
}

/** Forms in which speech comes. */
export type AudioFormat = 'mp3' | 'wav' | 'opus' | 'pcm' | 'aac' | 'flac';

/** A text that is to be said. */
export interface SpeechParams extends MediaParams {
  /** With emotions where the voice has them: `(happy) Hello!` */
  text: string;
  voice_id?: string;
  format?: AudioFormat;
  speed?: number;
}

/** The same in the voice of a recording. */
export interface CloneParams extends MediaParams {
  text: string;
  /** The voice, for 10 seconds or more: a URL, or a file to upload. */
  audio: string | Blob;
  /** What is said in it. */
  reference_text?: string;
  format?: AudioFormat;
}

/** A recording that is to be written down. */
export interface TranscriptionParams extends MediaParams {
  /** A URL, or a file to upload. */
  audio: string | Blob;
  language?: string;
}

/** By which of the three it is. */
export type AudioParams =
  | (SpeechParams & { model: 'audio-tts' })
  | (CloneParams & { model: 'audio-clone' })
  | (TranscriptionParams & { model: 'audio-asr' });

/** Speech. */
export interface AudioResult extends Made {
  success: true;
  data: { url: string }[];
  outputUrl: string;
}

/** What was said. */
export interface TranscriptionResult {
  success: true;
  text: string;
  segments: TranscriptSegment[];
  /** In seconds. */
  duration?: number;
  model: string;
  jobId: string;
  creditsUsed: number;
}

/** What comes of an audio request. */
export type AudioResultOf<P extends AudioParams> = P extends { model: 'audio-asr' } ? TranscriptionResult : AudioResult;

/** An object that is to be made: of a prompt, a picture, or pictures from several sides. */
export interface Model3dParams extends MediaParams {
  model: string;
  prompt?: string;
  image?: string;
  image_url?: string;
  front_image_url?: string;
  back_image_url?: string;
  left_image_url?: string;
  right_image_url?: string;
}

/** An object, as a GLB file. */
export interface Model3dResult extends Made {
  success: true;
  outputUrl: string;
  data: { url: string }[];
}
