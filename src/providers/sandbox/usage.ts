import type { Choice } from './answer';
import type { ChatRequest } from './chat-request';
import type { Magic } from './magic';

export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; audio_tokens: number };
  completion_tokens_details: {
    reasoning_tokens: number;
    audio_tokens: number;
    accepted_prediction_tokens: number;
    rejected_prediction_tokens: number;
  };
}

/** Undefined when the magic words ask for an answer without usage. */
export function countUsage(request: ChatRequest, magic: Magic, choices: Choice[]): ChatUsage | undefined {
  if (magic.usage === 'none') return undefined;
  if (magic.usage) return usageOf(magic.usage.promptTokens, 0, magic.usage.completionTokens, 0);
  const parts = choices.flatMap((choice) => choice.parts);
  const reasoning = parts.filter((part) => part.kind === 'reasoning').length;
  return usageOf(request.promptTokens, request.cachedTokens, parts.length, reasoning);
}

function usageOf(prompt: number, cached: number, completion: number, reasoning: number): ChatUsage {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
