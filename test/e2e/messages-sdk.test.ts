// The official Anthropic client's answers, streams, tools, thinking, pictures, server tools and aborts.
import type Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { connect as connectTo, MAJORS, max_tokens, messages } from './support/messages-sdk';
import { begun, message, opening, PRICED, streamed, text, USAGE, USAGE_CREDITS, USAGE_MICRO, whole } from './support/messages-wire';
import { INPUT_MICRO, OUTPUT_MICRO, Rig } from './support/rig';
import { HANG } from './support/upstream';
import { gate, until } from './support/wait';
import { estimatedTokens, inMicro, json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  // When a connection is merely closed, that shows only on the next write, and pings are the first one.
  rig = await Rig.start({ messages: 60 }, { STATUS_HOLD_MS: 2_000, KEEPALIVE_MS: 300 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

/** Neither side may change a byte: escapes, a number that parsing would change, and Base64 with its padding. */
const SIGNATURE = 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h+/ABCDEF+//==';

describe.each(MAJORS)('@anthropic-ai/sdk $major', ({ major, Client }) => {
  const connect = (account: Account, options?: Parameters<typeof connectTo>[2]) => connectTo(Client, account, options);

  async function fresh(credits?: number) {
    const account = await rig.account(credits);
    const lane = rig.lane('messages');
    return { account, lane, model: lane.model, ...connect(account) };
  }

  describe('an answer', () => {
    it('comes whole, with its cost', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(whole('Grüße, 世界 👋'));
      const { data, response, request_id } = await client.messages.create({ model, max_tokens, messages }).withResponse();
      expect(data.content).toEqual([text('Grüße, 世界 👋')]);
      expect(data.stop_reason).toBe('end_turn');
      expect(data.usage).toEqual(PRICED);
      expect(response.headers.get('x-credits-charged')).toBe(String(USAGE_CREDITS));
      expect(request_id).toMatch(/^req_/);
      expect((await account.generation(request_id!)).creditsUsed).toBe(USAGE_CREDITS);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
      // Each major version sends the key in another header.
      expect(sent[0]!.headers.get(major === 1 ? 'authorization' : 'x-api-key')).toContain(account.key);
    });

    it('comes as a stream, event by event, with usage and cost at its end', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(streamed('Grüße, 世界 👋'));
      const events: Anthropic.RawMessageStreamEvent[] = [];
      for await (const event of await client.messages.create({ model, max_tokens, messages, stream: true })) events.push(event);
      expect(events.map(({ type }) => type)).toEqual([
        'message_start',
        'content_block_start',
        'content_block_delta',
        'content_block_delta',
        'content_block_stop',
        'message_delta',
        'message_stop',
      ]);
      expect(events.find(({ type }) => type === 'message_delta')).toMatchObject({ usage: PRICED });
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('is put together from a stream by the stream helper', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(streamed('Grüße, 世界 👋'));
      const stream = client.messages.stream({ model, max_tokens, messages });
      const final = await stream.finalMessage();
      expect(final).toMatchObject({ content: [text('Grüße, 世界 👋')], stop_reason: 'end_turn', usage: { output_tokens: 25 } });
      expect(stream.request_id).toMatch(/^req_/);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it.each([64_000, 128_000])('may be as long as %i tokens without being streamed', async (most) => {
      const { account, lane, model } = await fresh();
      lane.first.reply(whole('Long.'));
      // The client itself refuses to wait for this many tokens unless it has a timeout.
      const { client } = connect(account, { timeout: 300_000 });
      const answer = await client.messages.create({ model, max_tokens: most, messages });
      expect(answer.content).toEqual([text('Long.')]);
      expect(lane.first.seen[0]!.json().max_tokens).toBe(most);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });
  });

  describe('tools', () => {
    const tool = (name: string) => ({
      name,
      description: 'Looks.',
      input_schema: { type: 'object' as const, properties: { at: { type: 'string' } } },
    });
    const tools = [tool('look'), tool('listen')];
    const CALLS = [
      { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'Zürich ☂', far: 1.5 } },
      { type: 'tool_use', id: 'toolu_2', name: 'listen', input: { at: '"x"' } },
    ];

    it.each([false, true])('are called in parallel (stream: %s)', async (stream) => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(
        stream ? streamed([text('Both.'), ...CALLS], 'tool_use') : whole([text('Both.'), ...CALLS], { stop_reason: 'tool_use' }),
      );
      const body = { model, max_tokens, messages, tools, tool_choice: { type: 'auto' as const, disable_parallel_tool_use: false } };
      const answer = stream ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
      expect(answer.stop_reason).toBe('tool_use');
      expect(answer.content).toMatchObject([text('Both.'), ...CALLS]);
      expect(lane.first.seen[0]!.json()).toMatchObject({ tools, tool_choice: body.tool_choice });
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it.each([false, true])('go on with thinking that comes back byte for byte (stream: %s)', async (stream) => {
      const { account, lane, model, client, sent } = await fresh();
      const content = [
        { type: 'thinking', thinking: 'First, "the weather" \\ ☂\n', signature: SIGNATURE },
        { type: 'redacted_thinking', data: `${SIGNATURE}x` },
        text('Let me see.'),
        ...CALLS,
      ];
      const more = { stop_reason: 'tool_use' };
      lane.first.reply(stream ? streamed(content, 'tool_use') : whole(content, more), stream ? streamed('It rains.') : whole('It rains.'));
      const thinking = { type: 'enabled' as const, budget_tokens: 2_048 };
      const ask = async (turns: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
        const body = { model, max_tokens: 4_096, thinking, tools, messages: turns };
        return stream ? client.messages.stream(body).finalMessage() : client.messages.create(body);
      };
      const first = await ask(messages);
      expect(first.content).toMatchObject(content);
      const results = CALLS.map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: `result of ${id} ☂` }));
      const second = await ask([...messages, { role: 'assistant', content: first.content }, { role: 'user', content: results }]);
      expect(second.content).toMatchObject([text('It rains.')]);
      const seen = lane.first.seen[1]!;
      expect(seen.body).toBe(sent[1]!.body.replace(lane.model, lane.upstreamModel));
      expect(seen.body).toContain(`"signature":"${SIGNATURE}"`);
      expect((seen.json().messages as { content: unknown }[])[1]!.content).toMatchObject(content);
      expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    });

    it('are run by the SDK, which would have its conversation held and does without', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(whole(CALLS, { stop_reason: 'tool_use' }), whole('It rains.'));
      const runnable = tools.map((one) => ({ ...one, parse: (input: unknown) => input, run: () => `result of ${one.name}` }));
      const last = await client.beta.messages.toolRunner({ model, max_tokens, messages, tools: runnable });
      expect(last.content).toMatchObject([text('It rains.')]);
      expect(lane.first.seen.map((seen) => seen.json().thread)).toEqual([undefined, undefined]);
      expect(lane.first.seen[1]!.body).toContain('result of listen');
      expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    });

    it('that the provider runs itself come through with results and citations', async () => {
      const { account, lane, model, client } = await fresh();
      const location = {
        type: 'web_search_result_location',
        cited_text: 'Sunny.',
        url: 'https://example.com',
        title: 'W',
        encrypted_index: 'Eo8B',
      };
      const content = [
        { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'Zürich "weather"' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 'srvtoolu_1',
          content: [{ type: 'web_search_result', title: 'W', url: 'https://example.com', encrypted_content: 'EqgfCio=', page_age: null }],
        },
        { type: 'text', text: 'It is sunny.', citations: [location] },
      ];
      const usage = { ...PRICED, server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 } };
      lane.first.reply(json(message(content, { usage })));
      const searches = [{ type: 'web_search_20250305' as const, name: 'web_search' as const, max_uses: 3 }];
      const answer = await client.messages.create({ model, max_tokens, messages, tools: searches });
      expect(answer.content).toEqual(content);
      expect(answer.usage.server_tool_use).toEqual(usage.server_tool_use);
      expect(lane.first.seen[0]!.json().tools).toEqual(searches);
      expect(await account.money()).toEqual(spent(USAGE_MICRO + 1_000_000));
    });
  });

  it('sends pictures and documents that reach the provider as they were sent', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.reply(whole('A picture and a letter.'));
    const data = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 256)).toString('base64');
    const content: Anthropic.ContentBlockParam[] = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a%20b/ü.png?x=1&y="2"' } },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data },
        title: 'Ein Brief',
        citations: { enabled: true },
        cache_control: { type: 'ephemeral', ttl: '1h' },
      },
      { type: 'text', text: 'What are these?' },
    ];
    await client.messages.create({ model, max_tokens, messages: [{ role: 'user', content }] });
    expect(lane.first.seen[0]!.body).toBe(sent[0]!.body.replace(lane.model, lane.upstreamModel));
    expect(lane.first.seen[0]!.json().messages).toEqual([{ role: 'user', content }]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('counts tokens and lists models, free of charge', async () => {
    const { account, lane, model, client } = await fresh();
    lane.first.reply(json({ input_tokens: 2_095 }));
    expect((await client.messages.countTokens({ model, messages })).input_tokens).toBe(2_095);
    expect(lane.first.seen[0]!.path).toBe('/v1/messages/count_tokens');
    const ids: string[] = [];
    for await (const { id } of client.models.list({ limit: 1_000 })) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-haiku-4-5', lane.model]));
    expect(await client.models.retrieve('claude-opus-4-6')).toMatchObject({ id: 'claude-opus-4-6', type: 'model' });
    expect(await account.calls()).toEqual([]);
    expect(await account.money()).toEqual(spent(0));
  });

  describe('an abort', () => {
    it('in mid-stream stops the provider and charges the input as reported, and what was produced', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(sse([...begun('One two three four'), HANG]));
      const stream = client.messages.stream({ model, max_tokens, messages });
      const aborted = stream.done().catch((error: unknown) => error);
      stream.on('text', (_, snapshot) => {
        if (snapshot === 'One two three four') stream.abort();
      });
      expect(await aborted).toBeInstanceOf(Client.APIUserAbortError);
      await lane.first.seen[0]!.hungUp();
      // The opening reports the input, but of the output only the first token.
      const costMicro = USAGE.input_tokens * INPUT_MICRO + estimatedTokens('One two three four'.length) * OUTPUT_MICRO;
      expect(await account.settled()).toEqual(spent(costMicro));
      const { state, outcome, ending, creditsUsed } = await account.lastGeneration();
      expect({ state, outcome, ending }).toEqual({ state: 'settled', outcome: 'estimated', ending: 'client_gone' });
      expect(inMicro(creditsUsed)).toBe(costMicro);
    });

    it('by a signal, before anything was produced, stops the provider and charges the input', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(sse([opening(), HANG]));
      const controller = new AbortController();
      const stream = await client.messages.create({ model, max_tokens, messages, stream: true }, { signal: controller.signal });
      const reading = (async () => {
        for await (const _ of stream);
      })();
      await until('the call to be held', async () => (await account.money()).heldMicro > 0);
      controller.abort();
      await reading.catch(() => {});
      await lane.first.seen[0]!.hungUp();
      expect(await account.settled()).toEqual(spent(USAGE.input_tokens * INPUT_MICRO + OUTPUT_MICRO));
      expect((await account.lastGeneration()).outcome).toBe('estimated');
    });

    it('of an answer that is no stream lets it come to its end, and charges it', async () => {
      const { account, lane, model, client } = await fresh();
      const held = gate();
      lane.first.reply(json(message('Yes.'), { first: { until: held.opened } }));
      const controller = new AbortController();
      const call = client.messages.create({ model, max_tokens, messages }, { signal: controller.signal });
      call.catch(() => {});
      await lane.first.request();
      controller.abort();
      await expect(call).rejects.toThrow(Client.APIUserAbortError);
      held.open();
      expect(await account.settled()).toEqual(spent(USAGE_MICRO));
      expect(lane.first.seen[0]!.abandoned).toBe(false);
    });
  });
});
