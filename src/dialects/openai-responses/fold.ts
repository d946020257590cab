import { setMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import { eventType } from './events';
import { rawMember } from './response-object';

const TERMINAL: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/**
 * The response that a stream ends with, as its upstream wrote it. Of a stream that ends in an error it is the error,
 * which the wire reads; of one without an end there is none.
 */
export function foldResponses(events: string): string | undefined {
  const items = new Map<number, string>();
  for (const event of splitEvents(events)) {
    const data = eventData(event)?.trim() ?? '';
    const json = parseJson(data);
    if (!isRecord(json)) continue;
    const type = eventType(json, event);
    if (type === 'error') return data;
    if (type === 'response.output_item.done') {
      const item = rawMember(data, 'item');
      if (item !== undefined) items.set(typeof json.output_index === 'number' ? json.output_index : items.size, item);
    }
    if (type === undefined || !TERMINAL.has(type) || !isRecord(json.response)) continue;
    const response = rawMember(data, 'response')!;
    const { output } = json.response;
    // Some upstreams stream the items and leave them out of the end.
    if (items.size === 0 || (Array.isArray(output) && output.length > 0)) return response;
    const inOrder = [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
    return setMembers(response, { output: `[${inOrder.join(',')}]` });
  }
  return undefined;
}
