import { isRecord, type JsonRecord } from './record.js';

/** The base class of everything that this library throws. */
export class HyperealError extends Error {
  override name = 'HyperealError';
}

/** A call that got no complete answer. The gateway may have sent the ids before it broke off. */
export class UnheardError extends HyperealError {
  /** The request's id, with which `generations.get` shows what became of it. */
  requestId: string | undefined;
  /** The job's id. The job goes on, and `jobs.wait` gives its result. */
  jobId: string | undefined;
}

/** No complete answer arrived: the network failed or the connection broke. */
export class ConnectionError extends UnheardError {
  override name = 'ConnectionError';
}

/** The call's time (`timeoutMs`) is over. */
export class TimeoutError extends ConnectionError {
  override name = 'TimeoutError';
}

/** The caller's `signal` ended the call; its reason is the `cause`. */
export class AbortError extends UnheardError {
  override name = 'AbortError';
}

/** A stream broke off before its end: what arrived is not the whole answer. */
export class StreamCutError extends ConnectionError {
  override name = 'StreamCutError';
  constructor(message: string, requestId: string | undefined, options?: ErrorOptions) {
    super(message, options);
    this.requestId = requestId;
  }
}

/** A webhook that must not be trusted: unsigned, wrongly signed, altered, or too old. */
export class WebhookVerificationError extends HyperealError {
  override name = 'WebhookVerificationError';
}

/** What an error is made from. */
export interface ErrorSource {
  status: number;
  body: unknown;
  headers?: Headers | undefined;
  /** Left out for an error inside a stream, whose headers do not describe it. */
  requestId?: string | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The gateway refused the call or failed. Each status has a subclass below. */
export class APIError extends HyperealError {
  override name = 'APIError';
  readonly status: number;
  /** For example `invalid_request_error`; the documentation lists all types. */
  readonly type: string | undefined;
  /** A machine-readable reason, where the type alone is too general. */
  readonly code: string | undefined;
  /** The request field at fault. */
  readonly param: string | undefined;
  /** Quote it when you ask about this request. */
  readonly requestId: string | undefined;
  /** The credits that the call needed, if there were too few. */
  readonly required: number | undefined;
  /** The credits that were available. */
  readonly available: number | undefined;
  /** The job, if there is one; its result may still come. */
  readonly jobId: string | undefined;
  /** The existing models, if the requested one does not exist. */
  readonly availableModels: readonly string[] | undefined;
  readonly headers: Headers | undefined;
  /** The whole error body. */
  readonly body: unknown;

  constructor({ status, body, headers, requestId }: ErrorSource) {
    const top: JsonRecord = isRecord(body) ? body : {};
    const inner: JsonRecord = isRecord(top.error) ? top.error : top;
    const said = text(inner.message) ?? text(top.error) ?? (typeof body === 'string' ? body.slice(0, 500).trim() : '');
    super(`${status} ${said || 'The gateway gave no reason.'}`);
    this.status = status;
    this.type = text(inner.type);
    this.code = text(inner.code);
    this.param = text(inner.param);
    this.requestId = headers?.get('x-request-id') ?? text(inner.request_id) ?? text(top.request_id) ?? requestId;
    this.required = number(inner.required) ?? number(top.required);
    this.available = number(inner.available) ?? number(top.available);
    this.jobId = headers?.get('x-job-id') ?? text(inner.job_id);
    const models = inner.available_models;
    this.availableModels = Array.isArray(models) ? models.map(String) : undefined;
    this.headers = headers;
    this.body = body;
  }
}

/** 400: a field is missing or wrong, the model does not exist (`availableModels`), or it is served at another endpoint. */
export class BadRequestError extends APIError {
  override name = 'BadRequestError';
  declare readonly status: 400;
}

/** 401: the key is missing, malformed, expired, revoked, or not allowed from here. */
export class AuthenticationError extends APIError {
  override name = 'AuthenticationError';
  declare readonly status: 401;
}

/** 402: `required` credits are needed, and only `available` are there. */
export class InsufficientCreditsError extends APIError {
  override name = 'InsufficientCreditsError';
  declare readonly status: 402;
}

/** 403: the account's tier does not unlock the model, or the key is not allowed it. */
export class AccessDeniedError extends APIError {
  override name = 'AccessDeniedError';
  declare readonly status: 403;
}

/** 404: there is no such job, file, deployment or path. */
export class NotFoundError extends APIError {
  override name = 'NotFoundError';
  declare readonly status: 404;
}

/** 405: the path takes other methods. */
export class MethodNotAllowedError extends APIError {
  override name = 'MethodNotAllowedError';
  declare readonly status: 405;
}

/** 409: another call is under way, or the thing is not in a state that allows this. */
export class ConflictError extends APIError {
  override name = 'ConflictError';
  declare readonly status: 409;
}

/** 410: it existed and is no longer kept. */
export class GoneError extends APIError {
  override name = 'GoneError';
  declare readonly status: 410;
}

/** 413: the request or file is too large. */
export class PayloadTooLargeError extends APIError {
  override name = 'PayloadTooLargeError';
  declare readonly status: 413;
}

/** 415: the endpoint does not take this kind of body. */
export class UnsupportedMediaTypeError extends APIError {
  override name = 'UnsupportedMediaTypeError';
  declare readonly status: 415;
}

/** 422: the idempotency key was used before with another body. */
export class UnprocessableEntityError extends APIError {
  override name = 'UnprocessableEntityError';
  declare readonly status: 422;
}

/** 429: the hourly limit of calls is reached or, with the type `spending_limit_error`, the key's spending limit. */
export class RateLimitError extends APIError {
  override name = 'RateLimitError';
  declare readonly status: 429;
  /** Calls allowed per hour. */
  get limit(): number | undefined {
    return this.count('x-ratelimit-limit');
  }
  /** Calls left. */
  get remaining(): number | undefined {
    return this.count('x-ratelimit-remaining');
  }
  /** When more calls are allowed. */
  get resetAt(): Date | undefined {
    const seconds = this.count('x-ratelimit-reset');
    return seconds === undefined ? undefined : new Date(seconds * 1_000);
  }
  private count(name: string): number | undefined {
    const value = this.headers?.get(name);
    return value ? Number(value) : undefined;
  }
}

/** 500 and above. */
export class ServerError extends APIError {
  override name = 'ServerError';
}

/** 500: a bug in the gateway. */
export class InternalServerError extends ServerError {
  override name = 'InternalServerError';
  declare readonly status: 500;
}

/** 502: every provider of the model failed; nothing was charged. */
export class BadGatewayError extends ServerError {
  override name = 'BadGatewayError';
  declare readonly status: 502;
}

/** 503: the gateway cannot answer at the moment. */
export class ServiceUnavailableError extends ServerError {
  override name = 'ServiceUnavailableError';
  declare readonly status: 503;
}

/** 504: it takes longer than a call may; the job goes on under `jobId`. */
export class GatewayTimeoutError extends ServerError {
  override name = 'GatewayTimeoutError';
  declare readonly status: 504;
}

/** 529: every provider of the model is overloaded. */
export class OverloadedError extends ServerError {
  override name = 'OverloadedError';
  declare readonly status: 529;
}

const CLASSES: Readonly<Record<number, new (source: ErrorSource) => APIError>> = {
  400: BadRequestError,
  401: AuthenticationError,
  402: InsufficientCreditsError,
  403: AccessDeniedError,
  404: NotFoundError,
  405: MethodNotAllowedError,
  409: ConflictError,
  410: GoneError,
  413: PayloadTooLargeError,
  415: UnsupportedMediaTypeError,
  422: UnprocessableEntityError,
  429: RateLimitError,
  500: InternalServerError,
  502: BadGatewayError,
  503: ServiceUnavailableError,
  504: GatewayTimeoutError,
  529: OverloadedError,
};

/** Makes an error of its status's class. */
export function errorOf(source: ErrorSource): APIError {
  const Class = CLASSES[source.status] ?? (source.status >= 500 ? ServerError : APIError);
  return new Class(source);
}

/** The statuses of errors that come after the status line was sent, by their type. */
const STATUS_BY_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  insufficient_credits: 402,
  access_denied: 403,
  not_found_error: 404,
  conflict_error: 409,
  idempotency_error: 409,
  rate_limit_error: 429,
  spending_limit_error: 429,
  overloaded_error: 529,
};

/** Such an error means that the job goes on; other failures have the same type. */
const STILL_RUNNING = 'still_running';

/** The error in an answer's body or a stream's event: `{error: {type, ...}}`. Undefined when it holds none. */
export function errorInside(body: unknown, headers?: Headers, requestId?: string): APIError | undefined {
  if (!isRecord(body) || !isRecord(body.error)) return undefined;
  const type = text(body.error.type);
  if (type === undefined && body.type !== 'error') return undefined;
  const status = body.error.code === STILL_RUNNING ? 504 : (STATUS_BY_TYPE[type ?? ''] ?? 502);
  return errorOf({ status, body, headers, requestId });
}
