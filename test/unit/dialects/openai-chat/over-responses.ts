/** Chat calls to a provider of Responses. */
import { openaiChat } from '../../../../src/dialects/openai-chat/dialect';
import type { Bridge, Call } from '../../../../src/dialects/types';
import type { Json } from '../openai-responses/support';

export function chatCallOf(fields: Json = {}): Call {
  const body = JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hi' }], ...fields });
  const parsed = openaiChat.parse({ body, url: 'https://gateway.test/v1/chat/completions', headers: new Headers() });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

export function bridgeOf(call: Call): Bridge {
  const bridge = call.over('openai-responses');
  if (!bridge) throw new Error(`the call does not cross: ${call.beyond?.('openai-responses')}`);
  return bridge;
}

export const bodyOf = (bridge: Bridge): Json => JSON.parse(bridge.request({ model: 'upstream', moved: false }).body) as Json;

export const sentFor = (fields: Json): Json => bodyOf(bridgeOf(chatCallOf(fields)));
