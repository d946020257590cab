import { ok, type Result } from '../../core/errors';
import type { Family } from '../../core/family';
import type { WireId } from '../../core/wire-id';
import type { Bridge, Call, Dialect } from '../types';
import { readAddress } from './address';
import { renderGeminiError } from './errors';
import { overChatBridge } from './over-chat/bridge';
import { type GeminiRequest, parseNative, parseUnified } from './request';
import { straightBridge } from './straight';
import { GeminiStream, renderGeminiStreamError } from './stream';

const FAMILIES: readonly Family[] = ['gemini', 'chat', 'responses'];

const callOf = (parsed: Result<GeminiRequest>, over: (request: GeminiRequest, wire: WireId) => Bridge | undefined): Result<Call> => {
  if (!parsed.ok) return parsed;
  const request = parsed.value;
  return ok({ ...request, over: (wire) => over(request, wire), openStream: (requestId) => new GeminiStream(request, requestId) });
};

const overAny = (request: GeminiRequest, wire: WireId): Bridge | undefined =>
  wire === 'gemini' ? straightBridge(request) : overChat(request, wire);

const overChat = (request: GeminiRequest, wire: WireId): Bridge | undefined =>
  wire === 'openai-chat' ? overChatBridge(request) : undefined;

/** Google's own paths, `/v1beta/models/{model}:generateContent` and its kin (https://ai.google.dev/api/generate-content). */
export const geminiNative: Dialect = {
  id: 'gemini',
  families: FAMILIES,
  wires: ['gemini', 'openai-chat'],
  parse: ({ body, url }) => callOf(parseNative(body, readAddress(url)), overAny),
  renderError: renderGeminiError,
  renderLoneError: renderGeminiStreamError,
};

/** One path for all models, named in the body like the stream; served by way of chat. */
export const geminiUnified: Dialect = {
  id: 'gemini-unified',
  families: FAMILIES,
  wires: ['openai-chat'],
  parse: ({ body }) => callOf(parseUnified(body), overChat),
  renderError: renderGeminiError,
  renderLoneError: renderGeminiStreamError,
};
