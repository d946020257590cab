import { type Fields, isRecord, listOf, parseJson, recordOf } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import { eventType, withoutMark } from './events';
import { countsOutput, overlaidUsage, withoutOutput } from './usage';

interface Folded {
  message: Fields | undefined;
  blocks: Map<unknown, Fields>;
  /** The JSON of each tool block's input so far. */
  inputs: Map<unknown, string>;
  hasCountedOutput: boolean;
  isEnded: boolean;
}

/**
 * Folds a stream's events into the one message that they add up to; undefined when the stream did not end properly. An
 * error event is returned as it is, for the wire to judge.
 */
export function foldMessageStream(events: string): string | undefined {
  const folded: Folded = { message: undefined, blocks: new Map(), inputs: new Map(), hasCountedOutput: false, isEnded: false };
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
  // Usage that was sent before the answer does not count its output.
  return JSON.stringify({ ...message, content, ...(!folded.hasCountedOutput && { usage: undefined }) });
}

function addEvent(folded: Folded, type: string | undefined, json: Fields): void {
  const { blocks, message } = folded;
  if (type === 'message_start' && isRecord(json.message)) folded.message = { ...json.message };
  else if (type === 'content_block_start' && isRecord(json.content_block)) blocks.set(json.index, { ...json.content_block });
  else if (type === 'content_block_delta' && isRecord(json.delta)) addDelta(folded, json.index, json.delta);
  else if (type === 'message_delta' && message) {
    const { type: _type, delta, usage, ...beside } = json;
    Object.assign(message, beside, recordOf(delta));
    const isFirstCount = countsOutput(usage) && !folded.hasCountedOutput;
    message.usage = overlaidUsage(isFirstCount ? withoutOutput(message.usage) : message.usage, usage);
    folded.hasCountedOutput ||= isFirstCount;
    if (typeof message.stop_reason === 'string') folded.isEnded = true;
  } else if (type === 'message_stop') folded.isEnded = true;
}

/** Deltas append to a field's text, except tool inputs and citations. */
function addDelta({ blocks, inputs }: Folded, index: unknown, { type: _type, ...fields }: Fields): void {
  const block = blocks.get(index);
  if (!block) return;
  for (const [name, value] of Object.entries(fields)) {
    const before = block[name];
    if (name === 'partial_json') inputs.set(index, (inputs.get(index) ?? '') + String(value));
    else if (name === 'citation') block.citations = [...listOf(block.citations), value];
    else if (typeof value === 'string' && typeof before === 'string') block[name] = before + value;
    else if (value !== null) block[name] = value;
  }
}
