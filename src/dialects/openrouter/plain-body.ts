/** A chat body that asks in OpenRouter's words, for an upstream that knows none of them. */
import { rewriteMembers, setMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';

const WORDS: readonly string[] = ['reasoning', 'include_reasoning', 'usage', 'transforms', 'route'];
/** These say who answers, unless nothing is in them. */
const ROUTING: readonly string[] = ['fallbacks', 'preset', 'provider', 'plugins'];
const NOTHING = /^(?:null|false|""|\[\s*\]|\{\s*\})$/;

/** Not as in «reasoning models»: OpenAI quotes the one, or lists all. */
const isNamedIn = (message: string, name: string): boolean =>
  new RegExp(`['"\`]${name}['"\`]|supplied: [\\w, ]*\\b${name}\\b`).test(message);

const isPlain = (key: string, raw: string): boolean => !(WORDS.includes(key) || (ROUTING.includes(key) && NOTHING.test(raw)));

function effortOf({ reasoning, reasoning_effort }: Record<string, unknown>): unknown {
  if (!isRecord(reasoning) || (reasoning_effort ?? undefined) !== undefined) return undefined;
  return reasoning.effort ?? (reasoning.enabled === false ? 'none' : undefined);
}

/** The same without them, all at once since upstreams refuse one a time; how much to think is said in OpenAI's way. */
export function plainBody(body: string, message: string): string {
  if (![...WORDS, ...ROUTING].some((name) => isNamedIn(message, name))) return body;
  const fields = parseJson(body);
  const effort = isRecord(fields) ? effortOf(fields) : undefined;
  const plain = rewriteMembers(body, (raw, key) => (isPlain(key, raw) ? raw : undefined));
  return effort === undefined ? plain : setMembers(plain, { reasoning_effort: JSON.stringify(effort) });
}
