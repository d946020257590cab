/**
 * Completes calls of tools without a result, and results without their call. A client may lose one of the two when it is
 * interrupted, and from then on every request with the other is refused: https://github.com/livekit/agents/issues/5092
 */
import { type Fields, isFilled, parseRecord, recordsOf } from '../../core/record';
import { NO_RESULT, RESULT_ALONE } from '../lost-results';
import { inMember, inWholeList } from '../spans';

const UNPAIRED = /\bno tool (?:output|call) found for\b/i;

const isCall = ({ type }: Fields): boolean => type === 'function_call' || type === 'custom_tool_call';
const isOutput = ({ type }: Fields): boolean => type === 'function_call_output' || type === 'custom_tool_call_output';

function saidAlone({ output }: Fields): string {
  const said =
    typeof output === 'string' ? `${RESULT_ALONE}\n${output}` : [{ type: 'input_text', text: RESULT_ALONE }, ...recordsOf(output)];
  return JSON.stringify({ role: 'user', content: said });
}

const noResult = ({ type, call_id }: Fields): string => JSON.stringify({ type: `${String(type)}_output`, call_id, output: NO_RESULT });

function paired(raws: readonly string[]): string[] {
  const items = raws.map(parseRecord);
  const idsOf = (isOne: (item: Fields) => boolean): Set<unknown> => new Set(items.filter(isOne).map(({ call_id }) => call_id));
  const called = idsOf(isCall);
  const answered = idsOf(isOutput);
  return raws.flatMap((raw, index) => {
    const item = items[index]!;
    if (isCall(item) && !answered.has(item.call_id)) return [raw, noResult(item)];
    return [isOutput(item) && !called.has(item.call_id) ? saidAlone(item) : raw];
  });
}

const inInput = inMember('input', inWholeList(paired));

/** The body in which each call has a result, where a refusal misses one. The calls before a stored answer are not in it. */
export function withPairs(body: string, message: string): string {
  if (!UNPAIRED.test(message)) return body;
  return isFilled(parseRecord(body).previous_response_id) ? body : inInput(body);
}
