/**
 * The conversation that a call goes on with (https://platform.openai.com/docs/guides/conversation-state). The gateway
 * keeps it, so no provider hears of it: each gets what was said as input.
 */
import { fail, ok, type Result } from '../../core/errors';
import { randomDigits } from '../../core/ids';
import { rawElements, rewriteMembers, setMembers, withoutMember } from '../../core/json';
import { isFilled, isRecord, listOf, parseJson } from '../../core/record';
import { isStream } from '../../core/sse';
import { promptSize } from '../estimate-tokens';
import { foldResponses } from './fold';
import { rawMember } from './response-object';
import type { ResponsesRequest } from './types';

const ID_DIGITS = 32;
const CONVERSATION_ID = new RegExp(`^conv_[0-9A-Za-z]{${ID_DIGITS}}$`);

export const newConversationId = (): string => `conv_${randomDigits(ID_DIGITS)}`;
export const isConversationId = (id: string): boolean => CONVERSATION_ID.test(id);

/** The conversation that a request names, by its id alone or as an object. */
export function namedConversation({ conversation, previous_response_id }: Record<string, unknown>): Result<string | undefined> {
  if (conversation === undefined || conversation === null) return ok(undefined);
  const id = isRecord(conversation) ? conversation.id : conversation;
  if (!isFilled(id)) return refused('The field `conversation` is not valid: an id, or an object with one.');
  if ((previous_response_id ?? undefined) !== undefined)
    return refused('`conversation` and `previous_response_id` cannot be sent together: either one leads to what was said before.');
  return ok(id);
}

const refused = (message: string) => fail('invalid_request', message, { param: 'conversation', code: 'invalid_value' });

/** The items that a request itself has, as they are written. */
export function ownInput(body: string): string[] {
  const raw = rawMember(body, 'input') ?? '';
  if (raw.startsWith('"')) return [`{"type":"message","role":"user","content":${raw}}`];
  return raw.startsWith('[') ? rawElements(raw) : [];
}

/** The body with another input, once: it may be megabytes, and a client could write the member any number of times. */
export function withInput(body: string, input: string): string {
  let isIn = false;
  const changed = rewriteMembers(body, (raw, key) => {
    if (key !== 'input') return raw;
    if (isIn) return undefined;
    isIn = true;
    return input;
  });
  return isIn ? changed : setMembers(changed, { input });
}

/** The request with all that was said before its own items, in place of the conversation's name. */
export function goingOn(request: ResponsesRequest, before: readonly string[]): ResponsesRequest {
  const input = `[${[...before, ...ownInput(request.body)].join(',')}]`;
  const body = withInput(withoutMember(request.body, 'conversation'), input);
  const { conversation: _conversation, ...others } = request.fields;
  const fields = { ...others, input: parseJson(input) };
  return { ...request, body, fields, ...promptSize(body, fields.input) };
}

/** The prefixes of ids by the type of the item. */
const PREFIXES: Readonly<Record<string, string>> = { message: 'msg', reasoning: 'rs', function_call: 'fc', custom_tool_call: 'ctc' };

/** A longer one is no name by which an address could ask for the item. */
const MAX_ITEM_ID_CHARS = 512;

/** An item under its own id, or a new one. */
export function itemOf(text: string): { id: string; text: string } {
  const item = parseJson(text);
  const { id, type } = isRecord(item) ? item : {};
  const isName = isFilled(id) && id.length <= MAX_ITEM_ID_CHARS;
  return { id: isName ? id : `${PREFIXES[String(type ?? 'message')] ?? 'item'}_${randomDigits(ID_DIGITS)}`, text };
}

const ENDED: ReadonlySet<unknown> = new Set(['completed', 'incomplete']);

/**
 * What an answer adds to its conversation: a JSON document, or the end of a stream. Undefined where it holds no answer that
 * has come to an end.
 */
export function answeredItems(answer: string): string[] | undefined {
  const response = parseJson(isStream(answer) ? (foldResponses(answer) ?? '') : answer);
  if (!isRecord(response) || !ENDED.has(response.status)) return undefined;
  const output = listOf(response.output);
  return (response.status === 'completed' ? output : whole(output)).map((item) => JSON.stringify(item));
}

/**
 * An answer that was cut short keeps what it said. Half a call of a tool, and thoughts that nothing follows, would have the
 * next request refused.
 */
function whole(output: readonly unknown[]): unknown[] {
  const said = output.filter((item) => isRecord(item) && (item.type === 'message' || item.status !== 'incomplete'));
  return said.slice(0, said.findLastIndex((item) => isRecord(item) && item.type !== 'reasoning') + 1);
}
