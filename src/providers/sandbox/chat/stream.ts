import type { Choice, Part } from '../answer';
import { type Frame, type Framing, frame } from '../frames';
import { inBodyError } from '../openai-errors';
import type { StreamWriter } from '../stream';
import { type Completion, envelope, finishReasonOf } from './completion';

/** A completion as server-sent events; the role chunks open it. */
export function chatStream(completion: Completion, framing: Framing, includeUsage: boolean): StreamWriter {
  const { choices } = completion;
  const reportsUsage = includeUsage && completion.usage !== undefined;
  const write = (some: unknown[], usage: unknown = null): Frame => {
    const chunk = { ...envelope(completion, 'chat.completion.chunk'), choices: some };
    return frame(reportsUsage ? { ...chunk, usage } : chunk);
  };
  return {
    framing,
    open: () => choices.map((choice) => write([chunkChoice(choice, openingDelta(choice))])),
    lanes: choices.map((choice) => choice.parts.map((part) => () => [write([chunkChoice(choice, partDelta(part))])])),
    close: () => [
      ...choices.map((choice) => write([chunkChoice(choice, {}, finishReasonOf(choice))])),
      ...(reportsUsage ? [write([], completion.usage)] : []),
      { data: '[DONE]' },
    ],
    fail: () => [frame(inBodyError())],
  };
}

const chunkChoice = (choice: Choice, delta: unknown, finishReason: string | null = null) => ({
  index: choice.index,
  delta,
  logprobs: null,
  finish_reason: finishReason,
});

function openingDelta(choice: Choice) {
  const hasText = !choice.parts.some((part) => part.kind === 'call' || part.kind === 'refusal');
  return { role: 'assistant', content: hasText ? '' : null, refusal: null };
}

function partDelta(part: Part): unknown {
  switch (part.kind) {
    case 'reasoning':
      return { reasoning_content: part.text };
    case 'content':
      return { content: part.text };
    case 'refusal':
      return { refusal: part.text };
    case 'call':
      return {
        tool_calls: [{ index: part.call, id: `call_${part.id}`, type: 'function', function: { name: part.tool.name, arguments: '' } }],
      };
    case 'arguments':
      return { tool_calls: [{ index: part.call, function: { arguments: part.text } }] };
  }
}
