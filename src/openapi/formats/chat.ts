/**
 * Chat Completions and what is near it, as OpenAI writes them: https://platform.openai.com/docs/api-reference/chat
 * Requests are the schemas that routes validate with, and what passes through them; answers are held against this by
 * the tests of all routes.
 */
import * as z from 'zod';
import { chatRequest } from '../../dialects/openai-chat/request';
import { embeddingsRequest } from '../../dialects/openai-embeddings/dialect';
import { credits, named, open, openWords, otherModels, records } from '../schemas';

const tokens = z.int().min(0);
const text = z.looseObject({ type: z.literal('text'), text: z.string() });

const contentPart = open(
  'ChatContentPart',
  'type',
  z.discriminatedUnion('type', [
    text,
    z.looseObject({
      type: z.literal('image_url'),
      image_url: z.looseObject({ url: z.string(), detail: z.enum(['auto', 'low', 'high']).optional() }),
    }),
    z.looseObject({
      type: z.literal('input_audio'),
      input_audio: z.looseObject({ data: z.string(), format: z.enum(['wav', 'mp3']) }),
    }),
    z.looseObject({
      type: z.literal('file'),
      file: z.looseObject({ file_data: z.string().optional(), file_id: z.string().optional(), filename: z.string().optional() }),
    }),
  ]),
);

const content = z.union([z.string(), z.array(contentPart)]);

const toolCall = open(
  'ChatToolCall',
  'type',
  z
    .looseObject({
      id: z.string(),
      type: z.literal('function'),
      function: z.looseObject({ name: z.string(), arguments: z.string().meta({ description: 'JSON.' }) }),
    })
    .meta({ description: 'A call of a tool that the model asks for.' }),
);

const chatMessage = open(
  'ChatMessage',
  'role',
  z
    .discriminatedUnion('role', [
      z.looseObject({ role: z.enum(['system', 'developer', 'user']), content, name: z.string().optional() }),
      z.looseObject({
        role: z.literal('assistant'),
        content: content.nullish(),
        tool_calls: z.array(toolCall).nullish(),
        name: z.string().optional(),
        refusal: z.string().nullish(),
      }),
      z.looseObject({ role: z.literal('tool'), content, tool_call_id: z.string() }),
    ])
    .meta({ description: 'A message of a conversation.' }),
);

const chatTool = open(
  'ChatTool',
  'type',
  z
    .looseObject({
      type: z.literal('function'),
      function: z.looseObject({
        name: z.string(),
        description: z.string().optional(),
        parameters: records.optional().meta({ description: 'A JSON Schema.' }),
        strict: z.boolean().nullish(),
      }),
    })
    .meta({ description: 'A tool that the model may call.' }),
);

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) }),
  z.looseObject({ type: z.string().meta({ not: { enum: ['function'] } }) }).meta({ 'x-unlisted': true }),
]);

const responseFormat = z.union([
  z.looseObject({ type: z.enum(['text', 'json_object']) }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({ name: z.string(), schema: records.optional(), strict: z.boolean().nullish() }),
  }),
]);

const passedOn = {
  messages: z.array(chatMessage).min(1),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  tools: z.array(chatTool).optional(),
  tool_choice: toolChoice.optional(),
  response_format: responseFormat.optional(),
  models: otherModels,
  reasoning_effort: z.string().nullish().meta({ description: 'Such as `low`, `medium` or `high`.' }),
};

export const chatParams = named('ChatParams', chatRequest.safeExtend(passedOn));

export const chatSendParams = named(
  'ChatSendParams',
  chatRequest.safeExtend(passedOn).extend({ model: z.string().nullish().meta({ description: 'A small one where it is left out.' }) }),
);

const chatUsage = named(
  'ChatUsage',
  z
    .looseObject({
      prompt_tokens: tokens,
      completion_tokens: tokens,
      total_tokens: tokens,
      prompt_tokens_details: z.looseObject({ cached_tokens: tokens.nullish() }).nullish(),
      completion_tokens_details: z.looseObject({ reasoning_tokens: tokens.nullish() }).nullish(),
      creditsUsed: credits,
      estimated: z.literal(true).optional().meta({ description: 'The provider told none: these figures are the gateway’s own.' }),
    })
    .meta({ description: 'What a request took, and what it cost.' }),
);

const finishReason = openWords('ChatFinishReason', ['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

export const chatCompletion = named(
  'ChatCompletion',
  z.looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.looseObject({
        index: z.int(),
        message: z.looseObject({
          role: z.literal('assistant'),
          content: z.string().nullish(),
          refusal: z.string().nullish(),
          reasoning_content: z.string().nullish(),
          tool_calls: z.array(toolCall).nullish(),
        }),
        finish_reason: finishReason,
      }),
    ),
    usage: chatUsage,
  }),
);

const delta = named(
  'ChatDelta',
  z
    .looseObject({
      role: z.literal('assistant').nullish(),
      content: z.string().nullish(),
      refusal: z.string().nullish(),
      reasoning_content: z.string().nullish(),
      tool_calls: z
        .array(
          z.looseObject({
            index: z.int(),
            id: z.string().nullish(),
            type: z.literal('function').nullish(),
            function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).optional(),
          }),
        )
        .nullish(),
    })
    .meta({ description: 'What a chunk adds to a message.' }),
);

export const chatChunk = named(
  'ChatChunk',
  z.looseObject({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), delta, finish_reason: finishReason.nullish() })),
    usage: chatUsage.nullish().meta({
      description: 'On the last chunk, beside `finish_reason`; on one of its own where `include_usage` was asked for.',
    }),
  }),
);

export const streamFailure = named('StreamFailure', z.looseObject({ error: z.looseObject({ type: z.string(), message: z.string() }) }));

export const chatReply = named('ChatReply', chatCompletion.extend({ creditsUsed: credits }));
export const chatReplyChunk = chatChunk.extend({ creditsUsed: credits.optional() });

export const textCompletion = z.looseObject({
  choices: z.array(z.looseObject({ index: z.int(), text: z.string(), finish_reason: z.string().nullish() })),
  usage: chatUsage,
});

export const textChunk = z.looseObject({
  choices: z.array(z.looseObject({ index: z.int(), text: z.string(), finish_reason: z.string().nullish() })),
  usage: chatUsage.nullish(),
});

export const embeddingParams = named(
  'EmbeddingParams',
  embeddingsRequest.safeExtend({
    input: z.union([z.string(), z.array(z.string()).min(1), z.array(z.int()).min(1), z.array(z.array(z.int())).min(1)]),
    dimensions: z.int().min(1).nullish(),
  }),
);

export const embeddingResult = named(
  'EmbeddingResult',
  z.looseObject({
    object: z.literal('list'),
    model: z.string(),
    data: z.array(
      z.looseObject({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z
          .union([z.array(z.number()), z.string()])
          .meta({ description: 'Numbers, or with `encoding_format: base64` little-endian float32.' }),
      }),
    ),
    usage: z.looseObject({ prompt_tokens: tokens, total_tokens: tokens, creditsUsed: credits }),
  }),
);
