/** Ids of calls that are too long for an upstream: those that others have given them earlier in a conversation. */
import { setMembers } from '../core/json';
import { isRecord, parseJson } from '../core/record';

/** OpenAI takes 40 characters in chat, and 64 in Responses: https://github.com/vercel/ai/issues/5171 */
const TOO_LONG = /\b(?:tool_calls\b[^\n]{0,20}\bid|tool_call_id|call_id)'?: string too long\b[^\n]{0,60}\bmaximum length (\d+)/i;

/** Gives an object another id in a member; the same text where the one that it has will do. */
export type Shortened = (raw: string, member: string) => string;

/** Undefined where it is not such an id that was refused. The same conversation is given the same ids again, call by call. */
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
