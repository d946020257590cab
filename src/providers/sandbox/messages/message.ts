import { parseJson } from '../../../core/record';
import type { Choice } from '../answer';
import { type Block, blocksOf } from '../blocks';
import type { Counts } from '../counts';

/** A whole answer, before it is written as JSON or as a stream. */
export interface Message {
  id: string;
  model: string;
  choice: Choice;
  counts: Counts | undefined;
  /** What every thinking block is signed with. */
  signature: string;
}

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', refusal: 'refusal' };

/** Why it stopped; the fields that a message and its last event share. */
export const ending = ({ finishReason }: Choice) => ({
  stop_reason: STOP_REASONS[finishReason],
  stop_sequence: null,
  stop_details: finishReason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
});

export const envelope = (message: Message) => ({
  id: message.id,
  type: 'message',
  role: 'assistant',
  model: message.model,
});

export function messageBody(message: Message): string {
  const content = blocksOf(message.choice.parts).map((block) => contentBlock(block, message.signature));
  const usage = message.counts && usageOf(message.counts);
  return JSON.stringify({ ...envelope(message), content, ...ending(message.choice), usage });
}

function contentBlock(block: Block, signature: string) {
  if (block.kind === 'reasoning') return { type: 'thinking', thinking: block.text, signature };
  if (block.kind !== 'call') return { type: 'text', text: block.text };
  return { type: 'tool_use', id: `toolu_${block.id}`, name: block.tool.name, input: parseJson(block.text) ?? {} };
}

/** Cumulative; unlike OpenAI's, Anthropic's input tokens leave out what was read from or written to the cache. */
export const usageOf = (counts: Counts) => ({
  input_tokens: counts.promptTokens - counts.cachedTokens - counts.cacheWrite5mTokens - counts.cacheWrite1hTokens,
  cache_creation_input_tokens: counts.cacheWrite5mTokens + counts.cacheWrite1hTokens,
  cache_read_input_tokens: counts.cachedTokens,
  cache_creation: {
    ephemeral_5m_input_tokens: counts.cacheWrite5mTokens,
    ephemeral_1h_input_tokens: counts.cacheWrite1hTokens,
  },
  output_tokens: counts.outputTokens,
  output_tokens_details: { thinking_tokens: counts.reasoningTokens },
  service_tier: 'standard',
});
