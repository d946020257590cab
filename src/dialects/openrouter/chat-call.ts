/**
 * Adds OpenRouter's fields to chat for clients that ask in its terms: `reasoning` for thoughts and the cost in USD
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens, https://openrouter.ai/docs/use-cases/usage-accounting).
 */
import { isRecord } from '../../core/record';
import type { Bridge, Call, OutgoingStream, Receipt, StreamRelay } from '../types';
import { creditsAsUsd } from './usd';

export const asksAsOpenrouters = ({ fields: { reasoning, include_reasoning, usage } = {} }: Pick<Call, 'fields'>): boolean =>
  isRecord(reasoning) || typeof include_reasoning === 'boolean' || isRecord(usage);

/** Cannot match inside text, whose quotes are escaped. */
const THOUGHT = '"reasoning_content":';

const renamed = (text: string): string => text.replaceAll(THOUGHT, '"reasoning":');

function priced(text: string, { creditsUsed }: Receipt): string {
  const cost = `"creditsUsed":${JSON.stringify(creditsUsed)}`;
  return text.replace(cost, `${cost},"cost":${JSON.stringify(creditsAsUsd(creditsUsed))}`);
}

export const openrouterCall = (call: Call): Call => ({
  ...call,
  over(wire) {
    const bridge = call.over(wire);
    return bridge && openrouterBridge(bridge);
  },
  openStream: (requestId) => openrouterStream(call.openStream(requestId)),
});

const openrouterBridge = (bridge: Bridge): Bridge => ({
  ...bridge,
  answersAlone: false,
  renderAnswer: (text, receipt) => priced(renamed(bridge.renderAnswer(text, receipt)), receipt),
  ...(bridge.repaired && {
    repaired(message) {
      const repaired = bridge.repaired?.(message);
      return repaired && openrouterBridge(repaired);
    },
  }),
});

const openrouterStream = (stream: OutgoingStream): OutgoingStream => ({
  ...(stream.contentType !== undefined && { contentType: stream.contentType }),
  relay: (wire, bridge) => openrouterRelay(stream.relay(wire, bridge)),
  keepalive: () => stream.keepalive(),
  fail: (error) => stream.fail(error),
});

/** Everything but the text is the original relay's. */
function openrouterRelay(relay: StreamRelay): StreamRelay {
  const push = relay.push.bind(relay);
  const pushRest = relay.pushRest.bind(relay);
  const close = relay.close.bind(relay);
  return Object.assign(relay, {
    push: (events: string) => renamed(push(events)),
    pushRest: (text: string) => renamed(pushRest(text)),
    close: (receipt: Receipt) => priced(renamed(close(receipt)), receipt),
  });
}
