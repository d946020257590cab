import { type Fields, isNotEmpty, isRecord, listOf, parseRecord, recordOf } from '../../../core/record';
import { repairedResponsesBody } from '../../openai-responses/repair';
import { refusesOption } from '../../refused-options';
import { refusesMetadata } from '../repair';
import type { ChatRequest } from '../request';
import { InputItems } from './messages';
import type { ThoughtsByCall } from './thoughts';
import { responsesToolChoice, responsesTools } from './tools';

/** The body of a Responses call without the model; or the field that has no counterpart there. */
export type ResponsesCrossing = { ok: true; fields: Fields } | { ok: false; field: string };

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/**
 * Fields without a counterpart in this format, with the values that ask for something. `seed` and `prediction` are not
 * listed: they promise nothing about the answer and are simply left out.
 */
const BEYOND: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value !== 1,
  stop: isNotEmpty,
  logit_bias: isNotEmpty,
  frequency_penalty: (value) => value !== 0,
  presence_penalty: (value) => value !== 0,
  audio: isRecord,
  modalities: (value) => Array.isArray(value) && (value as unknown[]).some((one) => one !== 'text'),
  web_search_options: isRecord,
  // Both formats have it, but their results differ in shape.
  moderation: isRecord,
  functions: isNotEmpty,
};

/** Fields of the same name and meaning. */
const SAME = [
  'temperature',
  'top_p',
  'user',
  'metadata',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
] as const;

/**
 * The smallest bound that this format accepts:
 * https://platform.openai.com/docs/api-reference/responses/create#responses_create-max_output_tokens
 */
const LEAST_OUTPUT_TOKENS = 16;
const CIPHER = 'reasoning.encrypted_content';

export function crossToResponses(request: ChatRequest, thoughts: ThoughtsByCall): ResponsesCrossing {
  return crossFields(parseRecord(request.body), request, thoughts);
}

/** @param json The body of a chat call. */
export function crossFields(
  json: Fields,
  { stream, maxOutputTokens }: Pick<ChatRequest, 'stream' | 'maxOutputTokens'>,
  thoughts: ThoughtsByCall,
): ResponsesCrossing {
  const beyond = Object.entries(BEYOND).find(([name, asks]) => isGiven(json[name]) && asks(json[name]));
  if (beyond) return { ok: false, field: beyond[0] };
  const input = new InputItems(thoughts);
  const messages = listOf(json.messages);
  const unsaid = messages.findIndex((message) => !isRecord(message) || !input.add(message));
  if (unsaid >= 0) return { ok: false, field: `messages[${unsaid}]` };
  const tools = toolFields(json);
  if (!tools) return { ok: false, field: 'tools' };
  const text = textFields(json);
  if (!text) return { ok: false, field: 'response_format' };
  const same = SAME.flatMap((name) => (isGiven(json[name]) ? [[name, json[name]]] : []));
  return {
    ok: true,
    fields: {
      input: input.items,
      ...tools,
      ...text,
      ...reasoningFields(json),
      ...Object.fromEntries(same),
      ...logprobFields(json),
      ...(maxOutputTokens !== undefined && { max_output_tokens: Math.max(maxOutputTokens, LEAST_OUTPUT_TOKENS) }),
      store: json.store === true,
      ...(stream && { stream }),
    },
  };
}

function toolFields({ tools, tool_choice, parallel_tool_calls }: Fields): Fields | undefined {
  if (!Array.isArray(tools) || tools.length === 0) return {};
  const converted = responsesTools(tools as unknown[]);
  return (
    converted && {
      tools: converted,
      ...(isGiven(tool_choice) && { tool_choice: responsesToolChoice(tool_choice) }),
      ...(isGiven(parallel_tool_calls) && { parallel_tool_calls }),
    }
  );
}

function textFields({ response_format, verbosity }: Fields): Fields | undefined {
  const format = formatOf(response_format);
  if (!format) return undefined;
  const text = { ...format, ...(isGiven(verbosity) && { verbosity }) };
  return Object.keys(text).length === 0 ? {} : { text };
}

function formatOf(format: unknown): Fields | undefined {
  if (!isGiven(format)) return {};
  if (!isRecord(format)) return undefined;
  if (format.type === 'json_schema' && isRecord(format.json_schema))
    return { format: { ...format.json_schema, type: 'json_schema', strict: format.json_schema.strict === true } };
  return format.type === 'text' || format.type === 'json_object' ? { format: { type: format.type } } : undefined;
}

/**
 * Clients that ask for thinking are shown a summary. Thoughts are always requested encrypted, so that later turns can
 * send them back: upstream nothing is stored.
 */
function reasoningFields({ reasoning_effort, reasoning }: Fields): Fields {
  const { effort = reasoning_effort, enabled, exclude } = recordOf(reasoning);
  const isAsked = isGiven(effort);
  const shows = (isAsked ? effort !== 'none' : enabled === true) && exclude !== true;
  return {
    ...((isAsked || shows) && { reasoning: { ...(isAsked && { effort }), ...(shows && { summary: 'auto' }) } }),
    include: [CIPHER],
  };
}

const logprobFields = ({ logprobs, top_logprobs }: Fields): Fields =>
  logprobs === true ? { include: [CIPHER, 'message.output_text.logprobs'], ...(isGiven(top_logprobs) && { top_logprobs }) } : {};

/**
 * The call without the refused part, if the gateway had added that itself or the answer does not depend on it;
 * undefined where it is the caller's to change.
 */
export function repairedFields(fields: Fields, message: string): Fields | undefined {
  const before = JSON.stringify(fields);
  const repaired = JSON.parse(repairedResponsesBody(before, message) ?? before) as Fields;
  // OpenAI gives summaries only to verified organizations.
  if (/summar/i.test(message) && isRecord(repaired.reasoning)) {
    const { summary: _, ...others } = repaired.reasoning;
    repaired.reasoning = others;
  }
  if (/encrypted[_ ]content|\binclude\b/i.test(message) && refusesOption(message) && Array.isArray(repaired.include)) {
    const include = (repaired.include as unknown[]).filter((one) => one !== CIPHER);
    if (include.length > 0) repaired.include = include;
    else delete repaired.include;
  }
  if (refusesMetadata(message)) delete repaired.metadata;
  return JSON.stringify(repaired) === before ? undefined : repaired;
}
