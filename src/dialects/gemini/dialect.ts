import { ok, type Result } from '../../core/errors';
import type { Family } from '../../core/family';
import type { WireId } from '../../core/wire-id';
import type { ResponsesCrossing } from '../openai-chat/over-responses/request';
import { NO_THOUGHTS, namedThoughts, type ThoughtsByCall } from '../openai-chat/over-responses/thoughts';
import type { Bridge, Call, Dialect } from '../types';
import { readAddress } from './address';
import { withCallIds } from './call-signatures';
import { renderGeminiError } from './errors';
import { overChatBridge } from './over-chat/bridge';
import { declaredNames } from './over-chat/names';
import { askedIn } from './over-chat/options';
import { hasFunctions } from './over-chat/tools';
import { crossToResponses, overResponsesBridge } from './over-responses/bridge';
import { type GeminiRequest, parseNative, parseUnified } from './request';
import { straightBridge } from './straight';
import { geminiStreams, renderGeminiStreamError } from './stream';

const FAMILIES: readonly Family[] = ['gemini', 'chat', 'responses'];

const callOf = (parsed: Result<GeminiRequest>, wires: readonly WireId[]): Result<Call> =>
  parsed.ok ? ok(geminiCall(parsed.value, wires)) : parsed;

function geminiCall(request: GeminiRequest, wires: readonly WireId[], thoughts: ThoughtsByCall = NO_THOUGHTS): Call {
  // Converted once, and only if a target needs it.
  let crossing: ResponsesCrossing | undefined;
  const overResponses = (): ResponsesCrossing => {
    crossing ??= crossToResponses(request, thoughts);
    return crossing;
  };
  const bridges: Partial<Record<WireId, () => Bridge | undefined>> = {
    gemini: () => straightBridge(request),
    'openai-chat': () => overChatBridge(request),
    'openai-responses'() {
      const crossed = overResponses();
      return crossed.ok ? overResponsesBridge(request, thoughts, crossed.fields) : undefined;
    },
  };
  const shown = { names: declaredNames(request.fields ?? {}) };
  return {
    ...request,
    ...namedThoughts(withCallIds(request.body), thoughts, (brought) => geminiCall(request, wires, brought)),
    hasTools: () => hasFunctions(request.fields ?? {}),
    over: (wire) => (wires.includes(wire) ? bridges[wire]?.() : undefined),
    beyond(wire) {
      const crossed = wire === 'openai-responses' ? overResponses() : undefined;
      return crossed?.ok === false ? askedIn(crossed.field) : undefined;
    },
    shown,
    openStream: geminiStreams(request, shown, thoughts),
  };
}

const UNIFIED_WIRES: readonly WireId[] = ['openai-chat', 'openai-responses'];
const NATIVE_WIRES: readonly WireId[] = ['gemini', ...UNIFIED_WIRES];

/** Google's own paths, `/v1beta/models/{model}:generateContent` and others (https://ai.google.dev/api/generate-content). */
export const geminiNative: Dialect = {
  families: FAMILIES,
  wires: NATIVE_WIRES,
  parse: ({ body, url }) => callOf(parseNative(body, readAddress(url)), NATIVE_WIRES),
  askedByUrl: (url) => JSON.stringify(readAddress(url)),
  renderError: renderGeminiError,
  renderLoneError: renderGeminiStreamError,
};

/** One path for all models. Model and streaming are in the body, and the call is served over chat. */
export const geminiUnified: Dialect = {
  families: FAMILIES,
  wires: UNIFIED_WIRES,
  parse: ({ body }) => callOf(parseUnified(body), UNIFIED_WIRES),
  renderError: renderGeminiError,
  renderLoneError: renderGeminiStreamError,
};
