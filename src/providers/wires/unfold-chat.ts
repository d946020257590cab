import { type Fields, isFilled, isRecord } from '../../core/record';

const event = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;

/** Calls have an index in streams but not in whole answers. */
function deltaOf(message: Fields): Fields {
  const { tool_calls } = message;
  if (!Array.isArray(tool_calls)) return message;
  return { ...message, tool_calls: (tool_calls as unknown[]).map((call, index) => (isRecord(call) ? { index, ...call } : call)) };
}

/** What a choice says, and its end. A legacy completion has its text directly on the choice. */
function pieces({ message, finish_reason, ...choice }: Fields, at: number): [said: Fields, ended: Fields] {
  const index = typeof choice.index === 'number' ? choice.index : at;
  const said = isRecord(message) ? { ...choice, index, delta: deltaOf(message) } : { ...choice, index };
  const calls = isRecord(message) && Array.isArray(message.tool_calls) && message.tool_calls.length > 0;
  const reason = isFilled(finish_reason) ? finish_reason : calls ? 'tool_calls' : 'stop';
  const nothing = isRecord(message) ? { delta: {} } : { text: '', logprobs: null };
  return [
    { ...said, finish_reason: null },
    { index, ...nothing, finish_reason: reason },
  ];
}

/** A whole chat answer as an equivalent stream; undefined where it has no choice. */
export function unfoldChat(json: unknown): string | undefined {
  if (!isRecord(json) || !Array.isArray(json.choices)) return undefined;
  const { choices, usage, ...more } = json;
  const told = (choices as unknown[]).filter(isRecord).map(pieces);
  if (told.length === 0) return undefined;
  const head = more.object === 'text_completion' ? more : { ...more, object: 'chat.completion.chunk' };
  const chunks = [...told.map(([said]) => said), ...told.map(([, ended]) => ended)].map((choice) => event({ ...head, choices: [choice] }));
  return `${chunks.join('')}${isRecord(usage) ? event({ ...head, choices: [], usage }) : ''}data: [DONE]\n\n`;
}
