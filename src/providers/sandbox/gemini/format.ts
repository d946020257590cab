import { answerChoices } from '../answer';
import { countUsage } from '../counts';
import type { Format, Setting } from '../exchange';
import { jsonArray, serverSentEvents } from '../frames';
import type { LanguageRequest } from '../request';
import { type Generation, generationBody, usageMetadata } from './candidates';
import { geminiErrors, inBodyError } from './errors';
import { type GeminiPath, parseGeminiRequest } from './request';
import { geminiStream } from './stream';

const PATH = /^\/v1(?:beta|alpha)?\/(?:models\/)?(.+):(generateContent|streamGenerateContent|countTokens)$/;

/** Undefined when the address is none of Gemini's. */
export function readGeminiPath(url: URL): GeminiPath | undefined {
  const match = PATH.exec(url.pathname);
  if (!match?.[1]) return undefined;
  return { model: decode(match[1]), method: match[2] as GeminiPath['method'], events: url.searchParams.get('alt') === 'sse' };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Google's own format; its address says what is asked. */
export function geminiFormat(path: GeminiPath): Format<LanguageRequest> {
  const counts = path.method === 'countTokens';
  return {
    errors: geminiErrors(path.method === 'streamGenerateContent' && !path.events),
    parse: (body) => parseGeminiRequest(body, path),
    reply: counts ? countReply : (request, setting) => generationReply(request, setting),
  };
}

function generationReply(request: LanguageRequest, setting: Setting) {
  const generation = generate(request, setting);
  // Google ends the lines of its events with CRLF.
  const framing = request.streamType ? jsonArray(request.streamType) : serverSentEvents(setting.magic, '\r\n');
  return {
    body: () => [generationBody(generation)],
    failedBody: () => JSON.stringify(inBodyError()),
    stream: geminiStream(generation, framing),
  };
}

function countReply(request: LanguageRequest, { magic }: Setting) {
  const counts = countUsage(request.prompt, magic, []);
  const usage = counts && usageMetadata(counts, request);
  const counted = { totalTokens: usage?.promptTokenCount, promptTokensDetails: usage?.promptTokensDetails };
  return { body: () => [JSON.stringify(counted)], failedBody: () => JSON.stringify(inBodyError()), stream: undefined };
}

function generate(request: LanguageRequest, { magic, hash }: Setting): Generation {
  const choices = answerChoices(request, magic, hash).map((choice) =>
    choice.finishReason === 'refusal' ? { ...choice, parts: [] } : choice,
  );
  return {
    id: `sandbox${hash.slice(0, 16)}`,
    request,
    choices,
    counts: countUsage(request.prompt, magic, choices),
    signature: btoa(`sandbox thought ${hash}`),
  };
}
