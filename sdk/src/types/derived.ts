/** What this library makes of the gateway's types: what it puts together, and what depends on what it is asked. */
import type {
  AudioResult,
  CloneParams,
  EmbeddingParams as GatewayEmbeddingParams,
  EmbeddingResult as GatewayEmbeddingResult,
  ResponseEvent as GatewayResponseEvent,
  ResponseObject as GatewayResponseObject,
  StoredResponse as GatewayStoredResponse,
  NestedParams,
  SpeechParams,
  TranscriptionParams,
  TranscriptionResult,
  UsageBreakdown,
  UsageParams,
} from './api.js';

/** A page of a list, newest first. */
export interface Page<T> {
  object: 'list';
  data: T[];
  /** What `before` of the next page is; null on the last one. */
  next: string | null;
}

/** By which of the three it is. */
export type AudioParams =
  | (SpeechParams & { model: 'audio-tts' })
  | (CloneParams & { model: 'audio-clone' })
  | (TranscriptionParams & { model: 'audio-asr' })
  | (NestedParams & { model: 'audio-tts' | 'audio-clone' | 'audio-asr' });

/** What comes of an audio request. */
export type AudioResultOf<P extends AudioParams> = P extends { model: 'audio-asr' } ? TranscriptionResult : AudioResult;

type WithText<T> = T extends unknown ? T & { output_text: string } : never;

/** An answer, by its status, with all of its text put together in `output_text`. */
export type ResponseObject = WithText<GatewayResponseObject>;

/** The same of an answer that was stored, or is made in the background. */
export type StoredResponse = WithText<GatewayStoredResponse>;

type WithResponse<E> = E extends { response: GatewayResponseObject } ? Omit<E, 'response'> & { response: ResponseObject } : E;

/** An event of a streamed answer. What failed is thrown. */
export type ResponseEvent = WithResponse<GatewayResponseEvent>;

export type EmbeddingParams = Omit<GatewayEmbeddingParams, 'encoding_format'> & {
  model: string;
  input: GatewayEmbeddingParams['input'];
  encoding_format?: 'float' | 'base64' | null | undefined;
};

/** Vectors in the order of the input: numbers, or as base64 where that was asked for. */
export interface EmbeddingResult<Vector = number[]> extends Omit<GatewayEmbeddingResult, 'data'> {
  data: (Omit<GatewayEmbeddingResult['data'][number], 'embedding'> & { embedding: Vector })[];
}

/** Which calls to export. */
export type UsageExportParams = Omit<UsageParams, 'limit' | 'cursor'>;

/** Which calls to sum up, and by what. */
export type UsageBreakdownParams = Omit<UsageParams, 'cursor'> & { by?: UsageBreakdown['by'] | undefined };
