import { isRecord } from '../../core/record';
import { charsOfStrings } from '../../core/text-chars';

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

/** How much the events say, for where usage is missing. */
export const countText = (events: string): number => charsOfStrings(events, TEXT_BEGINS);

/** Does a delta carry anything, be it text, a signature or a citation? */
export const deltaSays = (delta: unknown): boolean =>
  isRecord(delta) && Object.entries(delta).some(([name, value]) => name !== 'type' && value !== '' && value !== null);
