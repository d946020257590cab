/** Messages, as Anthropic writes them: https://platform.claude.com/docs/en/api/messages */
import * as z from 'zod';
import { countRequest, messagesRequest } from '../../dialects/anthropic-messages/request';
import { credits, named, open, openWords, otherModels, records } from '../schemas';

const tokens = z.int().min(0);

const cacheControl = named(
  'CacheControl',
  z
    .looseObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
    .meta({ description: 'Marks the end of what is to be cached.' }),
);
const cached = { cache_control: cacheControl.nullish() };

const source = open(
  'MessageSource',
  'type',
  z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('base64'), media_type: z.string(), data: z.string() }),
    z.looseObject({ type: z.literal('url'), url: z.string() }),
  ]),
);

const textBlock = z.looseObject({ type: z.literal('text'), text: z.string() });

/** What the model says, and what of it is sent again. */
const MODEL_BLOCKS = [
  z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() }),
  z.looseObject({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() }),
] as const;

const block = open(
  'MessageBlock',
  'type',
  z
    .discriminatedUnion('type', [textBlock.extend({ citations: z.array(z.unknown()).nullish() }), ...MODEL_BLOCKS])
    .meta({ description: 'A block of the model’s.' }),
);

const resultBlock = open(
  'MessageToolResultBlock',
  'type',
  z.discriminatedUnion('type', [textBlock.extend(cached), z.looseObject({ type: z.enum(['image', 'document']), source, ...cached })]),
);

const inputBlock = open(
  'MessageInputBlock',
  'type',
  z
    .discriminatedUnion('type', [
      textBlock.extend(cached),
      z.looseObject({ type: z.enum(['image', 'document']), source, ...cached }),
      z.looseObject({
        type: z.literal('tool_result'),
        tool_use_id: z.string(),
        content: z.union([z.string(), z.array(resultBlock)]).optional(),
        is_error: z.boolean().nullish(),
        ...cached,
      }),
      ...MODEL_BLOCKS,
    ])
    .meta({ description: 'A block of a message that is sent.' }),
);

const tool = named(
  'MessageTool',
  z
    .looseObject({ name: z.string(), description: z.string().optional(), input_schema: records, ...cached })
    .meta({ description: 'A tool that the model may call; `input_schema` is a JSON Schema.' }),
);

const passedOn = {
  messages: z
    .array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: z.union([z.string(), z.array(inputBlock)]) }))
    .min(1),
  system: z.union([z.string(), z.array(textBlock.extend(cached))]).optional(),
  thinking: z
    .union([
      z.looseObject({ type: z.literal('enabled'), budget_tokens: z.int().optional() }),
      z.looseObject({ type: z.enum(['adaptive', 'disabled']) }),
    ])
    .optional(),
  tools: z
    .array(z.union([tool, z.looseObject({ type: z.string(), name: z.string() }).meta({ description: 'One of the provider’s own.' })]))
    .optional(),
  tool_choice: z
    .union([z.looseObject({ type: z.enum(['auto', 'any', 'none']) }), z.looseObject({ type: z.literal('tool'), name: z.string() })])
    .optional(),
};

export const messageParams = named(
  'MessageParams',
  messagesRequest.safeExtend({
    ...passedOn,
    models: otherModels,
    temperature: z.number().optional(),
    top_p: z.number().optional(),
    top_k: z.int().optional(),
    stop_sequences: z.array(z.string()).optional(),
    metadata: z.looseObject({ user_id: z.string().nullish() }).optional(),
  }),
);

export const messageCountParams = named('MessageCountParams', countRequest.safeExtend(passedOn));
export const messageCount = named('MessageCount', z.looseObject({ input_tokens: tokens }));

const messageUsage = named(
  'MessageUsage',
  z
    .looseObject({
      input_tokens: tokens,
      output_tokens: tokens,
      cache_creation_input_tokens: tokens.nullish(),
      cache_read_input_tokens: tokens.nullish(),
      creditsUsed: credits,
      estimated: z.literal(true).optional().meta({ description: 'The provider told none: these figures are the gateway’s own.' }),
    })
    .meta({ description: 'What a request took, and what it cost.' }),
);

const stopReason = openWords('MessageStopReason', [
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
]);

const begun = {
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  content: z.array(block),
};

export const message = named(
  'Message',
  z.looseObject({ ...begun, stop_reason: stopReason, stop_sequence: z.string().nullish(), usage: messageUsage }),
);

const delta = open(
  'MessageDelta',
  'type',
  z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('text_delta'), text: z.string() }),
      z.looseObject({ type: z.literal('thinking_delta'), thinking: z.string() }),
      z.looseObject({ type: z.literal('signature_delta'), signature: z.string() }),
      z.looseObject({ type: z.literal('input_json_delta'), partial_json: z.string() }),
      z.looseObject({ type: z.literal('citations_delta'), citation: z.unknown() }),
    ])
    .meta({ description: 'What an event adds to a block.' }),
);

const usageSoFar = messageUsage.partial();

export const messageEvent = open(
  'MessageEvent',
  'type',
  z
    .discriminatedUnion('type', [
      z.looseObject({
        type: z.literal('message_start'),
        message: z.looseObject({ ...begun, stop_reason: z.null(), stop_sequence: z.string().nullish(), usage: usageSoFar }),
      }),
      z.looseObject({ type: z.literal('content_block_start'), index: z.int(), content_block: block }),
      z.looseObject({ type: z.literal('content_block_delta'), index: z.int(), delta }),
      z.looseObject({ type: z.literal('content_block_stop'), index: z.int() }),
      z.looseObject({
        type: z.literal('message_delta'),
        delta: z.looseObject({ stop_reason: stopReason.nullish(), stop_sequence: z.string().nullish() }),
        usage: usageSoFar,
      }),
      z.looseObject({ type: z.literal('message_stop') }),
      z.looseObject({ type: z.literal('ping') }),
    ])
    .meta({ description: 'An event of a streamed answer.' }),
  ['error'],
);

export const messageFailure = named(
  'MessageFailure',
  z.looseObject({ type: z.literal('error'), error: z.looseObject({ type: z.string(), message: z.string() }) }),
);
