import { wholeEventsEnd } from '../../../../src/core/sse';
import { NO_USAGE, type Usage } from '../../../../src/core/usage';
import type { Call, Dialect, Receipt, StreamRelay } from '../../../../src/dialects/types';
import { everyCut, piecesOf } from '../../../fixtures/cuts';

const encoder = new TextEncoder();

export const NATIVE_URL = 'https://gateway.test/v1beta/models/gemini-3-flash-preview:';

/** Feeds a relay as the gateway does: whole events at once, the rest carried over. */
export function feed(relay: StreamRelay, pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  let carry = '';
  let out = '';
  for (const piece of pieces) {
    carry += decoder.decode(piece, { stream: true });
    const end = wholeEventsEnd(carry);
    if (end > 0) out += relay.push(carry.slice(0, end));
    carry = carry.slice(end);
    if (relay.failure || relay.ended) return out;
  }
  return out + relay.pushRest(carry);
}

/** The receipt of a call whose usage is given. */
export const receipt = (usage: Partial<Usage> = {}, reported?: Record<string, unknown>): Receipt => ({
  requestId: 'req_1',
  usage: { ...NO_USAGE, ...usage },
  reported,
  creditsUsed: 0.25,
});

export interface Fed {
  out: string;
  usage: unknown;
  hasOutput: boolean;
  complete: boolean;
  failure: unknown;
  outputChars: number;
}

/** Feeds a stream whole, and cut in two at every place; returns all outcomes that differ. */
export function outcomes(open: () => StreamRelay, stream: string, paid: Receipt): Fed[] {
  const bytes = encoder.encode(stream);
  const different = new Map<string, Fed>();
  for (const cuts of [[], [0], [bytes.length], ...everyCut(bytes.length)]) {
    const relay = open();
    const sent = feed(relay, piecesOf(bytes, cuts));
    const { usage, hasOutput, complete, failure, outputChars } = relay;
    const out = complete ? sent + relay.close(paid) : sent;
    const fed: Fed = { out, usage, hasOutput, complete, failure, outputChars };
    different.set(JSON.stringify(fed), fed);
  }
  return [...different.values()];
}

/** The data of all events, read as JSON; throws on any other line. */
export const chunksOf = (stream: string): unknown[] =>
  stream
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.replace(/^data: /, '')) as unknown);

export function parsed(dialect: Dialect, url: string, body: unknown): Call {
  const call = dialect.parse({ url, body: typeof body === 'string' ? body : JSON.stringify(body), headers: new Headers() });
  if (!call.ok) throw new Error(call.error.message);
  return call.value;
}

/** The body that a call sends over a wire. */
export function sent(call: Call, wire: Parameters<Call['over']>[0], model = 'upstream-model'): string {
  return call.over(wire)!.request({ model, moved: false }).body;
}
