/** Repairs of a chat body that an upstream refused. Whatever is not changed keeps its bytes. */

import { members, renameMembers, rewriteElements, rewriteMembers, setMembers, withoutMember } from '../../core/json';
import { isFilled, isRecord, listOf, parseJson, parseRecord } from '../../core/record';
import { isNamedIn } from '../named-in';
import { plainBody } from '../openrouter/plain-body';
import { refusesOption, withoutSampling } from '../refused-options';
import { shortenedIds } from '../short-ids';
import { eachIn, without } from '../spans';
import { asReminder } from '../system-reminder';
import { extraContent, missesSignature, NO_SIGNATURE, refusesSignature, signatureIn } from '../thought-signatures';
import { wholeSchemas } from '../whole-schemas';
import { IMAGES_DRAWN } from './drawn-images';
import { plainSchemas } from './plain-schemas';
import { withPairs } from './tool-pairs';
import { withUsersPictures } from './users-pictures';

type Repair = (body: string, message: string) => string;

const BOUNDS = ['max_tokens', 'max_completion_tokens'] as const;

/** Renames the output bound: each of its two names is unknown to some upstream, whose refusal then suggests the other or nothing. */
const renameBound: Repair = (body, message) => {
  const named = BOUNDS.filter((name) => new RegExp(`\\b${name}\\b`).test(message));
  if (named.length === 0 || (named.length === 1 && !refusesOption(message))) return body;
  const given = BOUNDS.filter((name) => members(body).some(({ key }) => key === name));
  const [from] = given;
  if (from === undefined || given.length > 1 || !named.includes(from)) return body;
  return renameMembers(body, from, BOUNDS.find((name) => name !== from)!);
};

/** Only OpenAI knows the role `developer`; elsewhere it is `system`. */
const renameDeveloper: Repair = (body, message) =>
  /\bdeveloper\b/i.test(message)
    ? eachIn('messages', (raw) => (parseRecord(raw).role === 'developer' ? setMembers(raw, { role: '"system"' }) : raw))(body)
    : body;

/**
 * From MiniMax, and from templates of Qwen and others: https://github.com/openclaw/openclaw/issues/19386 and
 * https://github.com/BerriAI/litellm/pull/39282
 */
const ONE_SYSTEM = /\bsystem message must be (?:at the (?:beginning|start)|first)|\binvalid (?:chat setting|message role: system)/i;

const isSystem = (turn: unknown): boolean => isRecord(turn) && (turn.role === 'system' || turn.role === 'developer');

function saidIn(turn: unknown): string {
  const content = isRecord(turn) ? turn.content : undefined;
  if (typeof content === 'string') return content;
  const parts = listOf(content);
  return parts.flatMap((part) => (isRecord(part) && isFilled(part.text) ? [part.text] : [])).join('\n');
}

/** Joins leading system messages into one; later ones become the user's, marked as reminders. */
const gatherSystem: Repair = (body, message) => {
  const { messages } = ONE_SYSTEM.test(message) ? parseRecord(body) : {};
  if (!Array.isArray(messages)) return body;
  const turns = messages as unknown[];
  const others = turns.findIndex((turn) => !isSystem(turn));
  const leading = turns.slice(0, others < 0 ? turns.length : others);
  const changed = (raw: string, index: number): string | undefined => {
    if (!isSystem(turns[index])) return raw;
    if (index >= leading.length) return JSON.stringify({ role: 'user', content: asReminder(saidIn(turns[index])) });
    if (index > 0) return undefined;
    return leading.length === 1 ? raw : JSON.stringify({ role: 'system', content: leading.map(saidIn).join('\n\n') });
  };
  return rewriteMembers(body, (raw, key) => (key === 'messages' ? rewriteElements(raw, changed) : raw));
};

const BROKEN_ARGUMENTS = /\barguments\b[^\n]{0,40}\bjson\b|\bjson\b[^\n]{0,40}\barguments\b/i;

function readableCall(raw: string): string {
  const { function: called } = parseRecord(raw);
  if (!isRecord(called) || typeof called.arguments !== 'string' || isRecord(parseJson(called.arguments))) return raw;
  const args = called.arguments.trim() === '' ? {} : { unreadable: called.arguments };
  const given = JSON.stringify(JSON.stringify(args));
  return rewriteMembers(raw, (value, key) => (key === 'function' ? setMembers(value, { arguments: given }) : value));
}

/** Arguments that were cut off or malformed would get every later turn refused. */
const mendArguments: Repair = (body, message) =>
  BROKEN_ARGUMENTS.test(message) ? eachIn('messages', eachIn('tool_calls', readableCall))(body) : body;

/** Beside calls OpenAI allows null content, Google does not: https://github.com/ujisati/claude-code-provider-proxy/issues/3 */
const NULL_CONTENT = /\bcontent\b[^\n]{0,60}\bnull\b/i;

const fillContent: Repair = (body, message) =>
  NULL_CONTENT.test(message)
    ? eachIn('messages', (raw) => (parseRecord(raw).content === null ? setMembers(raw, { content: '""' }) : raw))(body)
    : body;

/** From Moonshot (https://github.com/MoonshotAI/kimi-code/issues/1985) and DeepSeek. */
const SILENT = /\brole 'assistant' must not be empty|\bcontent or tool_calls must be set\b/i;

const saysNothing = ({ role, content, ...more }: Record<string, unknown>): boolean =>
  role === 'assistant' &&
  saidIn({ content }).trim() === '' &&
  listOf(content).every((part) => isRecord(part) && part.type === 'text') &&
  ['tool_calls', 'images'].every((name) => listOf(more[name]).length === 0) &&
  !isRecord(more.audio);

/** Leaves out turns in which an assistant said and did nothing, as one that was stopped while it thought. */
const leaveOutSilent: Repair = (body, message) =>
  SILENT.test(message) ? eachIn('messages', (raw) => (saysNothing(parseRecord(raw)) ? undefined : raw))(body) : body;

/** Pictures that a model drew become the user's, for upstreams without pictures in an assistant's message. */
const showDrawn: Repair = (body, message) =>
  /\bimages\b/.test(message) && refusesOption(message)
    ? eachIn('messages', (raw) => {
        const { role, images, tool_calls } = parseRecord(raw);
        if (role !== 'assistant' || !Array.isArray(images)) return raw;
        const said = withoutMember(raw, 'images');
        // Results must follow their calls directly, so nothing may come between.
        if (images.length === 0 || Array.isArray(tool_calls)) return said;
        return `${said},${JSON.stringify({ role: 'user', content: [{ type: 'text', text: IMAGES_DRAWN }, ...(images as unknown[])] })}`;
      })(body)
    : body;

const shortenIds: Repair = (body, message) => {
  const shortened = shortenedIds(message);
  if (!shortened) return body;
  const inCalls = eachIn('tool_calls', (raw) => shortened(raw, 'id'));
  return eachIn('messages', (raw) => shortened(inCalls(raw), 'tool_call_id'))(body);
};

const UNSIGNED = JSON.stringify(extraContent(NO_SIGNATURE).extra_content);

const sign: Repair = (body, message) => {
  if (!refusesSignature(message)) return body;
  const all = !missesSignature(message);
  const signCalls = eachIn('tool_calls', (raw) =>
    all || signatureIn(parseRecord(raw)) === undefined ? setMembers(raw, { extra_content: UNSIGNED }) : raw,
  );
  return eachIn('messages', (raw) => signCalls(all ? without('extra_content')(raw) : raw))(body);
};

const dropSignatures: Repair = (body, message) =>
  /extra_content/i.test(message) && refusesOption(message)
    ? eachIn('messages', (raw) => eachIn('tool_calls', without('extra_content'))(without('extra_content')(raw)))(body)
    : body;

/** Moonshot counts an empty text as missing: https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model */
export const NO_THOUGHT = ' ';

export const refusesThoughts = (message: string): boolean => /reasoning_content/.test(message);

/** Are thoughts missing, or is the field unknown? */
export const missesThoughts = (message: string): boolean =>
  !refusesOption(message) && /missing|required|must be|passed back/i.test(message);

/** Thinking models want the thoughts of their own past turns, which many clients drop; other models refuse the field. */
const mendThoughts: Repair = (body, message) => {
  if (!refusesThoughts(message)) return body;
  if (!missesThoughts(message)) return eachIn('messages', without('reasoning_content'))(body);
  return eachIn('messages', (raw) => {
    const { role, reasoning_content } = parseRecord(raw);
    return role === 'assistant' && !isFilled(reasoning_content) ? setMembers(raw, { reasoning_content: JSON.stringify(NO_THOUGHT) }) : raw;
  })(body);
};

const sayPlainly: Repair = (body, message) => (refusesOption(message) ? plainBody(body, message) : body);

/** Many clients always send these lists, but OpenAI refuses empty ones: https://github.com/continuedev/continue/issues/3370 */
const EMPTY_LISTS = /\b(?:tools|functions|tool_calls)\b/;
const REFUSES_EMPTY = /\bempty\b|too short|at least (?:1|one)\b|minimum length/i;
/** Options about tools in a request without any. */
const NEEDS_TOOLS = /only allowed when ['"`]?tools['"`]? (?:are|is)|['"`]?tools['"`]? must be (?:set|specified|provided)/i;
const TOOL_OPTIONS: readonly string[] = ['tool_choice', 'parallel_tool_calls'];
const IDLE_CHOICES: readonly unknown[] = ['auto', 'none', null];

const withoutEmpty =
  (...names: readonly string[]) =>
  (text: string): string =>
    rewriteMembers(text, (raw, key) => (names.includes(key) && isEmptyList(raw) ? undefined : raw));

const isEmptyList = (raw: string): boolean => /^\[\s*\]$/.test(raw);

/** Does this value ask for no more than leaving the field out? */
const isIdle = (key: string, raw: string): boolean => /^(?:null|false|""|\[\s*\]|\{\s*\})$/.test(raw) || (key === 'n' && raw === '1');

const leaveOutIdle: Repair = (body, message) =>
  refusesOption(message) || REFUSES_EMPTY.test(message)
    ? rewriteMembers(body, (raw, key) => (isIdle(key, raw) && isNamedIn(message, key) ? undefined : raw))
    : body;

const leaveOutEmpty: Repair = (body, message) => {
  const refused = (EMPTY_LISTS.test(message) && REFUSES_EMPTY.test(message)) || NEEDS_TOOLS.test(message);
  if (!refused) return body;
  const filled = withoutEmpty('tools', 'functions')(eachIn('messages', withoutEmpty('tool_calls'))(body));
  const { tools, tool_choice } = parseRecord(filled);
  // A choice that forces a call needs tools; the mistake is the caller's.
  if (isRecord(tool_choice) || Array.isArray(tools) || !IDLE_CHOICES.includes(tool_choice ?? null)) return filled;
  return rewriteMembers(filled, (raw, key) => (TOOL_OPTIONS.includes(key) ? undefined : raw));
};

/**
 * Fields that an answer does not depend on, in groups that are removed together. OpenAI's clients send the first group,
 * parts of which Google and Mistral refuse. The second is meant for LiteLLM itself:
 * https://docs.litellm.ai/docs/proxy/user_keys
 */
const NOTES: readonly (readonly string[])[] = [
  [
    ...['store', 'metadata', 'user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention'],
    ...['service_tier', 'verbosity', 'prediction', 'seed'],
  ],
  [
    ...['tags', 'num_retries', 'max_retries', 'timeout', 'request_timeout', 'drop_params', 'additional_drop_params'],
    ...['cache', 'caching', 'litellm_session_id', 'litellm_trace_id', 'litellm_metadata'],
  ],
  // Unlike the others, these influence the answer.
  ['parallel_tool_calls'],
  ['reasoning_effort'],
  // How others than OpenAI are told to think: https://github.com/CherryHQ/cherry-studio/issues/6155
  ['thinking', 'enable_thinking', 'thinking_budget', 'chat_template_kwargs'],
];

/** LiteLLM's clients put lists of tags there; OpenAI allows only strings, and only for stored answers. */
export const refusesMetadata = (message: string): boolean => /['"`]metadata(?:\.[^'"`]*)?['"`]/.test(message);

const leaveOutUnknown: Repair = (body, message) => {
  if (refusesMetadata(message)) return withoutMember(body, 'metadata');
  // Only the value was refused, and that is the caller's to change.
  if (!refusesOption(message) || /\bunsupported value\b/i.test(message)) return body;
  const refused = new Set(NOTES.filter((group) => group.some((name) => isNamedIn(message, name))).flat());
  return refused.size === 0 ? body : rewriteMembers(body, (raw, key) => (refused.has(key) ? undefined : raw));
};

/** Mistral's and Anthropic's word for it: https://docs.mistral.ai/capabilities/function_calling */
const requireTool: Repair = (body, message) =>
  /\brequired\b/.test(message) && parseRecord(body).tool_choice === 'any' ? setMembers(body, { tool_choice: '"required"' }) : body;

const REPAIRS: readonly Repair[] = [
  sayPlainly,
  leaveOutEmpty,
  leaveOutIdle,
  withoutSampling,
  leaveOutUnknown,
  plainSchemas,
  wholeSchemas,
  requireTool,
  renameBound,
  renameDeveloper,
  gatherSystem,
  mendArguments,
  fillContent,
  leaveOutSilent,
  withPairs,
  shortenIds,
  showDrawn,
  withUsersPictures,
  sign,
  dropSignatures,
  mendThoughts,
];

/** The body without what was refused; undefined where that is the caller's to change. */
export function repairedChatBody(body: string, message: string): string | undefined {
  const repaired = REPAIRS.reduce((text, repair) => repair(text, message), body);
  return repaired === body ? undefined : repaired;
}
