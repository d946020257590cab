// Chat calls to a provider that has only Responses, converted there and back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Account } from './support/account';
import { ask, askJson, askStream, chatBody, openStream, RudeClient } from './support/client';
import {
  answer,
  beginning,
  errorEvent,
  failedEvent,
  functionCall,
  message,
  opening,
  reasoning,
  responseOf,
  stream,
  streamOf,
  streamOfItems,
  USAGE_CREDITS,
  USAGE_MICRO,
} from './support/responses-wire';
import { INPUT_MICRO, type Lane, type LaneKind, OUTPUT_MICRO, Rig } from './support/rig';
import { connect, MAJORS, messages } from './support/sdk';
import { CUT, HANG, type Step } from './support/upstream';
import { gate } from './support/wait';
import {
  USAGE_MICRO as CHAT_MICRO,
  answer as chatAnswer,
  streamOf as chatStreamOf,
  estimatedTokens,
  failure,
  json,
  sse,
} from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { responses: 40, 'responses-pair': 4, 'responses-chat': 4, 'chat-and-responses': 6 },
    { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 1_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: LaneKind = 'responses'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

const look = {
  type: 'function' as const,
  function: { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } },
};
const CIPHER = ['reasoning.encrypted_content'];

describe.concurrent.each(MAJORS)('openai $major', ({ Client, zodResponseFormat }) => {
  it('gets an answer, whole and streamed, with usage and cost', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Grüße, 世界 👋'), stream(['Grüße, ', '世界 👋']));
    const { client } = connect(Client, account);
    const asked = { model: lane.model, messages, max_completion_tokens: 99 };
    const whole = await client.chat.completions.create(asked);
    const streamed = await client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } }).finalChatCompletion();
    for (const { choices, usage } of [whole, streamed]) {
      expect(choices).toMatchObject([{ message: { role: 'assistant', content: 'Grüße, 世界 👋' }, finish_reason: 'stop' }]);
      expect(usage).toMatchObject({
        prompt_tokens: 100,
        prompt_tokens_details: { cached_tokens: 20 },
        completion_tokens: 25,
        completion_tokens_details: { reasoning_tokens: 10 },
        creditsUsed: USAGE_CREDITS,
      });
    }
    const [first, second] = lane.first.seen;
    expect(first!.path).toBe('/v1/responses');
    const sent = { model: lane.upstreamModel, input: messages, include: CIPHER, max_output_tokens: 99, store: false };
    expect(first!.json()).toEqual(sent);
    expect(second!.json()).toEqual({ ...sent, stream: true });
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('has its tools called, in parallel and after thought, and the thought goes back with their results', async () => {
    const { account, lane } = await fresh();
    const thought = reasoning('Hm...', 'gAAAcipher');
    const items = [thought, functionCall('look', '{"at":"Zürich ☂"}', 'fc_1'), functionCall('look', '{"at":"Ōsaka"}', 'fc_2')];
    lane.first.reply(json(responseOf(items)), answer('It rains.'), sse(streamOfItems(items)), stream(['It rains.']));
    const { client } = connect(Client, account);
    const asked = { model: lane.model, messages, tools: [look], parallel_tool_calls: true, reasoning_effort: 'high' as const };
    const whole = async (body: typeof asked) => client.chat.completions.create(body);
    const streamed = async (body: typeof asked) => client.chat.completions.stream(body).finalChatCompletion();
    for (const [index, call] of [whole, streamed].entries()) {
      const { choices } = await call(asked);
      expect(choices[0]).toMatchObject({
        finish_reason: 'tool_calls',
        message: {
          // The SDK's helper for streams does not join fields that it does not know.
          ...(call === whole && { content: null, reasoning_content: 'Hm...' }),
          tool_calls: [
            { type: 'function', function: { name: 'look', arguments: '{"at":"Zürich ☂"}' } },
            { id: 'call_fc_2', type: 'function', function: { name: 'look', arguments: '{"at":"Ōsaka"}' } },
          ],
        },
      });
      const calls = choices[0]!.message.tool_calls!;
      const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'Rain ☂' }));
      // Sent back by a client that keeps only the fields of the format.
      const said = { role: 'assistant' as const, content: null, tool_calls: calls };
      const last = await call({ ...asked, messages: [...messages, said, ...results] as never });
      expect(last.choices[0]).toMatchObject({ message: { content: 'It rains.' }, finish_reason: 'stop' });
      const sent = lane.first.seen[2 * index + 1]!.json();
      expect(sent).toMatchObject({
        reasoning: { effort: 'high', summary: 'auto' },
        tools: [{ type: 'function', name: 'look', strict: false }],
      });
      const [first, second] = calls.map(({ id }) => id);
      expect(sent.input).toEqual([
        messages[0],
        { type: 'reasoning', id: 'rs_1', summary: thought.summary, encrypted_content: 'gAAAcipher' },
        { type: 'function_call', call_id: first, name: 'look', arguments: '{"at":"Zürich ☂"}' },
        { type: 'function_call', call_id: second, name: 'look', arguments: '{"at":"Ōsaka"}' },
        { type: 'function_call_output', call_id: first, output: 'Rain ☂' },
        { type: 'function_call_output', call_id: second, output: 'Rain ☂' },
      ]);
    }
    expect(await account.money()).toEqual(spent(4 * USAGE_MICRO));
  });

  it('gets structured output of what it sees', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('{"colour":"red"}'));
    const { client } = connect(Client, account);
    const url = 'data:image/png;base64,AAAA';
    const { choices } = await client.chat.completions.parse({
      model: lane.model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Which?' },
            { type: 'image_url', image_url: { url, detail: 'low' } },
          ],
        },
      ],
      response_format: zodResponseFormat(z.object({ colour: z.string() }), 'it'),
    });
    expect(choices[0]!.message.parsed).toEqual({ colour: 'red' });
    expect(lane.first.seen[0]!.json()).toMatchObject({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Which?' },
            { type: 'input_image', image_url: url, detail: 'low' },
          ],
        },
      ],
      text: { format: { type: 'json_schema', name: 'it', strict: true, schema: { type: 'object' } } },
    });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it("is told of the provider's refusal as it is, and of its fault as ours", async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(400, 'Too high a temperature.', { param: 'temperature' }));
    const { client } = connect(Client, account, { maxRetries: 0 });
    const call = () => client.chat.completions.create({ model: lane.model, messages, temperature: 2 });
    await expect(call()).rejects.toMatchObject({
      status: 400,
      param: 'temperature',
      message: expect.stringContaining('Too high a temperature.'),
    });
    lane.first.replyAlways(() => json(responseOf([], { status: 'failed', error: { code: 'server_error', message: 'On fire.' } })));
    await expect(call()).rejects.toMatchObject({ status: 502, message: expect.stringContaining('On fire.') });
    expect(await account.money()).toEqual(spent(0));
  });

  it('stops a stream, and pays for what was produced', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...beginning('One two three'), HANG]));
    const { client, sent } = connect(Client, account);
    const live = await client.chat.completions.create({ model: lane.model, messages, stream: true });
    let text = '';
    for await (const { choices } of live) {
      text += choices[0]?.delta.content ?? '';
      if (text.includes('three')) break;
    }
    await lane.first.seen[0]!.hungUp();
    const inputMicro = estimatedTokens(sent[0]!.length) * INPUT_MICRO;
    expect(await account.settled()).toEqual(spent(inputMicro + estimatedTokens(13) * OUTPUT_MICRO));
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
  });
});

describe('a request', () => {
  it.each([
    ['stop', { stop: ['END'] }],
    ['n', { n: 2 }],
    ['messages[0]', { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }] }] }],
  ])('that Responses cannot say is refused by its field: %s', async (field, more) => {
    const { account, lane } = await fresh();
    const response = await ask(account, chatBody(lane.model, more));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: field, message: expect.stringContaining(`\`${field}\``) } });
    expect(lane.first.seen).toHaveLength(0);
    expect(await account.money()).toEqual(spent(0));
  });

  it('goes again without the summary that a provider refuses', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(400, 'Your organization must be verified to generate reasoning summaries.'), answer('Yes.'));
    const { body } = await askJson(account, chatBody(lane.model, { reasoning_effort: 'low' }));
    expect(body.choices).toMatchObject([{ message: { content: 'Yes.' } }]);
    expect(lane.first.seen.map((seen) => seen.json().reasoning)).toEqual([{ effort: 'low', summary: 'auto' }, { effort: 'low' }]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('of the native path is answered with its cost at the top', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Yes.'), stream(['Yes.']));
    const { messages: said } = chatBody(lane.model);
    const native = { model: lane.model, messages: said };
    const whole = (await (await ask(account, native, { path: '/chat' })).json()) as Record<string, unknown>;
    // The call costs at least two credits.
    expect(whole).toMatchObject({ creditsUsed: 2, choices: [{ message: { content: 'Yes.' } }] });
    const streamed = await (await ask(account, { ...native, stream: true }, { path: '/chat' })).text();
    expect(streamed).toMatch(/"creditsUsed":2\}\n\ndata: \[DONE\]\n\n$/);
  });
});

describe.concurrent('a stream', () => {
  it('has its role first, keepalives between its events, and one end with usage', async () => {
    const { account, lane } = await fresh();
    const [first, second] = [gate(), gate()];
    const events = streamOf(['One', ' two']);
    lane.first.reply(sse([{ until: first.opened }, ...events.slice(0, 5), { until: second.opened }, ...events.slice(5)]));
    const live = await openStream(account, chatBody(lane.model, { stream: true, stream_options: { include_usage: true } }));
    await live.has(': ping');
    first.open();
    await live.has('One');
    second.open();
    const raw = await live.end();
    expect(raw).toContain('"delta":{"role":"assistant","content":"","refusal":null}');
    expect(raw).toMatch(/"choices":\[\],"usage":\{[^\n]*\}\n\ndata: \[DONE\]\n\n$/);
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['length', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['content_filter', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
    ['stop', {}],
  ])('that ends by %s says so', async (reason, more) => {
    const { account, lane } = await fresh();
    lane.first.reply(stream(['One'], more));
    const { text, finishReasons, usages, done } = await askStream(account, chatBody(lane.model, { stream: true }));
    expect({ text, finishReasons, done }).toEqual({ text: 'One', finishReasons: [reason], done: true });
    expect(usages).toMatchObject([{ prompt_tokens: 100, completion_tokens: 25, creditsUsed: USAGE_CREDITS }]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['an error event', [errorEvent('On fire.')]],
    ['a failed response', [failedEvent('On fire.')]],
    ['an end before its end', []],
    ['a cut', [CUT]],
  ] satisfies [string, Step[]][])('that breaks off ends in an error, at no charge: %s', async (_, steps) => {
    const { account, lane } = await fresh();
    const rest = gate();
    lane.first.reply(sse([...beginning('One'), { until: rest.opened }, ...steps]));
    const live = await openStream(account, chatBody(lane.model, { stream: true }));
    await live.has('One');
    rest.open();
    const raw = await live.end();
    expect(raw).toMatch(/data: \{"error":\{[^\n]*Nothing was charged[^\n]*\}\n\ndata: \[DONE\]\n\n$/);
    expect(await account.settled()).toEqual(spent(0));
  });

  it('whose client hangs up stops its provider', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...beginning('One two three'), HANG]));
    const body = chatBody(lane.model, { stream: true });
    const client = new RudeClient(account, body);
    await client.has('three');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    const inputMicro = estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO;
    expect(await account.settled()).toEqual(spent(inputMicro + 4 * OUTPUT_MICRO));
  });
});

describe('another provider takes over', () => {
  it('of the same format', async () => {
    const { account, lane } = await fresh('responses-pair');
    lane.first.reply(sse([...opening(), errorEvent('On fire.')]));
    lane.second.reply(stream(['Two']));
    const { text, chunks, finishReasons } = await askStream(account, chatBody(lane.model, { stream: true }));
    expect({ text, finishReasons }).toEqual({ text: 'Two', finishReasons: ['stop'] });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.filter(({ choices }) => choices[0]?.delta.role !== undefined)).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('of the other', async () => {
    const { account, lane } = await fresh('responses-chat');
    lane.first.reply(sse([...opening(), errorEvent('On fire.')]));
    lane.second.reply(sse(chatStreamOf(['Two'])));
    const { text, chunks, finishReasons } = await askStream(account, chatBody(lane.model, { stream: true }));
    expect({ text, finishReasons }).toEqual({ text: 'Two', finishReasons: ['stop'] });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(await account.money()).toEqual(spent(CHAT_MICRO));
  });

  it('where the first cannot say the call', async () => {
    const { account, lane } = await fresh('responses-chat');
    lane.second.reply(chatAnswer('Two'));
    const { body } = await askJson(account, chatBody(lane.model, { stop: ['END'] }));
    expect(body.choices).toMatchObject([{ message: { content: 'Two' } }]);
    expect(lane.first.seen).toHaveLength(0);
    expect(await account.money()).toEqual(spent(CHAT_MICRO));
  });
});

describe('a provider that takes tools in the other format only', () => {
  const REFUSED =
    'Function tools with reasoning_effort are not supported for gpt-5.5 in /v1/chat/completions. Please use /v1/responses instead.';

  it.each([false, true])('is asked in that one (stream: %s)', async (streams) => {
    const { account, lane } = await fresh('chat-and-responses');
    lane.first.reply(
      failure(400, REFUSED),
      streams ? sse(streamOfItems([functionCall('look', '{}')])) : json(responseOf([functionCall('look', '{}')])),
    );
    const body = chatBody(lane.model, { tools: [look], reasoning_effort: 'high', stream: streams });
    const reasons = streams
      ? (await askStream(account, body)).finishReasons
      : ((await askJson(account, body)).body.choices as { finish_reason: string }[]).map(({ finish_reason }) => finish_reason);
    expect(reasons).toEqual(['tool_calls']);
    expect(lane.first.seen.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/responses']);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
    expect(await account.calls()).toHaveLength(1);
  });

  it('is asked in that one at once where the catalogue knows', async () => {
    const account = await rig.account();
    const desk = rig.desk('openai');
    desk.reply(json(responseOf([functionCall('look', '{}')])), chatAnswer('Hi'));
    const tools = await askJson(account, chatBody('gpt-5.5', { tools: [look] }));
    expect(tools.body.choices).toMatchObject([{ finish_reason: 'tool_calls' }]);
    const plain = await askJson(account, chatBody('gpt-5.5'));
    expect(plain.body.choices).toMatchObject([{ message: { content: 'Hi' } }]);
    expect(desk.seen.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/chat/completions']);
  });

  it('serves what it has in that one alone', async () => {
    const account = await rig.account();
    const desk = rig.desk('openai');
    desk.reply(json(responseOf([message('Hi')])));
    const { body } = await askJson(account, chatBody('gpt-5.5-pro'));
    expect(body.choices).toMatchObject([{ message: { content: 'Hi' } }]);
    expect(desk.seen.at(-1)!.path).toBe('/v1/responses');
  });
});
