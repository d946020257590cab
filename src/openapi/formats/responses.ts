/** Responses, as OpenAI writes them: https://platform.openai.com/docs/api-reference/responses */
import * as z from 'zod';
import { responsesRequest } from '../../dialects/openai-responses/request';
import { credits, named, open, openWords, otherModels, records } from '../schemas';

const tokens = z.int().min(0);

const inputPart = open(
  'ResponseInputPart',
  'type',
  z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('input_text'), text: z.string() }),
      z.looseObject({
        type: z.literal('input_image'),
        image_url: z.string().nullish(),
        file_id: z.string().nullish(),
        detail: z.enum(['auto', 'low', 'high']).optional(),
      }),
      z.looseObject({
        type: z.literal('input_file'),
        file_data: z.string().optional(),
        file_id: z.string().nullish(),
        file_url: z.string().optional(),
        filename: z.string().optional(),
      }),
      z.looseObject({ type: z.literal('output_text'), text: z.string() }),
    ])
    .meta({ description: 'A part of a message that is sent.' }),
);

const outputPart = open(
  'ResponseOutputPart',
  'type',
  z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('output_text'), text: z.string(), annotations: z.array(z.unknown()).optional() }),
      z.looseObject({ type: z.literal('refusal'), refusal: z.string() }),
      z.looseObject({ type: z.literal('reasoning_text'), text: z.string() }),
    ])
    .meta({ description: 'A part of a message of the model’s.' }),
);

const itemStatus = openWords('ResponseItemStatus', ['in_progress', 'completed', 'incomplete']);

const calls = {
  id: z.string().nullish(),
  call_id: z.string(),
  name: z.string(),
  status: itemStatus.nullish(),
};

const outputItem = open(
  'ResponseOutputItem',
  'type',
  z
    .discriminatedUnion('type', [
      z.looseObject({
        type: z.literal('message'),
        id: z.string(),
        role: z.literal('assistant'),
        status: itemStatus,
        content: z.array(outputPart),
      }),
      z.looseObject({ type: z.literal('function_call'), ...calls, arguments: z.string().meta({ description: 'JSON.' }) }),
      z.looseObject({ type: z.literal('custom_tool_call'), ...calls, input: z.string() }),
      z.looseObject({
        type: z.literal('reasoning'),
        id: z.string(),
        summary: z.array(z.looseObject({ type: z.literal('summary_text'), text: z.string() })),
        encrypted_content: z.string().nullish(),
      }),
    ])
    .meta({ description: 'An item of an answer.' }),
);

const inputMessage = z.looseObject({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'system', 'developer', 'assistant']),
  content: z.union([z.string(), z.array(inputPart)]),
});

const functionOutput = z.looseObject({
  type: z.literal('function_call_output'),
  call_id: z.string(),
  output: z.union([z.string(), z.array(inputPart)]),
});

export const inputItem = z.union([
  named(
    'ResponseInputItem',
    z.union([inputMessage, functionOutput, outputItem]).meta({
      description: 'What is sent: messages, results of tools, and items of earlier answers as they came.',
    }),
  ),
  z.looseObject({}).meta({ 'x-unlisted': true }),
]);

export const responseParams = named(
  'ResponseParams',
  responsesRequest.safeExtend({
    models: otherModels,
    input: z.union([z.string(), z.array(inputItem)]).nullish(),
    conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
    instructions: z.string().nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    tools: z
      .array(
        z.union([
          z.looseObject({
            type: z.literal('function'),
            name: z.string(),
            description: z.string().nullish(),
            parameters: records.nullish(),
            strict: z.boolean().nullish(),
          }),
          z.looseObject({ type: z.string().meta({ not: { enum: ['function'] } }) }).meta({ description: 'One of the provider’s own.' }),
        ]),
      )
      .optional(),
    tool_choice: z
      .union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: z.string(), name: z.string().optional() })])
      .optional(),
    reasoning: z
      .looseObject({
        effort: z.string().nullish().meta({ description: 'Such as `low`, `medium` or `high`.' }),
        summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
      })
      .nullish(),
    text: z
      .looseObject({
        format: z
          .looseObject({ type: z.string(), name: z.string().optional(), schema: records.optional(), strict: z.boolean().nullish() })
          .optional(),
        verbosity: z.string().nullish(),
      })
      .optional(),
  }),
);

const responseUsage = named(
  'ResponseUsage',
  z
    .looseObject({
      input_tokens: tokens,
      input_tokens_details: z.looseObject({ cached_tokens: tokens.nullish() }).nullish(),
      output_tokens: tokens,
      output_tokens_details: z.looseObject({ reasoning_tokens: tokens.nullish() }).nullish(),
      total_tokens: tokens,
      creditsUsed: credits,
      estimated: z.literal(true).optional().meta({ description: 'The provider told none: these figures are the gateway’s own.' }),
    })
    .meta({ description: 'What a request took, and what it cost.' }),
);

const base = {
  id: z.string(),
  object: z.literal('response'),
  created_at: z.number(),
  model: z.string(),
  output: z.array(outputItem),
  previous_response_id: z.string().nullish(),
  conversation: z.looseObject({ id: z.string() }).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
};

const failure = z.looseObject({ code: z.string(), message: z.string() });

const answerWith = (usage: z.ZodType) =>
  z.discriminatedUnion('status', [
    z.looseObject({ ...base, status: z.literal('completed'), usage, error: z.null().optional() }),
    z.looseObject({
      ...base,
      status: z.literal('incomplete'),
      usage,
      incomplete_details: z.looseObject({ reason: z.string() }).nullish(),
    }),
    z.looseObject({ ...base, status: z.enum(['queued', 'in_progress']), usage: z.null().optional() }),
    z.looseObject({ ...base, status: z.literal('failed'), usage: usage.nullish(), error: failure }),
    z.looseObject({ ...base, status: z.literal('cancelled'), usage: usage.nullish() }),
  ]);

export const responseObject = named('ResponseObject', answerWith(responseUsage).meta({ description: 'An answer, by its status.' }));

const storedUsage = named(
  'StoredResponseUsage',
  responseUsage.partial({ creditsUsed: true }).meta({ description: 'With what it cost, once that is charged.' }),
);

export const storedResponse = named(
  'StoredResponse',
  answerWith(storedUsage).meta({ description: 'An answer that was stored or is made in the background, by its status.' }),
);

const numbered = { sequence_number: z.int().min(0) };
const inItem = { ...numbered, item_id: z.string(), output_index: z.int() };
const inContent = { ...inItem, content_index: z.int() };
const inSummary = { ...inItem, summary_index: z.int() };

const whole = (response: z.ZodType) =>
  z.looseObject({
    type: z.enum([
      'response.created',
      'response.in_progress',
      'response.queued',
      'response.completed',
      'response.incomplete',
      'response.failed',
    ]),
    ...numbered,
    response,
  });

const PARTS = [
  z.looseObject({
    type: z.enum(['response.output_item.added', 'response.output_item.done']),
    ...numbered,
    output_index: z.int(),
    item: outputItem,
  }),
  z.looseObject({ type: z.enum(['response.content_part.added', 'response.content_part.done']), ...inContent, part: outputPart }),
  z.looseObject({ type: z.literal('response.output_text.delta'), ...inContent, delta: z.string() }),
  z.looseObject({ type: z.literal('response.output_text.done'), ...inContent, text: z.string() }),
  z.looseObject({ type: z.literal('response.refusal.delta'), ...inContent, delta: z.string() }),
  z.looseObject({ type: z.literal('response.refusal.done'), ...inContent, refusal: z.string() }),
  z.looseObject({ type: z.literal('response.function_call_arguments.delta'), ...inItem, delta: z.string() }),
  z.looseObject({ type: z.literal('response.function_call_arguments.done'), ...inItem, arguments: z.string() }),
  z.looseObject({ type: z.literal('response.custom_tool_call_input.delta'), ...inItem, delta: z.string() }),
  z.looseObject({ type: z.literal('response.custom_tool_call_input.done'), ...inItem, input: z.string() }),
  z.looseObject({ type: z.literal('response.reasoning_summary_text.delta'), ...inSummary, delta: z.string() }),
  z.looseObject({ type: z.literal('response.reasoning_summary_text.done'), ...inSummary, text: z.string() }),
  z.looseObject({ type: z.literal('response.reasoning_text.delta'), ...inContent, delta: z.string() }),
  z.looseObject({ type: z.literal('response.reasoning_text.done'), ...inContent, text: z.string() }),
  z.looseObject({ type: z.literal('keepalive'), ...numbered }),
] as const;

export const responseEvent = open(
  'ResponseEvent',
  'type',
  z.discriminatedUnion('type', [whole(responseObject), ...PARTS]).meta({ description: 'An event of a streamed answer.' }),
  ['error'],
);

export const storedResponseEvent = open(
  'StoredResponseEvent',
  'type',
  z.discriminatedUnion('type', [whole(storedResponse), ...PARTS]).meta({ description: 'An event of an answer that is streamed again.' }),
  ['error'],
);

export const responseItems = named('ResponseItems', z.looseObject({ object: z.literal('list'), data: z.array(inputItem) }));
export const responseDeleted = named('ResponseDeleted', z.looseObject({ id: z.string(), deleted: z.boolean() }));
export const inputTokens = z.looseObject({ object: z.literal('response.input_tokens'), input_tokens: tokens });
export const compacted = z.looseObject({ id: z.string(), object: z.string(), output: z.array(inputItem) });

export const responseFailure = named(
  'ResponseFailure',
  z.looseObject({ type: z.literal('error'), code: z.string().nullish(), message: z.string().nullish() }),
);
