import { isRecord, parseJson } from '../../../../src/core/record';
import { eventData, splitEvents, wholeEventsEnd } from '../../../../src/core/sse';
import { NO_USAGE } from '../../../../src/core/usage';
import { type MessagesRequest, parseMessages } from '../../../../src/dialects/anthropic-messages/request';
import type { Receipt, StreamRelay } from '../../../../src/dialects/types';

export const REQUEST_ID = 'req_0123456789abc-0-4cbv-7';
const URL = 'https://gateway.test/v1/messages';

export type Json = Record<string, unknown>;

export const bodyOf = (fields: Json = {}): string =>
  JSON.stringify({ model: 'claude-opus-4-6', max_tokens: 1_024, messages: [{ role: 'user', content: 'Hello' }], ...fields });

export function requestOf(body: string, headers: Record<string, string> = {}, url = URL): MessagesRequest {
  const parsed = parseMessages({ body, url, headers: new Headers(headers) });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

export const receiptOf = (reported: Json | undefined, more: Partial<Receipt> = {}): Receipt => ({
  requestId: REQUEST_ID,
  usage: { ...NO_USAGE, inputTokens: 11, cacheReadTokens: 4, outputTokens: 5 },
  reported,
  creditsUsed: 0.25,
  ...more,
});

/** Feeds bytes to a relay as the pump does: whole events only, and whatever is left at the end. */
export function feed(relay: StreamRelay, bytes: Uint8Array, cuts: readonly number[]): string {
  const decoder = new TextDecoder();
  let carry = '';
  let out = '';
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    carry += decoder.decode(bytes.subarray(from, to), { stream: true });
    from = to;
    const end = wholeEventsEnd(carry);
    if (end === 0) continue;
    out += relay.push(carry.slice(0, end));
    carry = carry.slice(end);
    if (relay.ended || relay.failure) return out;
  }
  return out + relay.pushRest(carry);
}

/** Everything the client gets of an upstream's stream, including the end that shows the charge. */
export function relayed(relay: StreamRelay, text: string, cuts: readonly number[] = []): string {
  const out = feed(relay, new TextEncoder().encode(text), cuts);
  const reported = isRecord(relay.usage) ? relay.usage : undefined;
  return relay.complete || (relay.ended && relay.hasContent) ? out + relay.close(receiptOf(reported)) : out;
}

/** The JSON of all events, each of which must carry its name. */
export const eventsOf = (text: string): Json[] =>
  splitEvents(text).map((event) => {
    const json = parseJson(eventData(event) ?? '');
    if (!isRecord(json)) throw new Error(`no JSON object: ${event}`);
    const named = /^event: (.*?)\r?$/m.exec(event)?.[1];
    if (named !== json.type) throw new Error(`the event is named ${named}, and is ${String(json.type)}`);
    return json;
  });
