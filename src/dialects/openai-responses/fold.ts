import { isRecord, parseJson } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import { DoneItems, ITEM_DONE } from './done-items';
import { eventType } from './events';
import { rawMember } from './response-object';

const TERMINAL: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/**
 * The final response of a stream, in the upstream's own bytes; for a stream that ends in an error the error, which the
 * wire reads; undefined without an end.
 */
export function foldResponses(events: string): string | undefined {
  const items = new DoneItems();
  for (const event of splitEvents(events)) {
    const data = eventData(event)?.trim() ?? '';
    const json = parseJson(data);
    if (!isRecord(json)) continue;
    const type = eventType(json, event);
    if (type === 'error') return data;
    if (type === ITEM_DONE) items.add(data, json);
    if (type === undefined || !TERMINAL.has(type) || !isRecord(json.response)) continue;
    return items.putInto(json.response, rawMember(data, 'response')!);
  }
  return undefined;
}
