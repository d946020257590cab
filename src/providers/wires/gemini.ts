import { isFilled, isRecord, listOf, parseJson } from '../../core/record';
import { NO_USAGE, type Usage, type Work } from '../../core/usage';
import type { UpstreamFailure, Wire } from '../types';
import { askedWait, detailOf } from './error-details';
import { type ErrorFacts, errorFacts, failureOf, classifyFailure as generalFailure } from './failures';
import { readTokenCounts, uncachedAudio } from './token-counts';

/** The path of a model's method; the model may itself be a path, such as `tunedModels/x`. */
export function geminiPath(model: string, method: string): string {
  const path = model.split('/').map(encodeURIComponent).join('/');
  return `/${model.startsWith('tunedModels/') ? '' : 'models/'}${path}:${method}`;
}

/** The token count of one modality in a list of `{modality, tokenCount}`. */
function modalityTokens(details: unknown, modality: string): unknown {
  if (!Array.isArray(details)) return undefined;
  const found: unknown = details.find((entry) => isRecord(entry) && entry.modality === modality);
  return isRecord(found) ? found.tokenCount : undefined;
}

/**
 * Reads `usageMetadata` (https://ai.google.dev/api/generate-content#UsageMetadata): the prompt count includes cached
 * tokens, the candidates' count excludes thoughts, and input from Google's own tools is in neither.
 */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const counts = readTokenCounts({
    prompt: usage.promptTokenCount,
    cached: usage.cachedContentTokenCount,
    candidates: usage.candidatesTokenCount,
    thoughts: usage.thoughtsTokenCount,
    toolUse: usage.toolUsePromptTokenCount,
    total: usage.totalTokenCount,
    inputAudio: modalityTokens(usage.promptTokensDetails, 'AUDIO'),
    cachedAudio: modalityTokens(usage.cacheTokensDetails, 'AUDIO'),
    outputAudio: modalityTokens(usage.candidatesTokensDetails, 'AUDIO'),
  });
  if (counts === undefined || (counts.prompt === undefined && counts.candidates === undefined)) return undefined;
  const { prompt = 0, candidates = 0, thoughts = 0, toolUse = 0 } = counts;
  const cacheReadTokens = Math.min(prompt, counts.cached ?? 0);
  const inputTokens = prompt - cacheReadTokens + toolUse;
  const outputTokens = candidates + thoughts;
  return {
    ...NO_USAGE,
    inputTokens,
    cacheReadTokens,
    outputTokens,
    reasoningTokens: thoughts,
    inputAudioTokens: uncachedAudio(inputTokens, counts),
    outputAudioTokens: Math.min(candidates, counts.outputAudio ?? 0),
  };
}

const QUERIES = ['webSearchQueries', 'imageSearchQueries'] as const;

/** Notes the searches and maps that an answer is grounded in: https://ai.google.dev/api/generate-content#GroundingMetadata */
function noteWork({ candidates }: Record<string, unknown>, work: Work): void {
  for (const [index, candidate] of listOf(candidates).entries()) {
    const grounding = isRecord(candidate) ? candidate.groundingMetadata : undefined;
    if (!isRecord(candidate) || !isRecord(grounding)) continue;
    const queries = QUERIES.flatMap((name) => (Array.isArray(grounding[name]) ? (grounding[name] as unknown[]) : [])).filter(isFilled);
    const key = `candidate:${String(candidate.index ?? index)}`;
    const groundingQueries = Math.max(queries.length, work.get(key)?.groundingQueries ?? 0);
    if (groundingQueries > 0) work.set(key, { groundingQueries }).set('prompt', { groundedPrompts: 1 });
    const chunks = listOf(grounding.groundingChunks);
    if (chunks.some((chunk) => isRecord(chunk) && chunk.maps !== undefined)) work.set('maps', { mapPrompts: 1 });
  }
}

/** https://cloud.google.com/apis/design/errors#handling_errors */
const STATUSES_BY_NAME: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

const firstOf = (json: unknown): unknown => (Array.isArray(json) ? json[0] : json);

function fieldAtFault(json: unknown): string | undefined {
  const violations = detailOf(json, 'BadRequest')?.fieldViolations;
  const first: unknown = Array.isArray(violations) ? violations[0] : undefined;
  return isRecord(first) && isFilled(first.field) ? first.field : undefined;
}

/** Google answers 400 for refused credentials, and for accounts and regions that it does not serve. */
function judge(status: number, facts: ErrorFacts, json: unknown): UpstreamFailure {
  const param = fieldAtFault(json);
  const failure = { ...failureOf(status, { ...facts, ...(param !== undefined && { param }) }), ...askedWait(json) };
  const reason = detailOf(json, 'ErrorInfo')?.reason;
  if (typeof reason === 'string' && /^API_KEY_|^(?:ACCESS_TOKEN|CREDENTIALS)_/.test(reason)) return { ...failure, action: 'next_key' };
  // A request names nothing else that could be missing, so it is the model.
  if (status === 404) return { ...failure, action: 'next_target' };
  // "User location is not supported", "enable billing": https://ai.google.dev/gemini-api/docs/troubleshooting
  if (facts.type === 'FAILED_PRECONDITION' && failure.action === 'caller') return { ...failure, action: 'next_target' };
  return failure;
}

export function classifyFailure(status: number, body: string): UpstreamFailure {
  const json = parseJson(body);
  const facts = typeof json === 'object' ? errorFacts(json) : undefined;
  return facts === undefined ? generalFailure(status, body) : judge(status, facts, json);
}

/** The failure inside an answer or chunk of status 200. A blocked prompt is an answer, if an empty one. */
export function errorInBody(json: unknown): UpstreamFailure | undefined {
  const body = firstOf(json);
  if (!isRecord(body) || body.error === undefined || body.error === null) return undefined;
  if (Array.isArray(body.candidates) && body.candidates.length > 0) return undefined;
  const facts = errorFacts(body) ?? { message: '' };
  const named = STATUSES_BY_NAME[facts.type ?? ''];
  const status = facts.status !== undefined && facts.status >= 400 ? facts.status : (named ?? 500);
  return judge(status, facts, body);
}

/** Google's own format (https://ai.google.dev/api/generate-content). */
export const geminiWire: Wire = {
  id: 'gemini',
  path: ({ model, stream, method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent' }) => geminiPath(model, method),
  authorize: (apiKey) => ({ 'x-goog-api-key': apiKey }),
  readUsage,
  work: { hint: /"groundingMetadata"/, note: noteWork },
  classifyFailure,
  errorInBody,
};

/** Its embeddings: https://ai.google.dev/api/embeddings */
export const geminiEmbeddingsWire: Wire = {
  ...geminiWire,
  id: 'gemini-embeddings',
  path: ({ model, method = 'embedContent' }) => geminiPath(model, method),
};
