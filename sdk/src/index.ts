export { Hypereal, type RequestSpec } from './client.js';
export type { AnswerStream } from './core/answer-stream.js';
export {
  AbortError,
  AccessDeniedError,
  APIError,
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  ConflictError,
  ConnectionError,
  GatewayTimeoutError,
  GoneError,
  HyperealError,
  InsufficientCreditsError,
  InternalServerError,
  MethodNotAllowedError,
  NotFoundError,
  OverloadedError,
  PayloadTooLargeError,
  RateLimitError,
  ServerError,
  ServiceUnavailableError,
  StreamCutError,
  TimeoutError,
  UnprocessableEntityError,
  UnsupportedMediaTypeError,
  WebhookVerificationError,
} from './core/errors.js';
export type { ClientOptions, Fetch, Query, RequestOptions } from './core/options.js';
export type { APIPromise, WithResponse } from './core/promise.js';
export type { Stream, StreamEnd } from './core/stream.js';
export { type FileSource, type NamedFile, toFile, type UploadProgress } from './core/upload.js';
export type { ChatEvent } from './resources/chat.js';
export { type EndedJob, JobError, type JobRef, type WaitOptions } from './resources/jobs.js';
export type { MessageStreamEvent } from './resources/messages.js';
export type { ResponseStreamEvent } from './resources/responses.js';
export type { UploadOptions } from './resources/storage.js';
export { type HeadersLike, type VerifyOptions, verifyWebhook } from './resources/webhooks.js';
export type * from './types/api.js';
export type {
  AudioParams,
  AudioResultOf,
  EmbeddingParams,
  EmbeddingResult,
  Page,
  ResponseEvent,
  ResponseObject,
  StoredResponse,
  UsageBreakdownParams,
  UsageExportParams,
} from './types/derived.js';
export { VERSION } from './version.js';
