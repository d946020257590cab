import { ok, type Result } from '../../core/errors';
import { setMembers } from '../../core/json';
import { fromCredits, type MicroCredits } from '../../core/money';
import { isRecord, parseJson } from '../../core/record';
import type { Usage } from '../../core/usage';
import { CHAT_WIRES, chatCall } from '../openai-chat/dialect';
import { parseChat } from '../openai-chat/request';
import { renderChatStreamError } from '../openai-chat/stream';
import { renderOpenaiError } from '../openai-errors';
import type { Bridge, Call, Dialect } from '../types';
import { NativeChatStream } from './stream';

/** Used where the client names no model. */
const DEFAULT_MODEL = 'gpt-5.4-mini';

/** The minimum price of a message: this much for each 4,096 tokens of conversation begun. */
const TOKENS_PER_STEP = 4_096;
const STEP_MICRO = fromCredits(2);

export function leastMicro({ inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens }: Usage): MicroCredits {
  const tokens = inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens + outputTokens;
  return Math.max(1, Math.ceil(tokens / TOKENS_PER_STEP)) * STEP_MICRO;
}

function withModel(body: string): string {
  const json = parseJson(body);
  const lacksOne = isRecord(json) && (json.model === undefined || json.model === null || json.model === '');
  return lacksOne ? setMembers(body, { model: JSON.stringify(DEFAULT_MODEL) }) : body;
}

/** Adds the cost at the top of the answer too. */
function priced(bridge: Bridge): Bridge {
  const repaired = bridge.repaired?.bind(bridge);
  return {
    ...bridge,
    answersAlone: false,
    renderAnswer: (text, receipt) => setMembers(bridge.renderAnswer(text, receipt), { creditsUsed: JSON.stringify(receipt.creditsUsed) }),
    ...(repaired && {
      repaired: (message) => {
        const other = repaired(message);
        return other && priced(other);
      },
    }),
  };
}

const nativeResult = (call: Result<Call>): Result<Call> => (call.ok ? ok(nativeCall(call.value)) : call);

function nativeCall(call: Call): Call {
  const { names } = call;
  return {
    ...call,
    ...(names && { names: { ...names, brought: (items: readonly unknown[]) => nativeResult(names.brought(items)) } }),
    leastMicro,
    over: (wire) => {
      const bridge = call.over(wire);
      return bridge && priced(bridge);
    },
    openStream: (requestId) => new NativeChatStream(call.openStream(requestId)),
  };
}

/** The gateway's own short form of chat: `{messages, stream?, model?}` to `{id, choices, creditsUsed}`. */
export const nativeChat: Dialect = {
  families: ['chat', 'responses', 'gemini'],
  wires: CHAT_WIRES,
  parse({ body }) {
    const parsed = parseChat(withModel(body));
    return parsed.ok ? ok(nativeCall(chatCall(parsed.value))) : parsed;
  },
  renderError: renderOpenaiError,
  renderLoneError: renderChatStreamError,
};
