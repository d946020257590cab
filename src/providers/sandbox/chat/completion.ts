import type { Choice } from '../answer';
import { blocksOf } from '../blocks';
import type { openaiUsage } from '../openai-usage';

/** A whole answer, before it is written as JSON or as a stream. */
export interface Completion {
  id: string;
  createdSeconds: number;
  model: string;
  choices: Choice[];
  usage: ReturnType<typeof openaiUsage> | undefined;
}

/** The fields that a completion and each of its chunks share. */
export const envelope = (completion: Completion, object: 'chat.completion' | 'chat.completion.chunk') => ({
  id: completion.id,
  object,
  created: completion.createdSeconds,
  model: completion.model,
  service_tier: 'default',
  system_fingerprint: 'fp_sandbox',
});

export const finishReasonOf = ({ finishReason }: Choice): string => (finishReason === 'refusal' ? 'stop' : finishReason);

/** The body of an answer that is not streamed. */
export function completionBody(completion: Completion): string {
  const choices = completion.choices.map((choice) => ({
    index: choice.index,
    message: messageOf(choice),
    logprobs: null,
    finish_reason: finishReasonOf(choice),
  }));
  return JSON.stringify({ ...envelope(completion, 'chat.completion'), choices, usage: completion.usage });
}

function messageOf(choice: Choice) {
  const texts = { content: '', refusal: '', reasoning: '' };
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
  for (const block of blocksOf(choice.parts)) {
    if (block.kind !== 'call') texts[block.kind] += block.text;
    else calls.push({ id: `call_${block.id}`, type: 'function', function: { name: block.tool.name, arguments: block.text } });
  }
  return {
    role: 'assistant',
    content: texts.refusal !== '' || calls.length > 0 ? null : texts.content,
    refusal: texts.refusal === '' ? null : texts.refusal,
    annotations: [],
    ...(texts.reasoning === '' ? {} : { reasoning_content: texts.reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}
