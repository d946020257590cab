import type { Assembler } from '../core/answer-stream.js';
import { documented, isRecord, type JsonRecord } from '../core/record.js';
import type { ChatChunk, ChatCompletion } from '../types/api.js';

/** What comes in pieces; of everything else the last one counts. */
const TEXTS = ['content', 'refusal', 'reasoning_content', 'reasoning'];

interface Choice extends JsonRecord {
  message: JsonRecord;
}

const joined = (before: unknown, piece: string): string => (typeof before === 'string' ? before : '') + piece;

/** The first piece has the id and the name, all have some of the arguments. */
function addToolCall(calls: JsonRecord[], { index = calls.length, ...piece }: JsonRecord & { index?: number }): void {
  const call = calls[index] ?? {};
  calls[index] = call;
  const called: JsonRecord = isRecord(call.function) ? call.function : {};
  for (const [name, value] of Object.entries(piece)) if (value && name !== 'function') call[name] = value;
  if (!isRecord(piece.function)) return;
  for (const [name, value] of Object.entries(piece.function))
    if (typeof value === 'string') called[name] = name === 'arguments' ? joined(called.arguments, value) : value || called[name];
  call.function = called;
}

function addDelta(message: JsonRecord, delta: JsonRecord): void {
  for (const [name, value] of Object.entries(delta)) {
    if (value === null || value === undefined) continue;
    if (TEXTS.includes(name) && typeof value === 'string') message[name] = joined(message[name], value);
    else if (name === 'tool_calls' && Array.isArray(value)) {
      const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
      for (const piece of value) addToolCall(calls, piece);
      message.tool_calls = calls;
    } else message[name] = value;
  }
}

/** The probabilities of what a chunk adds come with it. */
function addLogprobs(choice: Choice, logprobs: JsonRecord): void {
  const before: JsonRecord = isRecord(choice.logprobs) ? choice.logprobs : {};
  const entries = Object.entries(logprobs).map(([name, value]) => {
    const known = before[name];
    return [name, Array.isArray(known) && Array.isArray(value) ? [...known, ...value] : (value ?? known)];
  });
  choice.logprobs = Object.fromEntries(entries);
}

/** Some providers do not begin to count tool calls at 0. */
function withoutGaps(choice: Choice): Choice {
  const { tool_calls } = choice.message;
  return Array.isArray(tool_calls) ? { ...choice, message: { ...choice.message, tool_calls: tool_calls.filter(Boolean) } } : choice;
}

/** Puts a chat's answer together from its chunks. */
export function chatAssembler(): Assembler<ChatCompletion> {
  const head: JsonRecord = {};
  const choices: Choice[] = [];
  return {
    add: (json) => {
      const { choices: pieces = [], ...rest } = documented<Partial<ChatChunk>>(json);
      for (const [name, value] of Object.entries(rest)) if (value !== null) head[name] = value;
      for (const { index, delta, ...more } of pieces) {
        const choice = choices[index] ?? { index, message: { role: 'assistant', content: null } };
        choices[index] = choice;
        addDelta(choice.message, { ...delta });
        for (const [name, value] of Object.entries(more as JsonRecord))
          if (name === 'logprobs' && isRecord(value)) addLogprobs(choice, value);
          else if (value !== null) choice[name] = value;
      }
    },
    whole: () => documented({ ...head, object: 'chat.completion', choices: choices.filter(Boolean).map(withoutGaps) }),
  };
}
