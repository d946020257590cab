// The official client's answers, streams, tools, structured outputs, pictures and aborts.
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Account } from './support/account';
import { chatBody } from './support/client';
import { INPUT_MICRO, OUTPUT_MICRO, Rig } from './support/rig';
import { connect as connectTo, MAJORS, messages } from './support/sdk';
import { HANG } from './support/upstream';
import { gate, until } from './support/wait';
import {
  answer,
  chunk,
  completion,
  DONE,
  estimatedTokens,
  finish,
  inMicro,
  json,
  role,
  says,
  sse,
  streamOf,
  USAGE,
  USAGE_CREDITS,
  USAGE_MICRO,
  usageChunk,
} from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { solo: 80 },
    // When a connection is merely closed, that shows only on the next write, and pings are the first one.
    // 60 s, so that no provider is heard to its end, or dropped for its silence, while a test waits for it to be released.
    { STATUS_HOLD_MS: 2_000, KEEPALIVE_MS: 300, DRAIN_MS: 60_000, UPSTREAM_IDLE_TIMEOUT_MS: 60_000 },
  );
});
afterAll(() => rig?.stop());

describe.each(MAJORS)('openai $major', ({ Client, zodResponseFormat }) => {
  const connect = (account: Account, options?: Parameters<typeof connectTo>[2]) => connectTo(Client, account, options);

  async function fresh(credits?: number) {
    const account = await rig.account(credits);
    const lane = rig.lane('solo');
    return { account, lane, model: lane.model, ...connect(account) };
  }

  const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
  const creditsOf = (usage: unknown): unknown => (usage as { creditsUsed?: number } | null | undefined)?.creditsUsed;

  describe('an answer', () => {
    it('comes whole, with its cost', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(answer('Grüße, 世界 👋'));
      const { data, response, request_id } = await client.chat.completions.create({ model, messages }).withResponse();
      expect(data.choices[0]!.message.content).toBe('Grüße, 世界 👋');
      expect(data.choices[0]!.finish_reason).toBe('stop');
      expect(data.usage).toEqual({ ...USAGE, creditsUsed: USAGE_CREDITS });
      expect(response.headers.get('x-credits-charged')).toBe(String(USAGE_CREDITS));
      expect((data as { _request_id?: string })._request_id).toBe(request_id);
      expect((await account.generation(request_id!)).creditsUsed).toBe(USAGE_CREDITS);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('comes as a stream, with usage and cost on the last chunk and a choice on every one', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(sse(streamOf(['Grü', 'ße, 世', '界 👋'])));
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      let text = '';
      for await (const part of await client.chat.completions.create({ model, messages, stream: true })) {
        chunks.push(part);
        text += part.choices[0]!.delta.content ?? '';
      }
      expect(text).toBe('Grüße, 世界 👋');
      const last = chunks.at(-1)!;
      expect(last.choices[0]!.finish_reason).toBe('stop');
      expect(last.usage).toEqual({ ...USAGE, creditsUsed: USAGE_CREDITS });
      expect(chunks.slice(0, -1).filter(({ usage }) => usage)).toEqual([]);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('comes as a stream with a usage chunk of its own where that was asked for', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(sse(streamOf(['One', ' two'])));
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      for await (const part of await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }))
        chunks.push(part);
      const bare = chunks.filter(({ choices }) => choices.length === 0);
      expect(bare.map(({ usage }) => usage)).toEqual([{ ...USAGE, creditsUsed: USAGE_CREDITS }]);
      expect(chunks.at(-1)).toBe(bare[0]);
      expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop');
      expect(chunks.slice(0, -1).filter(({ usage }) => usage)).toEqual([]);
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('is put together from a stream by the stream helper', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(sse(streamOf(['One', ' two'])));
      const whole = await client.chat.completions
        .stream({ model, messages, stream_options: { include_usage: true } })
        .finalChatCompletion();
      expect(whole.choices[0]!.message.content).toBe('One two');
      expect(whole.usage?.total_tokens).toBe(USAGE.total_tokens);
      expect(creditsOf(whole.usage)).toBe(USAGE_CREDITS);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });
  });

  describe('tools', () => {
    const tool = (name: string) => ({
      type: 'function' as const,
      function: { name, description: 'Looks.', parameters: { type: 'object', properties: { at: { type: 'string' } } } },
    });
    const call = (id: string, name: string, text: string) => ({ id, type: 'function' as const, function: { name, arguments: text } });
    const CALLS = [call('call_1', 'look', '{"at":"Zürich ☂"}'), call('call_2', 'listen', '{"at":"\\"x\\""}')];

    it.each([
      ['one tool', [CALLS[0]!]],
      ['parallel tools', CALLS],
    ])('are called in an answer: %s', async (_, calls) => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(json(completion({ content: null, tool_calls: calls }, {}, { finish_reason: 'tool_calls' })));
      const tools = [tool('look'), tool('listen')];
      const { choices } = await client.chat.completions.create({ model, messages, tools, parallel_tool_calls: calls.length > 1 });
      expect(choices[0]!.finish_reason).toBe('tool_calls');
      expect(choices[0]!.message.tool_calls).toEqual(calls);
      expect(lane.first.seen[0]!.json()).toMatchObject({ tools, parallel_tool_calls: calls.length > 1 });
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    /** The arguments in pieces; those of parallel calls take turns. */
    function* callEvents(calls: typeof CALLS): Generator<string> {
      yield chunk({ role: 'assistant', content: null });
      for (const [index, { id, type, function: of }] of calls.entries())
        yield chunk({ tool_calls: [{ index, id, type, function: { name: of.name, arguments: '' } }] });
      const longest = Math.max(...calls.map(({ function: of }) => of.arguments.length));
      for (let at = 0; at < longest; at += 3)
        for (const [index, { function: of }] of calls.entries())
          if (at < of.arguments.length) yield chunk({ tool_calls: [{ index, function: { arguments: of.arguments.slice(at, at + 3) } }] });
      yield finish('tool_calls');
      yield usageChunk();
      yield DONE;
    }

    it.each([
      ['one tool', [CALLS[0]!]],
      ['parallel tools', CALLS],
    ])('are called in a stream: %s', async (_, calls) => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(sse([...callEvents(calls)]));
      const stream = client.chat.completions.stream({ model, messages, tools: [tool('look'), tool('listen')] });
      const { choices, usage } = await stream.finalChatCompletion();
      expect(choices[0]!.finish_reason).toBe('tool_calls');
      expect(choices[0]!.message.tool_calls).toMatchObject(calls);
      expect(creditsOf(usage)).toBe(USAGE_CREDITS);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('get their results back to the model', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(sse([...callEvents(CALLS)]), sse(streamOf(['It rains.'])));
      const heard: unknown[] = [];
      const runner = client.chat.completions.runTools({
        model,
        messages,
        stream: true,
        tools: CALLS.map(({ function: { name } }) => ({
          type: 'function' as const,
          function: {
            name,
            description: 'Looks.',
            parameters: { type: 'object', properties: { at: { type: 'string' } } },
            parse: JSON.parse,
            function: (given: unknown) => {
              heard.push(given);
              return `result of ${name} ☂`;
            },
          },
        })),
      });
      expect(await runner.finalContent()).toBe('It rains.');
      expect(heard).toEqual([{ at: 'Zürich ☂' }, { at: '"x"' }]);
      expect(lane.first.seen[1]!.json().messages).toMatchObject([
        ...messages,
        { role: 'assistant', tool_calls: CALLS },
        { role: 'tool', tool_call_id: 'call_1', content: 'result of look ☂' },
        { role: 'tool', tool_call_id: 'call_2', content: 'result of listen ☂' },
      ]);
      expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    });
  });

  describe('structured output', () => {
    const schema = z.object({ city: z.string(), degrees: z.number() });

    it('is asked for and parsed', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(answer('{"city":"Zürich","degrees":-3.5}'));
      const response_format = zodResponseFormat(schema, 'weather');
      const { choices } = await client.chat.completions.parse({ model, messages, response_format });
      expect(choices[0]!.message.parsed).toEqual({ city: 'Zürich', degrees: -3.5 });
      expect(lane.first.seen[0]!.json().response_format).toEqual(JSON.parse(JSON.stringify(response_format)));
      expect(lane.first.seen[0]!.json().response_format).toMatchObject({
        type: 'json_schema',
        json_schema: { name: 'weather', strict: true },
      });
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('is parsed from a stream', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(sse(streamOf(['{"city":"Zü', 'rich","deg', 'rees":-3.5}'])));
      const stream = client.chat.completions.stream({ model, messages, response_format: zodResponseFormat(schema, 'weather') });
      expect((await stream.finalChatCompletion()).choices[0]!.message.parsed).toEqual({ city: 'Zürich', degrees: -3.5 });
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });
  });

  it('sends pictures that reach the provider as they were sent', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.reply(answer('A picture.'));
    const picture = `data:image/png;base64,${Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 256)).toString('base64')}`;
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url: picture, detail: 'high' as const } },
      { type: 'image_url' as const, image_url: { url: 'https://example.com/a%20b/ü.png?x=1&y="2"' } },
    ];
    await client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
    expect(lane.first.seen[0]!.body).toBe(sent[0]!.replace(lane.model, lane.upstreamModel));
    expect(lane.first.seen[0]!.json().messages).toEqual([{ role: 'user', content }]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  describe('models', () => {
    it('are listed and retrieved, free of charge', async () => {
      const { account, lane, client } = await fresh();
      const ids: string[] = [];
      for await (const { id } of client.models.list()) ids.push(id);
      expect(ids).toContain('gpt-5.4-mini');
      expect(ids).toContain(lane.model);
      expect(await client.models.retrieve('gpt-5.4-mini')).toMatchObject({ id: 'gpt-5.4-mini', object: 'model', owned_by: 'OpenAI' });
      expect(await account.money()).toEqual(spent(0));
    });
  });

  describe('an abort', () => {
    it('in mid-stream stops the provider and charges the input and what was produced', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(sse([role(), says('One two three'), says(' four'), HANG]));
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      let text = '';
      for await (const part of stream) {
        text += part.choices[0]!.delta.content ?? '';
        if (text === 'One two three four') break;
      }
      await lane.first.seen[0]!.hungUp();
      const costMicro = estimatedTokens(sent[0]!.length) * INPUT_MICRO + estimatedTokens('One two three four'.length) * OUTPUT_MICRO;
      expect(await account.settled()).toEqual(spent(costMicro));
      const { state, outcome, ending, creditsUsed } = await account.lastGeneration();
      expect({ state, outcome, ending }).toEqual({ state: 'settled', outcome: 'estimated', ending: 'client_gone' });
      expect(inMicro(creditsUsed)).toBe(costMicro);
      expect(await account.calls()).toHaveLength(1);
    });

    it('by a signal, before anything was produced, stops the provider and charges the input', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(sse([role(), HANG]));
      const controller = new AbortController();
      const stream = await client.chat.completions.create({ model, messages, stream: true }, { signal: controller.signal });
      const reading = (async () => {
        for await (const _ of stream);
      })();
      await until('the call to be held', async () => (await account.money()).heldMicro > 0);
      controller.abort();
      await reading.catch(() => {});
      await lane.first.seen[0]!.hungUp();
      expect(await account.settled()).toEqual(spent(estimatedTokens(sent[0]!.length) * INPUT_MICRO));
      expect((await account.lastGeneration()).outcome).toBe('estimated');
    });

    it('before the provider has answered stops it and charges the input', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(sse([], { first: HANG }));
      const controller = new AbortController();
      const call = client.chat.completions.create({ model, messages, stream: true }, { signal: controller.signal });
      call.catch(() => {});
      await lane.first.request();
      controller.abort();
      await expect(call).rejects.toThrow(Client.APIUserAbortError);
      await lane.first.seen[0]!.hungUp();
      expect(await account.settled()).toEqual(spent(estimatedTokens(sent[0]!.length) * INPUT_MICRO));
      expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
    });

    it('of an answer that is no stream lets it come to its end, and charges it', async () => {
      const { account, lane, model, client } = await fresh();
      const held = gate();
      lane.first.reply(answer('Yes.'), json(completion({ content: 'Yes.' }), { first: { until: held.opened } }));
      await client.chat.completions.create({ model, messages });
      const controller = new AbortController();
      const call = client.chat.completions.create({ model, messages }, { signal: controller.signal });
      call.catch(() => {});
      await lane.first.request(1);
      controller.abort();
      await expect(call).rejects.toThrow(Client.APIUserAbortError);
      held.open();
      expect(await account.settled()).toEqual(spent(2 * USAGE_MICRO));
      expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', ending: 'complete' });
    });
  });

  it('is answered by the sandbox, free of charge, with a test key', async () => {
    const { account, lane, model } = await fresh();
    const { client } = connect(account, { apiKey: await account.addKey({ mode: 'test' }) });
    const whole = await client.chat.completions.create({ model, messages });
    const streamed = await client.chat.completions.stream({ model, messages }).finalChatCompletion();
    expect(streamed.choices[0]!.message.content).toBe(whole.choices[0]!.message.content);
    expect([creditsOf(whole.usage), creditsOf(streamed.usage)]).toEqual([0, 0]);
    expect(lane.first.seen).toHaveLength(0);
    expect(await account.money()).toEqual(spent(0));
  });

  it('reaches the gateway by either base URL', async () => {
    const { account, lane, model } = await fresh();
    lane.first.reply(answer('Yes.'));
    const { client } = connect(account, { baseURL: account.baseUrl.replace(/\/v1$/, '/api/v1') });
    expect((await client.chat.completions.create(chatBody(model) as never)).choices[0]!.message.content).toBe('Yes.');
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});
