/**
 * Brings calls of tools and their results together again. A client may lose one of the two when it is interrupted, or when
 * it shortens a conversation, and from then on every request with it is refused:
 * https://github.com/openai/codex/issues/22129 and https://github.com/gptme/gptme/issues/3421
 */
import { type Fields, parseRecord, recordsOf } from '../../core/record';
import { NO_RESULT, RESULT_ALONE } from '../lost-results';
import { inMember, inWholeList } from '../spans';

/** By OpenAI and DeepSeek, Moonshot, MiniMax, Mistral, Google. */
const UNPAIRED: readonly RegExp[] = [
  /\btool_calls\b[^\n]{0,20}\bmust be followed by tool messages\b/i,
  /\bmessages? with role ["'\\]*tool\b["'\\]* must be a response to a prece/i,
  /\btool_call_id\b[^\n]{0,80}\bnot found\b/i,
  /\btool call result does not follow tool call\b|\btool result's tool id\b/i,
  /\bnot the same number of function calls and responses\b/i,
  /\bnumber of function response parts is equal to the number of function call parts\b/i,
  /\btool result is missing for tool call\b/i,
];

const callsIn = ({ role, tool_calls }: Fields): unknown[] => (role === 'assistant' ? recordsOf(tool_calls).map(({ id }) => id) : []);

/** For each message the places of the results of its calls; undefined for those that are lost. */
function resultsOf(turns: readonly Fields[]): (number | undefined)[][] {
  const open = new Map<unknown, ((place: number) => void)[]>();
  return turns.map((turn, index) => {
    if (turn.role === 'tool') open.get(turn.tool_call_id)?.pop()?.(index);
    const ids = callsIn(turn);
    const places: (number | undefined)[] = ids.map(() => undefined);
    // Some models number their calls anew in each turn.
    for (const id of ids) open.set(id, []);
    for (const [at, id] of [...ids.entries()].reverse())
      open.get(id)!.push((place) => {
        places[at] = place;
      });
    return places;
  });
}

function saidAlone({ content }: Fields): string {
  const said = typeof content === 'string' ? `${RESULT_ALONE}\n${content}` : [{ type: 'text', text: RESULT_ALONE }, ...recordsOf(content)];
  return JSON.stringify({ role: 'user', content: said });
}

function paired(raws: readonly string[]): string[] {
  const turns = raws.map(parseRecord);
  const results = resultsOf(turns);
  const taken = new Set(results.flat());
  return raws.flatMap((raw, index) => {
    if (taken.has(index)) return [];
    const turn = turns[index]!;
    if (turn.role === 'tool') return [saidAlone(turn)];
    const ids = callsIn(turn);
    const given = results[index]!.map((place, at) =>
      place === undefined ? JSON.stringify({ role: 'tool', tool_call_id: ids[at], content: NO_RESULT }) : raws[place]!,
    );
    return [raw, ...given];
  });
}

const inMessages = inMember('messages', inWholeList(paired));

/** The body in which each call has its one result behind it, where a refusal misses one. */
export const withPairs = (body: string, message: string): string =>
  UNPAIRED.some((pattern) => pattern.test(message)) ? inMessages(body) : body;
