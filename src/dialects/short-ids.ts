/** Shortens ids of tool calls that are too long for an upstream, from other models' turns in the conversation. */
import { setMembers } from '../core/json';
import { isRecord, parseJson } from '../core/record';

/** OpenAI allows 40 characters in chat and 64 in Responses: https://github.com/vercel/ai/issues/5171 */
const TOO_LONG = /\b(?:tool_calls\b[^\n]{0,20}\bid|tool_call_id|call_id)'?: string too long\b[^\n]{0,60}\bmaximum length (\d+)/i;

/** Shortens the id in an object's member; the same text where it is short enough. */
export type Shortened = (raw: string, member: string) => string;

/** Undefined where such an id was not what was refused. Ids depend only on the conversation, so each turn gets the same ones. */
export function shortenedIds(refusal: string): Shortened | undefined {
  const [, most] = TOO_LONG.exec(refusal) ?? [];
  if (most === undefined) return undefined;
  const given = new Map<string, string>();
  return (raw, member) => {
    const json = parseJson(raw);
    const id = isRecord(json) ? json[member] : undefined;
    if (typeof id !== 'string' || id.length <= Number(most)) return raw;
    const short = given.get(id) ?? `long_call_${given.size + 1}`;
    given.set(id, short);
    return setMembers(raw, { [member]: JSON.stringify(short) });
  };
}
