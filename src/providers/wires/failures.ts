import { CONTEXT_OVERFLOW } from '../../core/errors';
import { filledText, isRecord, parseJson } from '../../core/record';
import { redactSecrets } from '../redact';
import type { FailureAction, UpstreamFailure } from '../types';
import { askedWait } from './error-details';

const MAX_MESSAGE_CHARACTERS = 500;
/** How much of a message is examined before it is cleaned and cut. */
const MAX_RAW_MESSAGE_CHARACTERS = 4_000;
const MAX_BODY_CHARACTERS = 256 * 1024;
const MAX_NESTING = 2;

const WEB_PAGE = 'The upstream answered with a web page instead of JSON.';
const PLAIN_TEXT = 'The upstream answered with text instead of JSON.';

/** What an error body says, not yet cleaned. */
export interface ErrorFacts {
  message: string;
  code?: string;
  param?: string;
  /** OpenAI's `type` or Google's `status`: used to classify the failure, but not passed on. */
  type?: string;
  /** A status in the body, in place of or beside the HTTP one. */
  status?: number;
}

/** A code as text. Numbers in the HTTP range are statuses instead. */
function codeOf(value: unknown): { code?: string; status?: number } {
  if (typeof value === 'number' || (typeof value === 'string' && /^[1-5]\d\d$/.test(value))) {
    const number = Number(value);
    return Number.isInteger(number) && number >= 100 && number <= 599 ? { status: number } : { code: String(value) };
  }
  const code = filledText(value);
  return code === undefined ? {} : { code };
}

/** FastAPI's list of what is wrong with a request, which Mistral puts into the message. */
function detailOf({ detail, message: around }: Record<string, unknown>): { message?: string; param?: string } {
  if (isRecord(around)) return detailOf(around);
  if (typeof detail === 'string') return { message: detail };
  const first: unknown = Array.isArray(detail) ? detail[0] : detail;
  if (!isRecord(first)) return {};
  const said = filledText(first.msg) ?? filledText(first.message);
  const param = Array.isArray(first.loc) ? first.loc.filter((part) => part !== 'body').join('.') : undefined;
  const message = said !== undefined && param ? `${param}: ${said}` : said;
  return { ...(message !== undefined && { message }), ...(param !== undefined && { param }) };
}

/** An error inside an error: the body of a proxied vendor as text, in the message or in OpenRouter's `metadata.raw`. */
function nestedFacts(error: Record<string, unknown>, nesting: number): ErrorFacts | undefined {
  if (nesting >= MAX_NESTING) return undefined;
  const raw = isRecord(error.metadata) ? error.metadata.raw : undefined;
  for (const candidate of [raw, error.message]) {
    if (typeof candidate !== 'string' || !/^\s*[[{]/.test(candidate)) continue;
    const facts = errorFacts(parseJson(candidate), nesting + 1);
    if (facts !== undefined && facts.message !== '') return facts;
  }
  return undefined;
}

function factsOfObject(error: Record<string, unknown>, nesting: number): ErrorFacts {
  const nested = nestedFacts(error, nesting);
  const { code, status } = codeOf(error.code);
  const type = filledText(error.status) ?? filledText(error.type);
  const param = filledText(error.param) ?? detailOf(error).param;
  return {
    ...(code !== undefined && { code }),
    ...(type !== undefined && { type }),
    ...(param !== undefined && { param }),
    ...nested,
    ...(status !== undefined && { status }),
    message: nested?.message ?? filledText(error.message) ?? filledText(error.msg) ?? detailOf(error).message ?? '',
  };
}

/** Reads the vendors' usual error shapes: `{error:{...}}`, `{error:"..."}`, `{message}`, `{detail}`, and lists of them. */
export function errorFacts(json: unknown, nesting = 0): ErrorFacts | undefined {
  if (Array.isArray(json)) return isRecord(json[0]) ? errorFacts(json[0], nesting) : undefined;
  if (!isRecord(json)) return undefined;
  if (isRecord(json.error)) return factsOfObject(json.error, nesting);
  if (typeof json.error === 'string') return factsOfObject({ ...json, message: json.error }, nesting);
  if (Array.isArray(json.errors) && json.errors.length > 0) return errorFacts({ error: json.errors[0] }, nesting);
  if (isRecord(json.base_resp)) {
    return { ...codeOf(json.base_resp.status_code), message: filledText(json.base_resp.status_msg) ?? '' };
  }
  const facts = factsOfObject(json, nesting);
  return facts.message === '' && facts.code === undefined ? undefined : facts;
}

// Control characters, and marks that change the direction of text.
const UNPRINTABLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu;
const MARKUP = /<\s*(?:!doctype|html|head|body|script|title|center)\b/i;

/** A message fit to show: no credentials, markup or control characters, at most 500 characters. */
export function cleanMessage(message: string): string {
  const raw = message.slice(0, MAX_RAW_MESSAGE_CHARACTERS);
  if (MARKUP.test(raw)) return WEB_PAGE;
  const clean = redactSecrets(raw.replace(UNPRINTABLE, ' '), []).replace(/\s+/g, ' ').trim();
  if (clean.length <= MAX_MESSAGE_CHARACTERS) return clean;
  return `${clean.slice(0, MAX_MESSAGE_CHARACTERS - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** An identifier from an upstream; undefined when it is none. */
const cleanName = (name: string | undefined): string | undefined =>
  name !== undefined && /^[\w.:[\]$/-]{1,120}$/.test(name) && redactSecrets(name, []) === name ? name : undefined;

const matches = (patterns: readonly RegExp[], said: string): boolean => patterns.some((pattern) => pattern.test(said));

/** The provider does not have the model. The gateway chose the upstream id, so the request itself may be fine. */
const MODEL_MISSING: readonly RegExp[] = [
  /\bmodel_?not_?(?:found|exist|supported|available)/i,
  /\b(?:invalid|unknown|unsupported)[_ ]model\b/i,
  /\bmodel\b[^\n]{0,160}?\b(?:(?:does not|doesn't|not) exist|not found|is not (?:currently )?available|no longer (?:available|supported))/i,
  /\bmodel\b[^\n]{0,160}?\b(?:is deprecated|has been (?:deprecated|retired|discontinued|removed|shut ?down))/i,
  /\bnot found the model\b|\bnot a (?:valid|chat) model\b|\bonly supported in v1\//i,
  /\bno (?:available )?(?:channel|endpoints?|allowed providers|distributor)\b/i,
  /模型不存在/,
];

/**
 * The call is good but this is the wrong endpoint: some models are served over Responses only, or take tools there only
 * (https://github.com/openai/openai-openapi/issues/541).
 */
const OTHER_WIRE: readonly RegExp[] = [
  /\b(?:use|only (?:supported|available) in) \/?v1\/(?:responses|chat\/completions)\b/i,
  /\bnot supported\b[^\n]{0,80} (?:in|with) \/?v1\/(?:chat\/completions|responses)\b/i,
];

const ABOUT_TARGET = /\b(?:model|deployment|engine|endpoint|url|path|route|resource not found)s?\b/i;

const CONTENT_POLICY: readonly RegExp[] = [
  /content[_ -]?(?:policy|filter|management)|prohibited[_ ]content|inappropriate content/i,
  /usage (?:polic|guideline)|safety (?:system|policy|filter)/i,
  /data_?inspection|moderation|flagged|sensitive|high risk|敏感|违规/i,
];

/** The conversation is too long. Not included: an output bound that exceeds the remaining context, which needs another remedy. */
const OVERFLOW: readonly RegExp[] = [
  /context_length_exceeded|context_window_exceeded|model_context_window/i,
  /\b(?:maximum|max|model'?s?) (?:context|prompt) length\b|\bprompt exceeds max/i,
  /\bexceed\w*\b[^\n]{0,60}\bcontext (?:window|size|length)\b|\bcontext (?:window|size|length) exceed/i,
  /\b(?:prompt|input|conversation) (?:is|was) too long\b/i,
  /\binput token count\b[^\n]{0,40}\bexceeds\b|\bexceeded model token limit\b|\brange of input length\b/i,
];

/** For vendors that answer 400 instead of 401 or 402. */
const KEY_REFUSED: readonly RegExp[] = [
  /api[ _-]?key\b[^\n]{0,40}\b(?:not valid|invalid|incorrect|expired|revoked|disabled)/i,
  /\b(?:invalid|incorrect|expired)[ _]api[ _-]?key|api_key_invalid/i,
  /arrearage|good standing|billing_hard_limit|insufficient[_ ](?:balance|credits?|funds|quota)/i,
  // LiteLLM (https://docs.litellm.ai/docs/proxy/users), new-api and one-api.
  /\bbudget_exceeded\b|\bbudget has been exceeded\b|\bover budget\b|额度不足|额度已用尽|余额不足|欠费/i,
];

const words = (facts: ErrorFacts | undefined): string =>
  facts === undefined ? '' : [facts.code, facts.type, facts.message.slice(0, MAX_RAW_MESSAGE_CHARACTERS)].filter(Boolean).join('\n');

const modelMissing = (facts: ErrorFacts | undefined): boolean => facts?.param === 'model' || matches(MODEL_MISSING, words(facts));

/** A 404 for something that the request named, such as a file, rather than for the URL or the model. */
const namesCallersOwn = (facts: ErrorFacts | undefined): boolean =>
  facts !== undefined &&
  !/^(?:404:?\s*)?(?:not[ _]found)?[.!]?$/i.test(facts.message.trim()) &&
  !modelMissing(facts) &&
  !ABOUT_TARGET.test(words(facts));

const RETRY_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 500, 502, 503, 520, 521, 522, 523, 529]);

/** 504 and 524 are not retried, since the work may have been done and billed. */
function actionFor(status: number, facts: ErrorFacts | undefined): FailureAction {
  const said = words(facts);
  switch (status) {
    case 400:
    case 413:
    case 422:
      if (modelMissing(facts)) return 'next_target';
      return !matches(CONTENT_POLICY, said) && matches(KEY_REFUSED, said) ? 'next_key' : 'caller';
    case 401:
    case 402:
      return 'next_key';
    case 403:
      return matches(CONTENT_POLICY, said) ? 'caller' : 'next_key';
    case 404:
      return namesCallersOwn(facts) ? 'caller' : 'next_target';
    case 429:
      return 'backoff_key';
    default:
      return RETRY_STATUSES.has(status) && !modelMissing(facts) ? 'retry' : 'next_target';
  }
}

const isOverflow = (action: FailureAction, facts: ErrorFacts | undefined): boolean =>
  action === 'caller' && matches(OVERFLOW, words(facts));

/** Makes a failure of a status and what the body says. */
export function failureOf(status: number, facts: ErrorFacts | undefined, message = facts?.message ?? ''): UpstreamFailure {
  const action = actionFor(status, facts);
  const code = isOverflow(action, facts) ? CONTEXT_OVERFLOW : cleanName(facts?.code);
  const param = cleanName(facts?.param);
  return {
    action,
    message: cleanMessage(message),
    ...(code !== undefined && { code }),
    ...(param !== undefined && { param }),
  };
}

/** Classifies an unsuccessful answer of any vendor with JSON errors. A body that is not JSON is not passed on. */
export function classifyFailure(status: number, body: string): UpstreamFailure {
  const trimmed = body.length > MAX_BODY_CHARACTERS ? '' : body.trim();
  const json = parseJson(trimmed);
  if (json !== undefined && typeof json !== 'string') return { ...failureOf(status, errorFacts(json)), ...askedWait(json) };
  if (body.trim() === '') return failureOf(status, undefined);
  return failureOf(status, undefined, /^\s*</.test(body) || MARKUP.test(body.slice(0, MAX_RAW_MESSAGE_CHARACTERS)) ? WEB_PAGE : PLAIN_TEXT);
}

const NAMES_OTHER_WIRE: ReadonlySet<number> = new Set([400, 404, 422]);

/** The same for a provider that may speak another of OpenAI's formats: it may want the call in that one, or not have this endpoint. */
export function classifyOpenaiFailure(status: number, body: string): UpstreamFailure {
  const failure = classifyFailure(status, body);
  const facts = errorFacts(parseJson(body));
  const isElsewhere = NAMES_OTHER_WIRE.has(status) && matches(OTHER_WIRE, words(facts));
  const lacksAddress = status === 404 && failure.action === 'next_target' && !modelMissing(facts);
  return isElsewhere || lacksAddress ? { ...failure, action: 'next_wire' } : failure;
}
