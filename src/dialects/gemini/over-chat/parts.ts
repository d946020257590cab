import { type Fields, isRecord, parseJson } from '../../../core/record';
import { textChars } from '../../../core/text-chars';
import { argumentsOf, callPosition } from '../../openai-chat/tool-calls';
import { signatureIn } from '../../thought-signatures';
import { signatureOfCall } from '../call-signatures';
import { listField, recordField, textField } from '../fields';
import { imagePart } from './media';
import type { FunctionNames } from './names';

/** A tool call as far as it has arrived. */
export interface CallSoFar {
  id: string | undefined;
  /** The upstream's index for it, where it sends one. */
  index: unknown;
  name: string;
  arguments: string;
  signature: string | undefined;
}

const FINISH_REASONS: Readonly<Record<string, string>> = {
  stop: 'STOP',
  tool_calls: 'STOP',
  function_call: 'STOP',
  end_turn: 'STOP',
  length: 'MAX_TOKENS',
  max_tokens: 'MAX_TOKENS',
  content_filter: 'SAFETY',
  // Zhipu's finish reason: docs.bigmodel.cn
  sensitive: 'SAFETY',
};

const finishReason = (reason: unknown): string => (typeof reason === 'string' ? FINISH_REASONS[reason] : undefined) ?? 'OTHER';

/** Thought, text and pictures of a message or delta, as parts. */
export function spokenParts(message: Fields, includeThoughts: boolean): Fields[] {
  const parts: Fields[] = [];
  const thought = textField(message, 'reasoning_content') ?? textField(message, 'reasoning');
  if (thought !== undefined && includeThoughts) parts.push({ text: thought, thought: true });
  for (const text of [contentText(message.content), textField(message, 'refusal')]) if (text) parts.push({ text });
  for (const image of listField(message, 'images')) {
    const part = imagePart(image);
    if (part) parts.push(part);
  }
  const signature = signatureIn(message);
  if (signature === undefined) return parts;
  const last = parts.at(-1);
  if (last && last.thought !== true) last.thoughtSignature = signature;
  else parts.push({ text: '', thoughtSignature: signature });
  return parts;
}

/** Some upstreams answer with a list of content parts. */
const contentText = (content: unknown): string => {
  if (typeof content === 'string') return content;
  return Array.isArray(content)
    ? content
        .filter(isRecord)
        .map((part) => textField(part, 'text') ?? '')
        .join('')
    : '';
};

/** The length of a message or delta, hidden thoughts included; 0 when nothing was produced. */
export function charsIn(message: Fields): number {
  const calls = listField(message, 'tool_calls').reduce((sum, call) => {
    const called = recordField(call, 'function') ?? {};
    return sum + (textField(called, 'name') ?? '').length + textChars(argumentsOf(called.arguments));
  }, 0);
  const thought = textField(message, 'reasoning_content') ?? textField(message, 'reasoning') ?? '';
  const images = listField(message, 'images').length;
  const written = [thought, contentText(message.content), textField(message, 'refusal') ?? ''];
  return calls + images + written.reduce((sum, text) => sum + textChars(text), 0);
}

/** Adds the tool calls of a message or delta to those so far. Google's own chat deltas lack the index. */
export function addCalls(calls: CallSoFar[], message: Fields): void {
  for (const delta of listField(message, 'tool_calls')) {
    const id = textField(delta, 'id');
    const at = callPosition(calls, delta);
    calls[at] ??= { id: undefined, index: delta.index, name: '', arguments: '', signature: undefined };
    const call = calls[at];
    const called = recordField(delta, 'function') ?? {};
    call.id ??= id;
    call.name = textField(called, 'name') ?? call.name;
    call.arguments += argumentsOf(called.arguments);
    call.signature = signatureIn(delta) ?? call.signature;
  }
}

/** OpenRouter sends signatures beside the calls: by call id, or else for the first call. */
export function addReasoningDetails(calls: CallSoFar[], details: readonly Fields[]): void {
  for (const detail of details) {
    const data =
      detail.type === 'reasoning.encrypted' && String(detail.format ?? '').startsWith('google') ? textField(detail, 'data') : undefined;
    if (data === undefined) continue;
    const call = calls.find((open) => open.id === detail.id) ?? calls[0];
    if (call) call.signature ??= data;
  }
}

/** Complete calls as parts; undefined when a call's arguments are not a JSON object. */
function callParts(calls: readonly CallSoFar[], names: FunctionNames | undefined): Fields[] | undefined {
  const parts: Fields[] = [];
  for (const call of calls) {
    const args = call.arguments.trim() === '' ? {} : parseJson(call.arguments);
    if (!isRecord(args)) return undefined;
    const { id, name, signature = signatureOfCall(id) } = call;
    parts.push({
      functionCall: { ...(id !== undefined && { id }), name: names?.toOwn(name) ?? name, args },
      ...(signature !== undefined && { thoughtSignature: signature }),
    });
  }
  return parts;
}

/** A candidate's end: its calls and finish reason. Calls that were cut off cannot be used. */
export function ending(
  calls: readonly CallSoFar[],
  reason: unknown,
  names: FunctionNames | undefined,
): { parts: Fields[]; finishReason: string } {
  const mapped = finishReason(reason);
  const parts = callParts(calls, names);
  if (parts) return { parts, finishReason: mapped };
  return { parts: [], finishReason: mapped === 'STOP' ? 'MALFORMED_FUNCTION_CALL' : mapped };
}
