import type { Fields } from '../../../core/record';
import { answerChoices, type Choice } from '../answer';
import { type Block, blocksOf } from '../blocks';
import { type Counts, countUsage } from '../counts';
import { IN_BODY_MESSAGE } from '../openai-errors';
import { outputItem } from './items';
import type { StoredAnswer } from './stored-id';

const LOST = 'The sandbox keeps nothing, and this answer was too large for its id.';

/** A whole answer, before it is written as JSON or as a stream. */
export interface ResponseAnswer extends StoredAnswer {
  id: string;
  choice: Choice;
  counts: Counts | undefined;
}

type Status = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

export function answerStored(stored: StoredAnswer, id: string): ResponseAnswer {
  const { request, magic, hash } = stored;
  const choice = stored.lost ? textChoice(LOST) : request.compacts ? textChoice('') : answerChoices(request, magic, hash)[0];
  const spoken = choice ?? textChoice('');
  return {
    ...stored,
    id,
    choice: spoken.parts.length > 0 ? spoken : withEmptyText(spoken),
    counts: countUsage(request.prompt, magic, [spoken]),
  };
}

const textChoice = (text: string): Choice => ({ index: 0, parts: [{ kind: 'content', text }], finishReason: 'stop' });

/** An answer without a word is a message without a word, not an answer without a message. */
const withEmptyText = (choice: Choice): Choice => ({ ...choice, parts: [{ kind: 'content', text: '' }] });

export const finalStatus = ({ choice }: ResponseAnswer): 'completed' | 'incomplete' =>
  choice.finishReason === 'length' ? 'incomplete' : 'completed';

/** The status of an item of a finished answer: the token limit cuts the last one only. */
export const itemStatus = (answer: ResponseAnswer, last: boolean) => (last ? finalStatus(answer) : 'completed');

function outputOf(answer: ResponseAnswer): Fields[] {
  const blocks = blocksOf(answer.choice.parts);
  return blocks.map((block: Block, index) => outputItem(index, block, itemStatus(answer, index === blocks.length - 1), answer));
}

/** The response object as it is with that status. */
export function responseObject(answer: ResponseAnswer, status: Status): Fields {
  const { request, createdSeconds, counts } = answer;
  const ended = status === 'completed' || status === 'incomplete';
  return {
    id: answer.id,
    object: 'response',
    created_at: createdSeconds,
    status,
    background: request.background,
    completed_at: status === 'completed' ? Math.max(createdSeconds, answer.dueSeconds) : null,
    error: status === 'failed' ? { code: 'server_error', message: IN_BODY_MESSAGE } : null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    ...echoed(answer),
    output: ended ? outputOf(answer) : [],
    usage: ended && counts ? usageOf(counts) : null,
  };
}

/** What the request said, or what is assumed where it said nothing. */
function echoed({ request }: ResponseAnswer): Fields {
  const { echo } = request;
  return {
    frequency_penalty: echo.frequency_penalty ?? 0,
    instructions: echo.instructions ?? null,
    max_output_tokens: Number.isFinite(request.maxTokens) ? request.maxTokens : null,
    max_tool_calls: echo.max_tool_calls ?? null,
    model: request.model,
    parallel_tool_calls: request.parallelToolCalls,
    presence_penalty: echo.presence_penalty ?? 0,
    previous_response_id: echo.previous_response_id ?? null,
    prompt_cache_key: echo.prompt_cache_key ?? null,
    reasoning: echo.reasoning ?? { effort: null, summary: null },
    safety_identifier: echo.safety_identifier ?? null,
    service_tier: 'default',
    store: request.stored,
    temperature: echo.temperature ?? 1,
    text: { format: { type: 'text' }, verbosity: 'medium', ...(echo.text as Fields | null | undefined) },
    tool_choice: echo.tool_choice ?? 'auto',
    tools: echo.tools ?? [],
    top_logprobs: echo.top_logprobs ?? 0,
    top_p: echo.top_p ?? 1,
    truncation: echo.truncation ?? 'disabled',
    user: echo.user ?? null,
    metadata: echo.metadata ?? {},
  };
}

export const usageOf = (counts: Counts) => ({
  input_tokens: counts.promptTokens,
  input_tokens_details: { cached_tokens: counts.cachedTokens },
  output_tokens: counts.outputTokens,
  output_tokens_details: { reasoning_tokens: counts.reasoningTokens },
  total_tokens: counts.promptTokens + counts.outputTokens,
});
