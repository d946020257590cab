import { isRecord } from '../../../../src/core/record';
import { eventsOf, type Json } from './support';

const TERMINAL = new Set(['response.completed', 'response.incomplete', 'response.failed']);
const LIFECYCLE = new Set(['response.created', 'response.queued', 'response.in_progress', ...TERMINAL]);
/** For each type of event, the field of a finished part that its deltas add up to. */
const WRITTEN: Record<string, string> = {
  'response.output_text': 'text',
  'response.refusal': 'refusal',
  'response.reasoning_summary_text': 'text',
  'response.function_call_arguments': 'arguments',
  'response.custom_tool_call_input': 'input',
};

interface OpenItem {
  item: Json;
  parts: number;
  summaries: number;
  written: Map<string, string>;
  done?: Json;
}

const refuse = (why: string): never => {
  throw new Error(why);
};

/** Checks a whole stream against the rules that the SDKs' own helpers enforce; throws at the first breach. */
export function checkStream(text: string, responseId: string): void {
  const events = eventsOf(text);
  const items: OpenItem[] = [];
  let last = -1;
  let isOver = false;
  for (const [at, event] of events.entries()) {
    const { type, sequence_number: number } = event;
    if (isOver) refuse(`${String(type)} after the end`);
    if ((type === 'response.created') !== (at === 0)) refuse(`${String(type)} as event ${at}`);
    if (typeof number !== 'number' || (type === 'keepalive' ? number < last : number <= last)) refuse(`${String(number)} after ${last}`);
    last = number as number;
    if (LIFECYCLE.has(String(type))) {
      if ((event.response as Json).id !== responseId) refuse(`the id changed to ${String((event.response as Json).id)}`);
    } else if (type !== 'keepalive' && type !== 'error') checkItemEvent(event, items);
    isOver = TERMINAL.has(String(type));
  }
  if (!isOver) refuse('no end');
  checkEnd(events.at(-1)!, items);
}

function checkItemEvent(event: Json, items: OpenItem[]): void {
  const type = String(event.type);
  const index = event.output_index as number;
  if (type === 'response.output_item.added') {
    if (index !== items.length) refuse(`item ${index} after ${items.length} items`);
    const item = event.item as Json;
    if (typeof item.id !== 'string' || item.id === '' || items.some((other) => other.item.id === item.id))
      refuse('an item without an id of its own');
    items.push({ item, parts: 0, summaries: 0, written: new Map() });
    return;
  }
  const open = items[index] ?? refuse(`${type} for item ${index}, which was not added`);
  if (open.done) refuse(`${type} for item ${index}, which is done`);
  if (type === 'response.output_item.done') {
    const item = event.item as Json;
    if (item.id !== open.item.id || item.type !== open.item.type || item.call_id !== open.item.call_id) refuse(`item ${index} changed`);
    open.done = item;
    return;
  }
  if (event.item_id !== open.item.id) refuse(`${type} names ${String(event.item_id)}`);
  checkPartEvent(type, event, open);
}

function checkPartEvent(type: string, event: Json, open: OpenItem): void {
  if (type === 'response.content_part.added') {
    if (event.content_index !== open.parts) refuse(`part ${String(event.content_index)} after ${open.parts} parts`);
    open.parts++;
  } else if (type === 'response.reasoning_summary_part.added') {
    if (event.summary_index !== open.summaries) refuse(`summary ${String(event.summary_index)} after ${open.summaries}`);
    open.summaries++;
  }
  const kind = type.slice(0, type.lastIndexOf('.'));
  const field = WRITTEN[kind];
  if (field === undefined) return;
  const part = (event.content_index ?? event.summary_index) as number | undefined;
  if (part !== undefined && part >= (event.content_index === undefined ? open.summaries : open.parts)) refuse(`${type} before its part`);
  const key = `${kind} ${part ?? ''}`;
  const written = open.written.get(key) ?? '';
  if (type.endsWith('.delta')) open.written.set(key, written + String(event.delta));
  else if (event[field] !== written) refuse(`${type} says ${String(event[field])}, the deltas said ${written}`);
}

function checkEnd({ type, response }: Json, items: OpenItem[]): void {
  if (type === 'response.failed' || !isRecord(response)) return;
  if (items.some(({ done }) => !done)) refuse('an item is not done at the end');
  const output = response.output as unknown[];
  if (output.length > 0 && JSON.stringify(output) !== JSON.stringify(items.map(({ done }) => done))) refuse('the end has other items');
}
