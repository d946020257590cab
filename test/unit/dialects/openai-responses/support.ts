import { isRecord, parseJson } from '../../../../src/core/record';
import { eventData, splitEvents, wholeEventsEnd } from '../../../../src/core/sse';
import { NO_USAGE } from '../../../../src/core/usage';
import { parseResponses } from '../../../../src/dialects/openai-responses/request';
import type { ResponsesRequest } from '../../../../src/dialects/openai-responses/types';
import type { Receipt, StreamRelay } from '../../../../src/dialects/types';

export const REQUEST_ID = 'req_0123456789abc-0-4cbv-7';
export const RESPONSE_ID = 'resp_0123456789abc-0-4cbv-7';
export const UPSTREAM_ID = 'resp_05500b38c2cd9bfc00691c7c9d222481a3b595421266dab424';

export type Json = Record<string, unknown>;

export function requestOf(fields: Json = {}, headers: Record<string, string> = {}): ResponsesRequest {
  const body = JSON.stringify({ model: 'gpt-5.3-codex', input: 'Hello', stream: true, ...fields });
  const parsed = parseResponses({ body, url: 'https://gateway.test/v1/responses', headers: new Headers(headers) });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

export const receiptOf = (reported: Json | undefined, more: Partial<Receipt> = {}): Receipt => ({
  requestId: REQUEST_ID,
  usage: { ...NO_USAGE, inputTokens: 11, cacheReadTokens: 4, outputTokens: 5, reasoningTokens: 2 },
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
  return relay.complete ? out + relay.close(receiptOf(reported)) : out;
}

/** The JSON of all events, without comments. */
export const eventsOf = (text: string): Json[] =>
  splitEvents(text).flatMap((event) => {
    const data = eventData(event);
    if (data === undefined) return [];
    const json = parseJson(data);
    if (!isRecord(json)) throw new Error(`no JSON object: ${data}`);
    const named = /^event: (.*?)\r?$/m.exec(event)?.[1];
    if (named !== json.type) throw new Error(`the event ${String(json.type)} is named ${String(named)}`);
    return [json];
  });

export const terminalOf = (text: string): Json => eventsOf(text).at(-1)!.response as Json;

/** The text deltas of one kind, joined. */
export const deltasOf = (text: string, type: string): string =>
  eventsOf(text)
    .filter((event) => event.type === type)
    .map(({ delta }) => String(delta))
    .join('');
