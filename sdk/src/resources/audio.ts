import { bodyOf } from '../core/form.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { AudioResult, CloneParams, SpeechParams, TranscriptionParams, TranscriptionResult } from '../types/api.js';
import type { AudioParams, AudioResultOf } from '../types/derived.js';

/** Speech, cloned voices and transcripts. */
export class Audio extends Resource {
  /** The model decides which of the three: `audio-tts`, `audio-clone` or `audio-asr`. */
  generate<P extends AudioParams>(params: P, options?: RequestOptions): APIPromise<AudioResultOf<P>> {
    return this.ask({ method: 'POST', path: '/audio/generations', ...bodyOf(params) }, options);
  }

  /** Turns text into speech. */
  speak(params: SpeechParams, options?: RequestOptions): APIPromise<AudioResult> {
    return this.generate({ ...params, model: 'audio-tts' }, options);
  }

  /** Turns text into speech in the voice of a recording. */
  clone(params: CloneParams, options?: RequestOptions): APIPromise<AudioResult> {
    return this.generate({ ...params, model: 'audio-clone' }, options);
  }

  /** Transcribes a recording. */
  transcribe(params: TranscriptionParams, options?: RequestOptions): APIPromise<TranscriptionResult> {
    return this.generate({ ...params, model: 'audio-asr' }, options);
  }
}
