import { type Fields, isRecord, listOf, parseJson } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import { TEXT_FIELDS } from './answer';
import { isFailedChunk } from './failed-chunk';
import { argumentsOf, type BegunCall, callPosition } from './tool-calls';

/** Have all choices that came also ended? */
export const allEnded = (choices: ReadonlyMap<number, Fields>): boolean =>
  choices.size > 0 && [...choices.values()].every(({ finish_reason }) => typeof finish_reason === 'string');

/** A chunk's choices; usage may follow an answer's end in a chunk without any. Undefined where it is no chunk. */
export function choicesOf(chunk: Fields, before: ReadonlyMap<number, Fields>): unknown[] | undefined {
  if (Array.isArray(chunk.choices)) return chunk.choices as unknown[];
  return allEnded(before) && !isFailedChunk(chunk) ? [] : undefined;
}

/** Folds a stream's chunks into the one completion that they add up to; undefined when they hold no choice, or an error. */
export function foldChatStream(events: string): string | undefined {
  const choices = new Map<number, Fields>();
  let head: Fields | undefined;
  let usage: unknown;
  for (const event of splitEvents(events)) {
    const chunk = parseJson(eventData(event)?.trim() ?? '');
    if (!isRecord(chunk)) continue;
    const said = choicesOf(chunk, choices);
    if (!said) return undefined;
    head ??= chunk;
    if (isRecord(chunk.usage)) usage = chunk.usage;
    for (const choice of said) if (isRecord(choice)) addChoice(choices, choice);
  }
  if (!head || !allEnded(choices)) return undefined;
  const inOrder = [...choices].sort(([a], [b]) => a - b).map(([, choice]) => unnumbered(choice));
  return JSON.stringify({ ...head, object: 'chat.completion', choices: inOrder, ...(usage !== undefined && { usage }) });
}

/** Tool calls of a whole answer have no index. */
function unnumbered({ message, ...choice }: Fields): Fields {
  const calls = isRecord(message) ? message.tool_calls : undefined;
  if (!Array.isArray(calls)) return { ...choice, message };
  return { ...choice, message: { ...(message as Fields), tool_calls: (calls as Fields[]).map(({ index: _, ...call }) => call) } };
}

/** Joins the log probabilities of chunks, each of which has those of its own tokens. */
export function joinedLogprobs(before: unknown, more: unknown): unknown {
  if (!isRecord(before) || !isRecord(more)) return more ?? before ?? null;
  const joined: Fields = { ...before };
  for (const [name, value] of Object.entries(more)) {
    const known = joined[name];
    joined[name] = Array.isArray(value) && Array.isArray(known) ? [...(known as unknown[]), ...(value as unknown[])] : (value ?? known);
  }
  return joined;
}

function addChoice(choices: Map<number, Fields>, { index, delta, logprobs, ...more }: Fields): void {
  const at = typeof index === 'number' ? index : 0;
  const known = choices.get(at) ?? { index: at, message: { role: 'assistant', content: null }, finish_reason: null };
  choices.set(at, known);
  for (const [name, value] of Object.entries(more)) if (value !== null) known[name] = value;
  if (logprobs !== undefined) known.logprobs = joinedLogprobs(known.logprobs, logprobs);
  if (isRecord(delta)) addDelta(known.message as Fields, delta);
}

const isTextField = (name: string): boolean => (TEXT_FIELDS as readonly string[]).includes(name);

function addDelta(message: Fields, delta: Fields): void {
  for (const [name, value] of Object.entries(delta)) {
    const before = message[name];
    if (value === null || value === undefined) continue;
    if (name === 'tool_calls' && Array.isArray(value)) message[name] = addToolCalls(Array.isArray(before) ? before : [], value);
    else if (typeof value === 'string' && isTextField(name)) message[name] = typeof before === 'string' ? before + value : value;
    else if (Array.isArray(value)) message[name] = [...listOf(before), ...value];
    else message[name] = value;
  }
}

/** Later deltas may leave a call's id and name empty, or give it another id. */
function addFields(known: Fields, more: Fields): void {
  for (const [name, value] of Object.entries(more)) if (value !== null && value !== '' && !known[name]) known[name] = value;
}

/** A call's arguments, or a custom tool's free text. */
const CALL_TEXTS: ReadonlySet<string> = new Set(['arguments', 'input']);

function addToolCalls(calls: Fields[], deltas: unknown[]): Fields[] {
  for (const delta of deltas) {
    if (!isRecord(delta)) continue;
    const { function: called, custom, ...more } = delta;
    const at = callPosition(calls as BegunCall[], delta);
    calls[at] ??= isRecord(custom) ? { type: 'custom', custom: { name: '' } } : { type: 'function', function: { name: '', arguments: '' } };
    const known = calls[at];
    addFields(known, more);
    const part = [called, custom].find(isRecord);
    const whole = [known.function, known.custom].find(isRecord);
    if (!part || !whole) continue;
    for (const [name, value] of Object.entries(part)) {
      if (CALL_TEXTS.has(name)) whole[name] = `${String(whole[name] ?? '')}${argumentsOf(value)}`;
      else addFields(whole, { [name]: value });
    }
  }
  return calls;
}
