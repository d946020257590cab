import { type Fields, parseRecord } from '../../../core/record';
import { missesThoughts, NO_THOUGHT, refusesThoughts } from '../../openai-chat/repair';
import { refusesOption } from '../../refused-options';
import { extraContent, missesSignature, NO_SIGNATURE, refusesSignature, signatureIn } from '../../thought-signatures';
import { refusesSchema, wholeSchemas } from '../../whole-schemas';
import { listField } from '../fields';

/** Changes a chat request that an upstream has refused. */
export type Repair = (request: Fields) => Fields;

const without =
  (...names: string[]): Repair =>
  (request) =>
    Object.fromEntries(Object.entries(request).filter(([name]) => !names.includes(name)));

const SAMPLING = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs'] as const;

/**
 * OpenAI's reasoning models refuse sampling options and `max_tokens` one at a time; all are removed at once
 * (https://platform.openai.com/docs/guides/reasoning).
 */
const forReasoning: Repair = ({ max_tokens, ...request }) =>
  without(...SAMPLING)({ ...request, ...(max_tokens !== undefined && { max_completion_tokens: max_tokens }) });

const eachMessage =
  (change: Repair): Repair =>
  (request) => ({ ...request, messages: listField(request, 'messages').map(change) });

const eachCall = (change: Repair): Repair =>
  eachMessage((message) =>
    Array.isArray(message.tool_calls) ? { ...message, tool_calls: listField(message, 'tool_calls').map(change) } : message,
  );

const unsigned = without('extra_content');

const signMissing: Repair = eachCall((call) => (signatureIn(call) === undefined ? { ...call, ...extraContent(NO_SIGNATURE) } : call));
const signAll: Repair = (request) => eachCall((call) => ({ ...call, ...extraContent(NO_SIGNATURE) }))(eachMessage(unsigned)(request));

/** OpenRouter expects signatures beside the message (https://openrouter.ai/docs/guides/best-practices/reasoning-tokens). */
const withReasoningDetails: Repair = eachMessage((message) => {
  const details = listField(message, 'tool_calls').flatMap((call, index) => {
    const data = signatureIn(call);
    return data === undefined || data === NO_SIGNATURE
      ? []
      : [{ type: 'reasoning.encrypted', id: call.id, data, format: 'google-gemini-v1', index }];
  });
  return details.length > 0 ? { ...message, reasoning_details: details } : message;
});

/** Many clients drop thoughts, but thinking models want a field for them; an empty text will do. */
const withThoughts: Repair = eachMessage((message) =>
  message.role === 'assistant' && !message.reasoning_content ? { ...message, reasoning_content: NO_THOUGHT } : message,
);

const mendThoughts = (message: string): Repair[] => {
  if (!refusesThoughts(message)) return [];
  return [missesThoughts(message) ? withThoughts : eachMessage(without('reasoning_content'))];
};

const hasUnsignedCall = (request: Fields): boolean =>
  listField(request, 'messages').some((message) => listField(message, 'tool_calls').some((call) => signatureIn(call) === undefined));

/** Signatures are missing: the calls have none, or this upstream wants them elsewhere. */
const signed: Repair = (request) => (hasUnsignedCall(request) ? signMissing(request) : withReasoningDetails(request));

/** Options derived from Google's thinking options may be dropped whatever the reason: not every model has every effort. */
const EFFORT = /reasoning_effort|\breasoning\b|\bthinking\b/i;

const OPTIONS: readonly (readonly [RegExp, Repair])[] = [
  [/\bmax_(?:completion_)?tokens\b/i, forReasoning],
  [/\b(?:temperature|top_p|top_logprobs|logprobs|presence_penalty|frequency_penalty)\b/i, without(...SAMPLING)],
  [/response_format|json_schema/i, (request) => ({ ...request, response_format: { type: 'json_object' } })],
  [/extra_content/i, (request) => eachCall(unsigned)(eachMessage(unsigned)(request))],
  [/\bseed\b/i, without('seed')],
  [/\bmodalities\b/i, without('modalities')],
  [/image_config/i, without('image_config')],
];

/** The changes for a refusal with this message; empty when none would help. */
export function repairsFor(message: string): Repair[] {
  const signature = refusesSignature(message) ? [missesSignature(message) ? signed : signAll] : [];
  const thoughts = mendThoughts(message);
  const effort = thoughts.length === 0 && EFFORT.test(message) ? [without('reasoning_effort')] : [];
  const options = refusesOption(message) ? OPTIONS.filter(([pattern]) => pattern.test(message)).map(([, repair]) => repair) : [];
  const whole: Repair = (request) => parseRecord(wholeSchemas(JSON.stringify(request), message));
  return [...signature, ...thoughts, ...effort, ...options, ...(refusesSchema(message) ? [whole] : [])];
}

export const applyRepairs = (request: Fields, repairs: readonly Repair[]): Fields =>
  repairs.reduce((changed, repair) => repair(changed), request);
