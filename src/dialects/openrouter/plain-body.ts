/** Removes OpenRouter's own fields from a chat body, for an upstream that refuses them. */
import { rewriteMembers, setMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';
import { isNamedIn } from '../named-in';

const WORDS: readonly string[] = ['reasoning', 'include_reasoning', 'usage', 'transforms', 'route'];
/** Fields that decide who answers; a non-empty one must not be dropped. */
const ROUTING: readonly string[] = ['fallbacks', 'preset', 'provider', 'plugins'];
const NOTHING = /^(?:null|false|""|\[\s*\]|\{\s*\})$/;

const isPlain = (key: string, raw: string): boolean => !(WORDS.includes(key) || (ROUTING.includes(key) && NOTHING.test(raw)));

function effortOf({ reasoning, reasoning_effort }: Record<string, unknown>): unknown {
  if (!isRecord(reasoning) || (reasoning_effort ?? undefined) !== undefined) return undefined;
  return reasoning.effort ?? (reasoning.enabled === false ? 'none' : undefined);
}

/** Removes all of them at once, since upstreams refuse one at a time. How much to think is written in OpenAI's way. */
export function plainBody(body: string, message: string): string {
  if (![...WORDS, ...ROUTING].some((name) => isNamedIn(message, name))) return body;
  const fields = parseJson(body);
  const effort = isRecord(fields) ? effortOf(fields) : undefined;
  const plain = rewriteMembers(body, (raw, key) => (isPlain(key, raw) ? raw : undefined));
  return effort === undefined ? plain : setMembers(plain, { reasoning_effort: JSON.stringify(effort) });
}
