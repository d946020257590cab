import { skipString } from '../../core/json';
import { isRecord } from '../../core/record';
import { measureOf } from '../../core/text-chars';

/** Line breaks between JSON tokens are replaced, since they would end the data line. */
export const formatEvent = (type: string, data: string): string => `event: ${type}\ndata: ${data.replace(/[\r\n]+/g, ' ')}\n\n`;

export const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
export const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

const EVENT_NAME = /^event: ?(\S+)/m;

export const isNamed = (event: string): boolean => EVENT_NAME.test(event);

/** An event's type: its `type` field, else the event's name, else `error` where it holds one. */
export function eventType(json: Record<string, unknown>, event: string): string | undefined {
  if (typeof json.type === 'string') return json.type;
  return EVENT_NAME.exec(event)?.[1] ?? (json.error === undefined ? undefined : 'error');
}

export const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

const TEXT_BEGINS = /"(?:text|thinking|partial_json)"\s*:\s*"/g;

/** The length of the events' content as JSON, good enough for an estimate where usage is missing. */
export function countText(events: string): number {
  const measure = measureOf(events);
  let chars = 0;
  TEXT_BEGINS.lastIndex = 0;
  while (TEXT_BEGINS.test(events)) {
    const from = TEXT_BEGINS.lastIndex;
    const to = skipString(events, from - 1);
    chars += measure(from, to - 1);
    TEXT_BEGINS.lastIndex = to;
  }
  return chars;
}

/** Does a delta carry anything, be it text, a signature or a citation? */
export const deltaSays = (delta: unknown): boolean =>
  isRecord(delta) && Object.entries(delta).some(([name, value]) => name !== 'type' && value !== '' && value !== null);
