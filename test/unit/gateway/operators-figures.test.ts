// Some upstreams' usage says what a call cost the operator, which clients must not see.
import { describe, expect, it } from 'vitest';
import type { WireId } from '../../../src/core/wire-id';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/dialect';
import { geminiNative } from '../../../src/dialects/gemini/dialect';
import { nativeChat } from '../../../src/dialects/native-chat/dialect';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { openaiCompletions } from '../../../src/dialects/openai-completions/dialect';
import { openaiEmbeddings } from '../../../src/dialects/openai-embeddings/dialect';
import { openaiResponses } from '../../../src/dialects/openai-responses/dialect';
import type { Call, Dialect } from '../../../src/dialects/types';
import { charge } from '../../../src/gateway/meter';
import { WIRES } from '../../../src/providers/wires';
import { provider } from './support';

const PRICE = { inputMicroPerMtok: 1_000_000, outputMicroPerMtok: 1_000_000 };
const CHAT_USAGE = '"prompt_tokens":3.0,"completion_tokens":2,"x":{"cost":1},"total_tokens":5';
const MESSAGES_USAGE = '"input_tokens":3.0,"output_tokens":2,"x":{"cost":1}';
const RESPONSES_USAGE = '"input_tokens":3.0,"output_tokens":2,"x":{"cost":1},"total_tokens":5';
const COSTS =
  '"cost":0.0000042,"cost_details":{"upstream_inference_cost":0.000004},"is_byok":false,"cost_in_usd_ticks":42000000,"upstream_inference_cost":0.000004,"estimated_cost":0.0000042,';

const GEMINI_USAGE = '"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5';

const CONTENTS = { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] };
const MESSAGES = { messages: [{ role: 'user', content: 'Hi' }] };

interface Crossing {
  dialect: Dialect;
  body: object;
  wire: WireId;
  answer: (costs: string) => string;
  stream: (costs: string) => string;
}

const chat = {
  answer: (costs: string) =>
    `{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{${costs}${CHAT_USAGE}}}`,
  stream: (costs: string) =>
    `data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: {"id":"c","choices":[],"usage":{${costs}${CHAT_USAGE}}}\n\n`,
};

const response = (usage: string) =>
  `{"id":"resp_1","object":"response","status":"completed","output":[{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}],"usage":${usage}}`;

const responses = {
  answer: (costs: string) => response(`{${costs}${RESPONSES_USAGE}}`),
  stream: (costs: string) => {
    const [opening, end] = [`{${costs}"input_tokens":3}`, `{${costs}${RESPONSES_USAGE}}`].map(response);
    return (
      `event: response.created\ndata: {"type":"response.created","response":${opening!.replace('completed', 'in_progress')}}\n\n` +
      `event: response.completed\ndata: {"type":"response.completed","response":${end!}}\n\n`
    );
  },
};

const messagesEvent = (type: string, rest: string) => `event: ${type}\ndata: {"type":"${type}",${rest}}\n\n`;

const geminiCandidate = '"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP","index":0}]';

const CROSSINGS: Record<string, Crossing> = {
  'chat over chat': { dialect: openaiChat, body: MESSAGES, wire: 'openai-chat', ...chat },
  'the short form over chat': { dialect: nativeChat, body: MESSAGES, wire: 'openai-chat', ...chat },
  'Responses over chat': { dialect: openaiResponses, body: { input: 'Hi' }, wire: 'openai-chat', ...chat },
  'Responses over Responses': { dialect: openaiResponses, body: { input: 'Hi' }, wire: 'openai-responses', ...responses },
  'chat over Responses': { dialect: openaiChat, body: MESSAGES, wire: 'openai-responses', ...responses },
  'Gemini over Responses': { dialect: geminiNative, body: CONTENTS, wire: 'openai-responses', ...responses },
  'legacy completions': {
    dialect: openaiCompletions,
    body: { prompt: 'Hi' },
    wire: 'openai-completions',
    answer: (costs) => `{"id":"c","choices":[{"index":0,"text":"Hi","finish_reason":"stop"}],"usage":{${costs}${CHAT_USAGE}}}`,
    stream: (costs) =>
      `data: {"id":"c","choices":[{"index":0,"text":"Hi","finish_reason":"stop"}],"usage":{${costs}${CHAT_USAGE}}}\n\ndata: [DONE]\n\n`,
  },
  'Messages over Messages': {
    dialect: anthropicMessages,
    body: { ...MESSAGES, max_tokens: 9 },
    wire: 'anthropic-messages',
    answer: (costs) =>
      `{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{${costs}${MESSAGES_USAGE}}}`,
    stream: (costs) =>
      messagesEvent('message_start', `"message":{"id":"msg_1","content":[],"usage":{${costs}"input_tokens":3,"output_tokens":1}}`) +
      messagesEvent('content_block_start', '"index":0,"content_block":{"type":"text","text":""}') +
      messagesEvent('message_delta', `"delta":{},"usage":{${costs}"output_tokens":1}`) +
      messagesEvent('content_block_delta', '"index":0,"delta":{"type":"text_delta","text":"Hi"}') +
      messagesEvent('message_delta', `"delta":{"stop_reason":"end_turn"},"usage":{${costs}${MESSAGES_USAGE}}`) +
      messagesEvent('message_stop', '"x":1'),
  },
  'Gemini over Gemini': {
    dialect: geminiNative,
    body: CONTENTS,
    wire: 'gemini',
    answer: (costs) => `{${geminiCandidate},"usageMetadata":{${costs}${GEMINI_USAGE}}}`,
    stream: (costs) => `data: {${geminiCandidate},"usageMetadata":{${costs}${GEMINI_USAGE}}}\n\n`,
  },
  'Gemini over chat': {
    dialect: geminiNative,
    body: CONTENTS,
    wire: 'openai-chat',
    ...chat,
  },
};

function callOf({ dialect, body }: Crossing, stream: boolean): Call {
  const url = `https://gateway.test/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`;
  const parsed = dialect.parse({ body: JSON.stringify({ model: 'm', stream, ...body }), url, headers: new Headers() });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const priced = (call: Call, wire: WireId, usage: unknown) =>
  charge({ wire: WIRES[wire], provider: provider('a') }, PRICE, call, 'req_x', usage, { outputChars: 2 }).receipt;

function answered(crossing: Crossing, costs: string): string {
  const call = callOf(crossing, false);
  const bridge = call.over(crossing.wire)!;
  const text = crossing.answer(costs);
  return bridge.renderAnswer(text, priced(call, crossing.wire, bridge.readAnswer(JSON.parse(text))!.usage));
}

function streamed(crossing: Crossing, costs: string): string {
  const call = callOf(crossing, true);
  const relay = call.openStream('req_x').relay(crossing.wire, call.over(crossing.wire)!);
  const out = relay.push(crossing.stream(costs)) + relay.pushRest('');
  return out + relay.close(priced(call, crossing.wire, relay.usage));
}

const timeless = (text: string): string => text.replace(/"(?:created_at|created|completed_at)":\d+/g, '');

describe.each(Object.entries(CROSSINGS))('%s', (_, crossing) => {
  it.each([
    ['an answer', answered],
    ['a stream', streamed],
  ])('leaves what the operator pays out of %s, and nothing else', (_what, told) => {
    const shown = told(crossing, COSTS);
    expect(shown).not.toMatch(/cost_|_cost|is_byok|0\.0000042/);
    expect(shown).toContain('"creditsUsed":');
    expect(timeless(shown)).toBe(timeless(told(crossing, '')));
  });
});

it('leaves what the operator pays out of embeddings', () => {
  const told = (costs: string) =>
    answered(
      {
        dialect: openaiEmbeddings,
        body: { input: 'Hi' },
        wire: 'openai-embeddings',
        answer: () => `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"usage":{${costs}"prompt_tokens":3}}`,
        stream: () => '',
      },
      costs,
    );
  expect(told(COSTS)).toBe(told(''));
  expect(told(COSTS)).toContain('"creditsUsed":');
});

it.each([
  ['less than its price', 0.00000002, 0],
  ['more than that, which is charged', 1, 100_000_000],
])('keeps a bill out of the receipt unless it is what is charged: %s', (_, cost, billedWholeMicro) => {
  const call = callOf(CROSSINGS['chat over chat']!, false);
  const { spec, ...more } = provider('a');
  const target = { wire: WIRES['openai-chat'], provider: { ...more, spec: { ...spec, reportsBill: true } } };
  const { usage, costMicro } = charge(target, PRICE, call, 'req_x', { prompt_tokens: 3, completion_tokens: 2, cost }, { outputChars: 2 });
  expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 2, billedWholeMicro });
  expect(costMicro).toBe(billedWholeMicro || 5);
});
