import { answerChoices, type Choice } from './answer';
import type { ChatRequest } from './chat-request';
import type { Magic } from './magic';
import { type ChatUsage, countUsage } from './usage';

/** A whole answer, before it is written as JSON or as a stream. */
export interface Completion {
  id: string;
  createdSeconds: number;
  model: string;
  choices: Choice[];
  usage: ChatUsage | undefined;
}

/** `hash` is that of the request's body: the same body gets the same ids. */
export function complete(request: ChatRequest, magic: Magic, hash: string, createdSeconds: number): Completion {
  const choices = answerChoices(request, magic, hash);
  const usage = countUsage(request, magic, choices);
  return { id: `chatcmpl-sandbox${hash.slice(0, 24)}`, createdSeconds, model: request.model, choices, usage };
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

/** The body of an answer that is not streamed. */
export function completionBody(completion: Completion): string {
  const choices = completion.choices.map((choice) => ({
    index: choice.index,
    message: messageOf(choice),
    logprobs: null,
    finish_reason: choice.finishReason,
  }));
  return JSON.stringify({ ...envelope(completion, 'chat.completion'), choices, usage: completion.usage });
}

function messageOf(choice: Choice) {
  const texts = { content: '', refusal: '', reasoning: '' };
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
  for (const part of choice.parts) {
    if (part.kind === 'call') calls.push({ id: part.id, type: 'function', function: { name: part.name, arguments: '' } });
    else if (part.kind === 'arguments') {
      const call = calls[part.call];
      if (call) call.function.arguments += part.text;
    } else texts[part.kind] += part.text;
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
