// Responses with the official client: answers, streams, tools, reasoning, structured outputs, pictures and aborts.
import { zodTextFormat as zodTextFormat7 } from 'openai/helpers/zod';
import { zodTextFormat as zodTextFormat6 } from 'openai-v6/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  answer,
  beginning,
  customCall,
  functionCall,
  message,
  opening,
  reasoning,
  responseIdOf,
  responseOf,
  stream,
  streamOfItems,
  USAGE,
  USAGE_CREDITS,
  USAGE_MICRO,
} from './support/responses-wire';
import { INPUT_MICRO, OUTPUT_MICRO, Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { HANG } from './support/upstream';
import { gate, until } from './support/wait';
import { estimatedTokens, json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { responses: 40 },
    // When a connection is merely closed, that shows only on the next write, and keepalives are the first one.
    { STATUS_HOLD_MS: 800, KEEPALIVE_MS: 300 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const creditsOf = (usage: unknown): unknown => (usage as { creditsUsed?: number } | null | undefined)?.creditsUsed;
const input = 'Say something.';

describe.concurrent.each(MAJORS)('openai $major', ({ major, Client }) => {
  const zodTextFormat = (major === 7 ? zodTextFormat7 : zodTextFormat6) as typeof zodTextFormat7;

  async function fresh() {
    const account = await rig.account();
    const lane = rig.lane('responses');
    return { account, lane, model: lane.model, ...connect(Client, account) };
  }

  describe('an answer', () => {
    it('comes whole, under an id that leads to its receipt, with its cost', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(answer('Grüße, 世界 👋'));
      const { data, response, request_id } = await client.responses.create({ model, input }).withResponse();
      expect(data.output_text).toBe('Grüße, 世界 👋');
      expect(data).toMatchObject({ id: responseIdOf(request_id!), status: 'completed', usage: { ...USAGE, creditsUsed: USAGE_CREDITS } });
      expect(response.headers.get('x-credits-charged')).toBe(String(USAGE_CREDITS));
      expect((await account.generation(request_id!)).creditsUsed).toBe(USAGE_CREDITS);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('comes as a stream of events, the last of which has usage and cost', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(stream(['Grü', 'ße, 世', '界 👋']));
      let text = '';
      const ids = new Set<string>();
      let last: { type: string } | undefined;
      for await (const event of await client.responses.create({ model, input, stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta;
        if ('response' in event) ids.add(event.response.id);
        last = event;
      }
      expect(text).toBe('Grüße, 世界 👋');
      expect(last).toMatchObject({ type: 'response.completed', response: { usage: { ...USAGE, creditsUsed: USAGE_CREDITS } } });
      expect([...ids]).toEqual([responseIdOf((await account.calls())[0]!.id)]);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('is put together from a stream by the stream helper', async () => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(stream(['One', ' two']));
      const whole = await client.responses.stream({ model, input }).finalResponse();
      expect(whole.output_text).toBe('One two');
      expect(creditsOf(whole.usage)).toBe(USAGE_CREDITS);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('that was cut short says so, and is charged', async () => {
      const { account, lane, model, client } = await fresh();
      const more = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
      lane.first.reply(answer('Half an', more), stream(['Half', ' an'], more));
      const whole = await client.responses.create({ model, input, max_output_tokens: 25 });
      const streamed = await client.responses.stream({ model, input, max_output_tokens: 25 }).finalResponse();
      for (const response of [whole, streamed]) expect(response).toMatchObject({ ...more, output_text: 'Half an' });
      expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    });
  });

  describe('tools', () => {
    const look = functionCall('look', '{"at":"Zürich ☂"}', 'fc_1');
    const listen = functionCall('listen', '{"at":"\\"x\\""}', 'fc_2');
    const patch = customCall('apply_patch', '*** Begin Patch\n+"ü"\n*** End Patch');
    const tools = [
      { type: 'function' as const, name: 'look', parameters: { type: 'object', properties: {} }, strict: false },
      {
        type: 'custom' as const,
        name: 'apply_patch',
        format: { type: 'grammar' as const, syntax: 'lark' as const, definition: 'start: /.+/' },
      },
    ];

    it.each([
      ['one', [look]],
      ['parallel ones', [look, listen]],
      ['a custom one', [patch]],
      ['after thought', [reasoning('Hm.', 'gAAAA=='), look, patch]],
    ])('are called, in an answer and in a stream: %s', async (_, items) => {
      const { account, lane, model, client } = await fresh();
      lane.first.reply(json(responseOf(items)), sse(streamOfItems(items)));
      const whole = await client.responses.create({ model, input, tools });
      const streamed = await client.responses.stream({ model, input, tools }).finalResponse();
      expect(whole.output).toEqual(items);
      expect(streamed.output).toMatchObject(items);
      for (const { body } of lane.first.seen) expect(JSON.parse(body)).toMatchObject({ tools });
      expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    });

    it('get their results, and the model its own encrypted thoughts, back as they were', async () => {
      const { account, lane, model, client, sent } = await fresh();
      const thought = reasoning('Hm.', 'gAAAAABo-cipher+/==');
      lane.first.reply(json(responseOf([thought, look, patch])), answer('It rains.'));
      const include = ['reasoning.encrypted_content' as const];
      const first = await client.responses.create({ model, input, tools, include, store: false });
      const results = [
        { type: 'function_call_output' as const, call_id: 'call_fc_1', output: 'Rain ☂' },
        { type: 'custom_tool_call_output' as const, call_id: 'call_ctc_1', output: 'Done' },
      ];
      const second = await client.responses.create({ model, input: [...first.output, ...results] as never, tools, include, store: false });
      expect(second.output_text).toBe('It rains.');
      expect(lane.first.seen[1]!.body).toBe(sent[1]!.replace(lane.model, lane.upstreamModel));
      expect(lane.first.seen[1]!.json().input).toEqual([thought, look, patch, ...results]);
      expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
    });
  });

  it('parses structured output, whole and streamed', async () => {
    const { account, lane, model, client } = await fresh();
    lane.first.reply(answer('{"city":"Zürich","degrees":-3.5}'), stream(['{"city":"Zü', 'rich","deg', 'rees":-3.5}']));
    const format = zodTextFormat(z.object({ city: z.string(), degrees: z.number() }), 'weather');
    const whole = await client.responses.parse({ model, input, text: { format } });
    const streamed = await client.responses.stream({ model, input, text: { format } }).finalResponse();
    for (const { output_parsed } of [whole, streamed]) expect(output_parsed).toEqual({ city: 'Zürich', degrees: -3.5 });
    const asked = { format: { type: 'json_schema', name: 'weather', strict: true } };
    for (const { body } of lane.first.seen) expect(JSON.parse(body)).toMatchObject({ text: asked });
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('sends pictures and files that reach the provider as they were sent', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.reply(answer('A picture.'));
    const base64 = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 256)).toString('base64');
    const content = [
      { type: 'input_text' as const, text: 'What is this?' },
      { type: 'input_image' as const, image_url: `data:image/png;base64,${base64}`, detail: 'high' as const },
      { type: 'input_image' as const, image_url: 'https://example.com/a%20b/ü.png?x=1&y="2"', detail: 'auto' as const },
      { type: 'input_file' as const, filename: 'ü.pdf', file_data: `data:application/pdf;base64,${base64}` },
    ];
    await client.responses.create({ model, input: [{ role: 'user', content }] });
    expect(lane.first.seen[0]!.body).toBe(sent[0]!.replace(lane.model, lane.upstreamModel));
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  describe('an abort', () => {
    it('in mid-stream stops the provider and charges the input and what was produced', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(sse([...beginning('One two three', ' four'), HANG]));
      let text = '';
      for await (const event of await client.responses.create({ model, input, stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta;
        if (text === 'One two three four') break;
      }
      await lane.first.seen[0]!.hungUp();
      const costMicro = estimatedTokens(sent[0]!.length) * INPUT_MICRO + estimatedTokens(text.length) * OUTPUT_MICRO;
      expect(await account.settled()).toEqual(spent(costMicro));
      expect(await account.lastGeneration()).toMatchObject({ state: 'settled', outcome: 'estimated', ending: 'client_gone' });
      expect(await account.calls()).toHaveLength(1);
    });

    it.each([
      ['before the provider has answered', sse([], { first: HANG })],
      ['before anything was produced', sse([...opening(), HANG])],
    ])('%s stops it and charges the input', async (_, reply) => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(reply);
      const controller = new AbortController();
      const reading = (async () => {
        for await (const _event of await client.responses.create({ model, input, stream: true }, { signal: controller.signal }));
      })();
      reading.catch(() => {});
      await lane.first.request();
      await until('the call to be held', async () => (await account.money()).heldMicro > 0);
      controller.abort();
      await lane.first.seen[0]!.hungUp();
      expect(await account.settled()).toEqual(spent(estimatedTokens(sent[0]!.length) * INPUT_MICRO));
      expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone' });
    });

    it('of an answer that is no stream lets it come to its end, and charges it', async () => {
      const { account, lane, model, client } = await fresh();
      const held = gate();
      lane.first.reply(json(responseOf([message('Yes.')]), { first: { until: held.opened } }));
      const controller = new AbortController();
      const call = client.responses.create({ model, input }, { signal: controller.signal });
      call.catch(() => {});
      await lane.first.request();
      controller.abort();
      await expect(call).rejects.toThrow(Client.APIUserAbortError);
      held.open();
      expect(await account.settled()).toEqual(spent(USAGE_MICRO));
      expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', ending: 'complete' });
    });
  });

  it('reaches the gateway by each documented base URL', async () => {
    const { account, lane, model } = await fresh();
    for (const base of ['/v1', '/api/v1', '/api/v1/codex', '/v1/codex']) {
      lane.first.reply(answer('Yes.'));
      const { client } = connect(Client, account, { baseURL: account.baseUrl.replace(/\/v1$/, base) });
      expect((await client.responses.create({ model, input })).output_text).toBe('Yes.');
    }
    expect(await account.money()).toEqual(spent(4 * USAGE_MICRO));
  });
});
