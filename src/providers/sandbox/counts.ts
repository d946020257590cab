import type { Choice } from './answer';
import type { Magic } from './magic';
import type { PromptTokens } from './request';

/** What an answer reports as used, before a format writes it; reasoning is a part of the output. */
export interface Counts extends PromptTokens {
  outputTokens: number;
  reasoningTokens: number;
}

/** Undefined when the magic words ask for an answer without usage. */
export function countUsage(prompt: PromptTokens, magic: Magic, choices: readonly Choice[]): Counts | undefined {
  if (magic.usage === 'none') return undefined;
  if (magic.usage) {
    const { promptTokens, completionTokens } = magic.usage;
    const none = { cachedTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, reasoningTokens: 0 };
    return { promptTokens, outputTokens: completionTokens, ...none };
  }
  const parts = choices.flatMap((choice) => choice.parts);
  const reasoningTokens = parts.filter((part) => part.kind === 'reasoning').length;
  return { ...prompt, outputTokens: parts.length, reasoningTokens };
}
