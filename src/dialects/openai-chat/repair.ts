/** Changes to a chat body that some upstream has refused. What is not changed keeps its bytes. */

import { members, renameMembers, rewriteElements, rewriteMembers, setMembers, withoutMember } from '../../core/json';
import { isFilled, isRecord, parseJson } from '../../core/record';
import { isNamedIn } from '../named-in';
import { plainBody } from '../openrouter/plain-body';
import { refusesOption, withoutSampling } from '../refused-options';
import { shortenedIds } from '../short-ids';
import { asReminder } from '../system-reminder';
import { extraContent, missesSignature, NO_SIGNATURE, refusesSignature, signatureIn } from '../thought-signatures';
import { IMAGES_DRAWN } from './drawn-images';
import { plainSchemas } from './plain-schemas';

type Repair = (body: string, message: string) => string;

const BOUNDS = ['max_tokens', 'max_completion_tokens'] as const;

/** Each of the two names of an answer's bound is unknown to some upstream, which then tells of the other or of none. */
const renameBound: Repair = (body, message) => {
  const named = BOUNDS.filter((name) => new RegExp(`\\b${name}\\b`).test(message));
  if (named.length === 0 || (named.length === 1 && !refusesOption(message))) return body;
  const given = BOUNDS.filter((name) => members(body).some(({ key }) => key === name));
  const [from] = given;
  if (from === undefined || given.length > 1 || !named.includes(from)) return body;
  return renameMembers(body, from, BOUNDS.find((name) => name !== from)!);
};

/** Changes each object in the list that an object's member holds. */
const eachIn =
  (name: string, change: (raw: string) => string) =>
  (text: string): string =>
    rewriteMembers(text, (raw, key) =>
      key === name && raw.startsWith('[') ? rewriteElements(raw, (element) => (element.startsWith('{') ? change(element) : element)) : raw,
    );

const fieldsOf = (raw: string): Record<string, unknown> => {
  const fields = parseJson(raw);
  return isRecord(fields) ? fields : {};
};

const without =
  (name: string) =>
  (text: string): string =>
    withoutMember(text, name);

/** The role is OpenAI's alone, and elsewhere called `system`. */
const renameDeveloper: Repair = (body, message) =>
  /\bdeveloper\b/i.test(message)
    ? eachIn('messages', (raw) => (fieldsOf(raw).role === 'developer' ? setMembers(raw, { role: '"system"' }) : raw))(body)
    : body;

/**
 * MiniMax, and whoever goes by the templates of Qwen and its like: https://github.com/openclaw/openclaw/issues/19386 and
 * https://github.com/BerriAI/litellm/pull/39282
 */
const ONE_SYSTEM = /\bsystem message must be (?:at the (?:beginning|start)|first)|\binvalid (?:chat setting|message role: system)/i;

const isSystem = (turn: unknown): boolean => isRecord(turn) && (turn.role === 'system' || turn.role === 'developer');

function saidIn(turn: unknown): string {
  const content = isRecord(turn) ? turn.content : undefined;
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? (content as unknown[]) : [];
  return parts.flatMap((part) => (isRecord(part) && isFilled(part.text) ? [String(part.text)] : [])).join('\n');
}

/** What the system says first is one message; what it says later is the user's, marked as a reminder. */
const gatherSystem: Repair = (body, message) => {
  const { messages } = ONE_SYSTEM.test(message) ? fieldsOf(body) : {};
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
  const { function: called } = fieldsOf(raw);
  if (!isRecord(called) || typeof called.arguments !== 'string' || isRecord(parseJson(called.arguments))) return raw;
  const args = called.arguments.trim() === '' ? {} : { unreadable: called.arguments };
  const given = JSON.stringify(JSON.stringify(args));
  return rewriteMembers(raw, (value, key) => (key === 'function' ? setMembers(value, { arguments: given }) : value));
}

/** A call that was cut off, or that its model has written wrong, would end its conversation for good. */
const mendArguments: Repair = (body, message) =>
  BROKEN_ARGUMENTS.test(message) ? eachIn('messages', eachIn('tool_calls', readableCall))(body) : body;

/** Beside calls it may be null with OpenAI, and not with Google: https://github.com/ujisati/claude-code-provider-proxy/issues/3 */
const NULL_CONTENT = /\bcontent\b[^\n]{0,60}\bnull\b/i;

const fillContent: Repair = (body, message) =>
  NULL_CONTENT.test(message)
    ? eachIn('messages', (raw) => (fieldsOf(raw).content === null ? setMembers(raw, { content: '""' }) : raw))(body)
    : body;

/** Pictures of a model that draws are the user's for one that has no place for them beside what an assistant said. */
const showDrawn: Repair = (body, message) =>
  /\bimages\b/.test(message) && refusesOption(message)
    ? eachIn('messages', (raw) => {
        const { role, images, tool_calls } = fieldsOf(raw);
        if (role !== 'assistant' || !Array.isArray(images)) return raw;
        const said = withoutMember(raw, 'images');
        // The results of calls are to stand at once behind them.
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
    all || signatureIn(fieldsOf(raw)) === undefined ? setMembers(raw, { extra_content: UNSIGNED }) : raw,
  );
  return eachIn('messages', (raw) => signCalls(all ? without('extra_content')(raw) : raw))(body);
};

const dropSignatures: Repair = (body, message) =>
  /extra_content/i.test(message) && refusesOption(message)
    ? eachIn('messages', (raw) => eachIn('tool_calls', without('extra_content'))(without('extra_content')(raw)))(body)
    : body;

/** What an empty text counts for as missing: https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model */
export const NO_THOUGHT = ' ';

export const refusesThoughts = (message: string): boolean => /reasoning_content/.test(message);

/** Are they missing, or not known at all? */
export const missesThoughts = (message: string): boolean =>
  !refusesOption(message) && /missing|required|must be|passed back/i.test(message);

/** Thinking models want the thoughts of their own past turns, which many clients drop; others do not know the field. */
const mendThoughts: Repair = (body, message) => {
  if (!refusesThoughts(message)) return body;
  if (!missesThoughts(message)) return eachIn('messages', without('reasoning_content'))(body);
  return eachIn('messages', (raw) => {
    const { role, reasoning_content } = fieldsOf(raw);
    return role === 'assistant' && !isFilled(reasoning_content) ? setMembers(raw, { reasoning_content: JSON.stringify(NO_THOUGHT) }) : raw;
  })(body);
};

const sayPlainly: Repair = (body, message) => (refusesOption(message) ? plainBody(body, message) : body);

/** Many clients always send them, and OpenAI takes none with nothing in it: https://github.com/continuedev/continue/issues/3370 */
const EMPTY_LISTS = /\b(?:tools|functions|tool_calls)\b/;
const REFUSES_EMPTY = /\bempty\b|too short|at least (?:1|one)\b|minimum length/i;
/** What says how tools are chosen, where there are none. */
const NEEDS_TOOLS = /only allowed when ['"`]?tools['"`]? (?:are|is)|['"`]?tools['"`]? must be (?:set|specified|provided)/i;
const TOOL_OPTIONS: readonly string[] = ['tool_choice', 'parallel_tool_calls'];
const IDLE_CHOICES: readonly unknown[] = ['auto', 'none', null];

const withoutEmpty =
  (...names: readonly string[]) =>
  (text: string): string =>
    rewriteMembers(text, (raw, key) => (names.includes(key) && isEmptyList(raw) ? undefined : raw));

const isEmptyList = (raw: string): boolean => /^\[\s*\]$/.test(raw);

/** Asks for nothing, as it would not if it were not there. */
const isIdle = (key: string, raw: string): boolean => /^(?:null|false|""|\[\s*\]|\{\s*\})$/.test(raw) || (key === 'n' && raw === '1');

const leaveOutIdle: Repair = (body, message) =>
  refusesOption(message) || REFUSES_EMPTY.test(message)
    ? rewriteMembers(body, (raw, key) => (isIdle(key, raw) && isNamedIn(message, key) ? undefined : raw))
    : body;

const leaveOutEmpty: Repair = (body, message) => {
  const refused = (EMPTY_LISTS.test(message) && REFUSES_EMPTY.test(message)) || NEEDS_TOOLS.test(message);
  if (!refused) return body;
  const filled = withoutEmpty('tools', 'functions')(eachIn('messages', withoutEmpty('tool_calls'))(body));
  const { tools, tool_choice } = fieldsOf(filled);
  // A choice that forces a call is the caller's to explain.
  if (isRecord(tool_choice) || Array.isArray(tools) || !IDLE_CHOICES.includes(tool_choice ?? null)) return filled;
  return rewriteMembers(filled, (raw, key) => (TOOL_OPTIONS.includes(key) ? undefined : raw));
};

/**
 * What an answer is as good without, in groups of which all goes with one. OpenAI's clients send the first, of which Google and
 * Mistral do not know all; what LiteLLM is told, and keeps to itself, comes second: https://docs.litellm.ai/docs/proxy/user_keys
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
  // These say how to answer.
  ['parallel_tool_calls'],
  ['reasoning_effort'],
];

/** Who comes from LiteLLM has lists of tags in it, and OpenAI takes texts alone, and them only where it keeps the answer. */
export const refusesMetadata = (message: string): boolean => /['"`]metadata(?:\.[^'"`]*)?['"`]/.test(message);

const leaveOutUnknown: Repair = (body, message) => {
  if (refusesMetadata(message)) return withoutMember(body, 'metadata');
  // What it is set to is the caller's to change.
  if (!refusesOption(message) || /\bunsupported value\b/i.test(message)) return body;
  const refused = new Set(NOTES.filter((group) => group.some((name) => isNamedIn(message, name))).flat());
  return refused.size === 0 ? body : rewriteMembers(body, (raw, key) => (refused.has(key) ? undefined : raw));
};

const REPAIRS: readonly Repair[] = [
  sayPlainly,
  leaveOutEmpty,
  leaveOutIdle,
  withoutSampling,
  leaveOutUnknown,
  plainSchemas,
  renameBound,
  renameDeveloper,
  gatherSystem,
  mendArguments,
  fillContent,
  shortenIds,
  showDrawn,
  sign,
  dropSignatures,
  mendThoughts,
];

/** The body without what it was refused for; undefined where that is the caller's to change. */
export function repairedChatBody(body: string, message: string): string | undefined {
  const repaired = REPAIRS.reduce((text, repair) => repair(text, message), body);
  return repaired === body ? undefined : repaired;
}
