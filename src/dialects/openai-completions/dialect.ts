import { ok } from '../../core/errors';
import { isFilled, isRecord } from '../../core/record';
import { textChars } from '../../core/text-chars';
import { renderChatAnswer } from '../openai-chat/answer';
import { CHAT_CHUNKS, type ChunkShape } from '../openai-chat/relay';
import { type ChatRequest, upstreamChatBody } from '../openai-chat/request';
import { chatStreams, renderChatStreamError } from '../openai-chat/stream';
import { renderOpenaiError } from '../openai-errors';
import type { Answer, Bridge, Dialect } from '../types';
import { foldCompletionStream } from './fold';
import { parseCompletions } from './request';

const CHUNKS: ChunkShape = {
  ...CHAT_CHUNKS,
  object: 'text_completion',
  speaks: ({ text }) => isFilled(text),
  lastChoice: { index: 0, text: '', logprobs: null, finish_reason: 'stop' },
  textBegins: /"text"\s*:\s*"/g,
};

function readAnswer(json: unknown): Answer | undefined {
  if (!isRecord(json) || !Array.isArray(json.choices) || json.choices.length === 0) return undefined;
  const texts = (json.choices as unknown[]).map((choice) => (isRecord(choice) && typeof choice.text === 'string' ? choice.text : ''));
  const outputChars = texts.reduce((sum, text) => sum + textChars(text), 0);
  return { usage: json.usage, hasOutput: outputChars > 0, outputChars };
}

const bridge = (request: ChatRequest): Bridge => ({
  request: ({ model }) => ({ body: upstreamChatBody(request, model) }),
  readAnswer,
  renderAnswer: renderChatAnswer,
  foldStream: foldCompletionStream,
});

/** OpenAI's legacy Completions (platform.openai.com/docs/api-reference/completions). */
export const openaiCompletions: Dialect = {
  families: ['chat', 'responses', 'gemini'],
  wires: ['openai-completions'],
  parse({ body }) {
    const parsed = parseCompletions(body);
    if (!parsed.ok) return parsed;
    const request = parsed.value;
    return ok({
      ...request,
      over: (wire) => (wire === 'openai-completions' ? bridge(request) : undefined),
      openStream: chatStreams(request, CHUNKS),
    });
  },
  renderError: renderOpenaiError,
  renderLoneError: renderChatStreamError,
};
