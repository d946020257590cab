import { rewriteMembers } from '../../../core/json';
import { type Fields, isRecord, listOf } from '../../../core/record';
import { repairedChatBody } from '../../openai-chat/repair';
import type { ResponsesRequest } from '../types';
import { ChatMessages } from './messages';
import { type ChatToolChoice, type ChatTools, chatToolChoice, chatTools, type ToolOrigin } from './tools';

/** A Responses call as a chat call, and what is needed to convert its answer back. */
export interface ChatCrossing {
  /** The chat body without the model. */
  fields: Fields;
  origins: ReadonlyMap<string, ToolOrigin>;
}

/**
 * Fields that rely on something a chat upstream does not keep, run or know; a call with one cannot cross. Fields
 * without an effect there are left out: `max_tool_calls` and most of `include` concern tools that the upstream runs. So
 * is `truncation`; an input that is too long is then refused.
 */
const BEYOND_CHAT = ['previous_response_id', 'prompt', 'context_management', 'moderation'] as const;

/** Fields of the same meaning, by their chat names. */
const SAME: Readonly<Record<string, string>> = {
  // Not `max_completion_tokens`: upstreams that do not know it would leave the answer unbounded.
  max_tokens: 'max_output_tokens',
  temperature: 'temperature',
  top_p: 'top_p',
  user: 'user',
  metadata: 'metadata',
  prompt_cache_key: 'prompt_cache_key',
  safety_identifier: 'safety_identifier',
  service_tier: 'service_tier',
};

/** What the response reports for these two fields. */
export const OWN_TERMS = { store: false, truncation: 'disabled' } as const;

/** No schema comes near; what has many thousands could not be written into the answer, which repeats it. */
const MOST_LEVELS = 500;

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

/** The crossed call, or the field that it cannot cross with. */
export type ChatCrossed = { ok: true; crossing: ChatCrossing } | { ok: false; field: string };

const beyond = (field: string): ChatCrossed => ({ ok: false, field });

/** Nothing that the caller relies on is silently dropped: a call that asks for what chat cannot do does not cross. */
export function crossToChat({ fields, stream, background }: Pick<ResponsesRequest, 'fields' | 'stream' | 'background'>): ChatCrossed {
  const missing = background ? 'background' : BEYOND_CHAT.find((name) => isGiven(fields[name]));
  if (missing !== undefined) return beyond(missing);
  const deep = Object.keys(fields).find((name) => name !== 'input' && isDeeper(fields[name], MOST_LEVELS));
  if (deep !== undefined) return beyond(deep);
  const chat = new ChatMessages();
  if (!chat.instruct(fields.instructions)) return beyond(placeIn('instructions', chat.unsaid));
  if (!chat.addAll(fields.input) || chat.messages.length === 0) return beyond(placeIn('input', chat.unsaid));
  const given = listOf(fields.tools);
  const tools = chatTools([...given, ...chat.tools]);
  if ('beyond' in tools) return beyond(tools.beyond < given.length ? placeIn('tools', tools.beyond) : 'input');
  const chosen = chatToolChoice(fields.tool_choice, tools);
  return chosen ? { ok: true, crossing: crossing(fields, stream, chat, tools, chosen) } : beyond('tool_choice');
}

const placeIn = (field: string, index: number): string => (index < 0 ? field : `${field}[${index}]`);

function crossing(fields: Fields, stream: boolean, chat: ChatMessages, tools: ChatTools, chosen: ChatToolChoice): ChatCrossing {
  const same = Object.entries(SAME).flatMap(([name, from]) => (isGiven(fields[from]) ? [[name, fields[from]]] : []));
  const hasTools = chosen.functions.length > 0;
  return {
    fields: {
      messages: chat.messages,
      ...(hasTools && { tools: chosen.functions }),
      ...(hasTools && isGiven(chosen.choice) && { tool_choice: chosen.choice }),
      ...(hasTools && isGiven(fields.parallel_tool_calls) && { parallel_tool_calls: fields.parallel_tool_calls }),
      ...textFields(fields.text),
      ...reasoningFields(fields.reasoning),
      ...logprobFields(fields),
      ...Object.fromEntries(same),
      ...(stream && { stream, stream_options: { include_usage: true } }),
    },
    origins: tools.origins,
  };
}

function textFields(text: unknown): Fields {
  if (!isRecord(text)) return {};
  const verbosity = isGiven(text.verbosity) ? { verbosity: text.verbosity } : {};
  if (!isRecord(text.format) || text.format.type === 'text') return verbosity;
  const { type, ...schema } = text.format;
  return { ...verbosity, response_format: type === 'json_schema' ? { type, json_schema: schema } : text.format };
}

const reasoningFields = (reasoning: unknown): Fields =>
  isRecord(reasoning) && isGiven(reasoning.effort) ? { reasoning_effort: reasoning.effort } : {};

/** Either of the two fields asks for them: https://platform.openai.com/docs/api-reference/responses/create */
function logprobFields({ include, top_logprobs }: Fields): Fields {
  const alternatives = isGiven(top_logprobs) && top_logprobs !== 0 ? { top_logprobs } : undefined;
  const isIncluded = Array.isArray(include) && include.includes('message.output_text.logprobs');
  return alternatives || isIncluded ? { logprobs: true, ...alternatives } : {};
}

/** Fields that an upstream may not know, and that an answer does not depend on. */
const OPTIONAL = [
  'verbosity',
  'reasoning_effort',
  'parallel_tool_calls',
  'prompt_cache_key',
  'safety_identifier',
  'service_tier',
  'metadata',
  'user',
] as const;

/** The call without what a refusal names; undefined where that is the caller's to change. */
export function repairedCrossing(crossing: ChatCrossing, message: string): ChatCrossing | undefined {
  const refused = new Set<string>(OPTIONAL.filter((name) => new RegExp(`\\b${name}\\b`).test(message)));
  const before = JSON.stringify(crossing.fields);
  const without = rewriteMembers(before, (raw, name) => (refused.has(name) ? undefined : raw));
  const after = repairedChatBody(without, message) ?? without;
  return after === before ? undefined : { ...crossing, fields: JSON.parse(after) as Fields };
}
