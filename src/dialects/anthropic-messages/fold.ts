import { isRecord, parseJson } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import { eventType, withoutMark } from './events';
import { overlaidUsage } from './usage';

type Fields = Record<string, unknown>;

interface Folded {
  message: Fields | undefined;
  blocks: Map<unknown, Fields>;
  /** By block: the JSON of its input, as far as it has come. */
  inputs: Map<unknown, string>;
  isEnded: boolean;
}

/**
 * A stream's events as the one message that they add up to; undefined when it did not come to an end. An error in
 * the stream is given as it is, for the wire to judge.
 */
export function foldMessageStream(events: string): string | undefined {
  const folded: Folded = { message: undefined, blocks: new Map(), inputs: new Map(), isEnded: false };
  for (const event of splitEvents(withoutMark(events))) {
    const data = eventData(event)?.trim() ?? '';
    const json = parseJson(data);
    if (!isRecord(json)) continue;
    const type = eventType(json, event);
    if (type === 'error') return data;
    addEvent(folded, type, json);
  }
  const { message, blocks, inputs, isEnded } = folded;
  if (!message || !isEnded) return undefined;
  for (const [index, text] of inputs) if (text !== '') blocks.get(index)!.input = parseJson(text) ?? text;
  const content = [...blocks].sort(([a], [b]) => Number(a) - Number(b)).map(([, block]) => block);
  return JSON.stringify({ ...message, content });
}

function addEvent(folded: Folded, type: string | undefined, json: Fields): void {
  const { blocks, message } = folded;
  if (type === 'message_start' && isRecord(json.message)) folded.message = { ...json.message };
  else if (type === 'content_block_start' && isRecord(json.content_block)) blocks.set(json.index, { ...json.content_block });
  else if (type === 'content_block_delta' && isRecord(json.delta)) addDelta(folded, json.index, json.delta);
  else if (type === 'message_delta' && message) {
    const { type: _type, delta, usage, ...beside } = json;
    Object.assign(message, beside, isRecord(delta) ? delta : {});
    message.usage = overlaidUsage(message.usage, usage);
    if (typeof message.stop_reason === 'string') folded.isEnded = true;
  } else if (type === 'message_stop') folded.isEnded = true;
}

/** Deltas of the same kind all bring more of a field's text, but for a tool's input and for citations. */
function addDelta({ blocks, inputs }: Folded, index: unknown, { type: _type, ...fields }: Fields): void {
  const block = blocks.get(index);
  if (!block) return;
  for (const [name, value] of Object.entries(fields)) {
    const before = block[name];
    if (name === 'partial_json') inputs.set(index, (inputs.get(index) ?? '') + String(value));
    else if (name === 'citation') block.citations = [...(Array.isArray(block.citations) ? block.citations : []), value];
    else if (typeof value === 'string' && typeof before === 'string') block[name] = before + value;
    else if (value !== null) block[name] = value;
  }
}
