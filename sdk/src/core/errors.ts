import { isRecord, type JsonRecord } from './record.js';

/** Everything that this library throws of its own. */
export class HyperealError extends Error {
  override name = 'HyperealError';
}

/** A call that did not hear its whole answer, which the gateway may have named before that. */
export class UnheardError extends HyperealError {
  /** The request's id, by which `generations.get` tells what became of it. */
  requestId: string | undefined;
  /** The job's: it goes on, and `jobs.wait` gives what it comes to. */
  jobId: string | undefined;
}

/** No answer came: the network failed, or the connection broke before the answer was whole. */
export class ConnectionError extends UnheardError {
  override name = 'ConnectionError';
}

/** The time that the call had (`timeoutMs`) is over. */
export class TimeoutError extends ConnectionError {
  override name = 'TimeoutError';
}

/** The caller's own `signal` ended the call; its reason is the `cause`. */
export class AbortError extends UnheardError {
  override name = 'AbortError';
}

/** A stream broke off before its end: what had arrived is not the whole answer. */
export class StreamCutError extends ConnectionError {
  override name = 'StreamCutError';
  constructor(message: string, requestId: string | undefined, options?: ErrorOptions) {
    super(message, options);
    this.requestId = requestId;
  }
}

/** A webhook that is not to be trusted: unsigned, signed by another, changed on its way, or too old. */
export class WebhookVerificationError extends HyperealError {
  override name = 'WebhookVerificationError';
}

/** What an error is made of. */
export interface ErrorSource {
  status: number;
  body: unknown;
  headers?: Headers | undefined;
  /** Where the answer's headers are of no use: an error inside a stream. */
  requestId?: string | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The gateway refused or failed. Each status has a class of its own below. */
export class APIError extends HyperealError {
  override name = 'APIError';
  readonly status: number;
  /** Such as `invalid_request_error`; see the documentation's list. */
  readonly type: string | undefined;
  /** A machine-readable reason beside the type, where there is one. */
  readonly code: string | undefined;
  /** The field of the request at fault. */
  readonly param: string | undefined;
  /** To be named when asking about this request. */
  readonly requestId: string | undefined;
  /** Credits that the call needs, where they were short. */
  readonly required: number | undefined;
  /** Credits that were there. */
  readonly available: number | undefined;
  /** The job, where there is one: its result may still come. */
  readonly jobId: string | undefined;
  /** The models that there are, where the one asked for is none of them. */
  readonly availableModels: readonly string[] | undefined;
  readonly headers: Headers | undefined;
  /** The whole answer. */
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

/** 400: a field is missing or wrong, the model does not exist (`availableModels`), or the endpoint is another one. */
export class BadRequestError extends APIError {
  override name = 'BadRequestError';
  declare readonly status: 400;
}

/** 401: the key is missing, malformed, expired, revoked, or may not be used from here. */
export class AuthenticationError extends APIError {
  override name = 'AuthenticationError';
  declare readonly status: 401;
}

/** 402: `required` credits, and only `available` are there. */
export class InsufficientCreditsError extends APIError {
  override name = 'InsufficientCreditsError';
  declare readonly status: 402;
}

/** 403: the account's tier does not unlock the model. */
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

/** 409: another call is in the way, or the thing is not in the state for it. */
export class ConflictError extends APIError {
  override name = 'ConflictError';
  declare readonly status: 409;
}

/** 410: it was there, and is no longer kept. */
export class GoneError extends APIError {
  override name = 'GoneError';
  declare readonly status: 410;
}

/** 413: the request or the file is too large. */
export class PayloadTooLargeError extends APIError {
  override name = 'PayloadTooLargeError';
  declare readonly status: 413;
}

/** 415: the body has a form that the endpoint does not take. */
export class UnsupportedMediaTypeError extends APIError {
  override name = 'UnsupportedMediaTypeError';
  declare readonly status: 415;
}

/** 422: the idempotency key was used before with another body. */
export class UnprocessableEntityError extends APIError {
  override name = 'UnprocessableEntityError';
  declare readonly status: 422;
}

/** 426: a WebSocket was asked for, and there is none. */
export class UpgradeRequiredError extends APIError {
  override name = 'UpgradeRequiredError';
  declare readonly status: 426;
}

/** 429: the hour's calls are made, or (`type` is `spending_limit_error`) the key's monthly credits are spent. */
export class RateLimitError extends APIError {
  override name = 'RateLimitError';
  declare readonly status: 429;
  /** Calls an hour. */
  get limit(): number | undefined {
    return this.count('x-ratelimit-limit');
  }
  /** Calls that are left. */
  get remaining(): number | undefined {
    return this.count('x-ratelimit-remaining');
  }
  /** When there will be more. */
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

/** 500: a fault of the gateway's. */
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
  426: UpgradeRequiredError,
  429: RateLimitError,
  500: InternalServerError,
  502: BadGatewayError,
  503: ServiceUnavailableError,
  504: GatewayTimeoutError,
  529: OverloadedError,
};

/** The error of the class that its status has. */
export function errorOf(source: ErrorSource): APIError {
  const Class = CLASSES[source.status] ?? (source.status >= 500 ? ServerError : APIError);
  return new Class(source);
}

/** Errors that come after the status was sent have only their type to be known by. */
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

/** A job that goes on, where a failure has the same type. */
const STILL_RUNNING = 'still_running';

/** The error that an answer's body, or an event of a stream, is: `{error: {type, ...}}`. Undefined when it is none. */
export function errorInside(body: unknown, headers?: Headers, requestId?: string): APIError | undefined {
  if (!isRecord(body) || !isRecord(body.error)) return undefined;
  const type = text(body.error.type);
  if (type === undefined && body.type !== 'error') return undefined;
  const status = body.error.code === STILL_RUNNING ? 504 : (STATUS_BY_TYPE[type ?? ''] ?? 502);
  return errorOf({ status, body, headers, requestId });
}
