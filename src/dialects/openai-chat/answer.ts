import { members, setMembers } from '../../core/json';
import { isNotEmpty, isRecord, parseJson, parseRecord } from '../../core/record';
import { textChars } from '../../core/text-chars';
import { withCreditsUsed } from '../priced-usage';
import { eachIn, inMember } from '../spans';
import type { Answer, Receipt } from '../types';
import { endedInCalls } from './end-in-calls';
import { missingId } from './tool-calls';
import { shownUsage } from './usage';

/** The fields in which OpenAI and compatible upstreams put what a model writes. */
export const TEXT_FIELDS = ['content', 'reasoning_content', 'reasoning', 'arguments', 'refusal', 'transcript'] as const;
const OTHER_FIELDS = ['tool_calls', 'function_call', 'audio', 'images', 'reasoning_details', 'annotations'] as const;

/** Does a delta, or an answer's message, say anything? */
export function deltaHasContent(delta: unknown): boolean {
  return (
    isRecord(delta) && (TEXT_FIELDS.some((field) => isNotEmpty(delta[field])) || OTHER_FIELDS.some((field) => isNotEmpty(delta[field])))
  );
}

/** An answer without a choice is unreadable, and a stream without one never ends. */
export function readChatAnswer(json: unknown): Answer | undefined {
  if (!isRecord(json) || !Array.isArray(json.choices) || json.choices.length === 0) return undefined;
  const messages = (json.choices as unknown[]).map((choice) => (isRecord(choice) ? choice.message : undefined));
  const hasOutput = messages.some(deltaHasContent);
  const outputChars = hasOutput ? messages.reduce<number>((sum, message) => sum + textChars(JSON.stringify(message ?? '')), 0) : 0;
  return { usage: json.usage, hasOutput, outputChars };
}

/** The answer as it came, with the cost added to its usage; unreadable usage is replaced by an estimate. */
export function renderChatAnswer(text: string, receipt: Receipt): string {
  const { reported, creditsUsed } = receipt;
  const found = members(text).findLast(({ key }) => key === 'usage');
  const raw = found && text.slice(found.start, found.end);
  const priced =
    raw?.startsWith('{') && reported ? withCreditsUsed(raw, creditsUsed) : JSON.stringify({ ...shownUsage(receipt), creditsUsed });
  return setMembers(withWholeCalls(text), { usage: priced });
}

/** Calls with ids, in choices that end in them. Skips the search for calls in most answers, which have none. */
function withWholeCalls(text: string): string {
  const json = CALLS.test(text) ? parseJson(text) : undefined;
  return isRecord(json) && Array.isArray(json.choices) ? withIds(endedInCalls(text, json.choices as unknown[], hasCalls)) : text;
}

const withIds = eachIn(
  'choices',
  inMember(
    'message',
    eachIn('tool_calls', (call) => {
      const id = missingId(parseRecord(call).id);
      return id === undefined ? call : setMembers(call, { id: JSON.stringify(id) });
    }),
  ),
);

const CALLS = /"tool_calls"\s*:\s*\[\s*\{/;

const hasCalls = (choice: unknown): boolean =>
  isRecord(choice) && isRecord(choice.message) && Array.isArray(choice.message.tool_calls) && choice.message.tool_calls.length > 0;
