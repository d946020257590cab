export { Hypereal } from './client.js';
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
  HyperealError,
  InsufficientCreditsError,
  InternalServerError,
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
export type { FileSource, UploadProgress } from './core/upload.js';
export type { ChatEvent } from './resources/chat.js';
export type { Deployment, DeploymentFields, DeploymentParams } from './resources/deployments.js';
export type { EmbeddingParams, EmbeddingResult } from './resources/embeddings.js';
export type { Generation } from './resources/generations.js';
export type { GpuCatalogue, GpuModel, GpuParams } from './resources/gpu.js';
export { JobError, type JobListParams, type JobRef, type WaitOptions } from './resources/jobs.js';
export type { MessageStreamEvent } from './resources/messages.js';
export type { Model, ModelFamily, ModelPrice } from './resources/models.js';
export type { ResponseStreamEvent } from './resources/responses.js';
export type { StorageListParams, StorageObject, UploadOptions } from './resources/storage.js';
export { type HeadersLike, type VerifyOptions, verifyWebhook, type WebhookDelivery, type WebhookSecret } from './resources/webhooks.js';
export type * from './types/chat.js';
export type * from './types/jobs.js';
export type * from './types/media.js';
export type * from './types/messages.js';
export type * from './types/responses.js';
export { VERSION } from './version.js';
