import { isRecord } from '../../core/record';
import { charsOfStrings } from '../../core/text-chars';

export const CREATED = 'response.created';

/** Events about the whole response while it is under way. */
export const OPENING_EVENTS: ReadonlySet<string> = new Set([CREATED, 'response.queued', 'response.in_progress']);

/** Events that begin something that is still empty. */
export const EMPTY_BEGINNINGS: ReadonlySet<string> = new Set([
  'response.output_item.added',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
]);

/** Stands in for an upstream's own error, so that it is handled like any failure. */
export const CUT_SHORT = {
  type: 'error',
  error: { type: 'server_error', code: 'stream_cut_short', message: 'the provider ended its stream before the response was complete' },
};

/** Formats one event; JSON of several lines follows the rules of the event format. */
export const formatEvent = (type: string, data: string): string => `event: ${type}\ndata: ${data.replace(/\r\n|\n|\r/g, '\ndata: ')}\n\n`;

/** An event that the gateway makes. */
export const numberedEvent = (type: string, number: number, fields: Record<string, unknown>): string =>
  formatEvent(type, JSON.stringify({ type, sequence_number: number, ...fields }));

/** An event's type: its `type` field, else the event's name, else `error` where it holds one. */
export function eventType(json: Record<string, unknown>, event: string): string | undefined {
  if (typeof json.type === 'string') return json.type;
  const named = /^event: ?(\S+)/m.exec(event)?.[1];
  return named ?? (isRecord(json.error) || typeof json.error === 'string' ? 'error' : undefined);
}

const DELTA_BEGINS = /"delta"\s*:\s*"/g;

/** How much the events say, for where usage is missing. */
export const deltaChars = (events: string): number => charsOfStrings(events, DELTA_BEGINS);

const NUMBER = '"sequence_number"';

/** The sequence number of the last event in a text. Inside a string the name's quotes would be escaped. */
export function lastSequenceNumber(events: string): number | undefined {
  const at = events.lastIndexOf(NUMBER);
  if (at < 0) return undefined;
  const digits = /^\s*:\s*(\d+)/.exec(events.slice(at + NUMBER.length, at + NUMBER.length + 32))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
