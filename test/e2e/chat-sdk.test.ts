// The official client, unmodified: the current major and the one before it.
import OpenAI from 'openai';
import { zodResponseFormat as zodResponseFormat7 } from 'openai/helpers/zod';
import OpenAIv6 from 'openai-v6';
import { zodResponseFormat as zodResponseFormat6 } from 'openai-v6/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Account } from './support/account';
import { chatBody } from './support/client';
import { INPUT_MICRO, OUTPUT_MICRO, Rig } from './support/rig';
import { HANG } from './support/upstream';
import { gate, until } from './support/wait';
import {
  answer,
  chunk,
  completion,
  DONE,
  estimatedTokens,
  failure,
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

const HOURLY_LIMIT = 8;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { solo: 80 },
    // A connection that is only closed shows when something is written to it: pings are the first that is.
    { HOURLY_LIMITS: `{"chat":${HOURLY_LIMIT}}`, STATUS_HOLD_MS: 2_000, KEEPALIVE_MS: 300, OPENAI_API_KEY: '' },
  );
});
afterAll(() => rig?.stop());

/** What is used here is the same in both majors, in types as in behaviour. */
const asSeven = (client: typeof OpenAIv6): typeof OpenAI => client as unknown as typeof OpenAI;

const MAJORS = [
  { major: 7, Client: OpenAI, zodResponseFormat: zodResponseFormat7 },
  { major: 6, Client: asSeven(OpenAIv6), zodResponseFormat: zodResponseFormat6 as unknown as typeof zodResponseFormat7 },
];

describe.each(MAJORS)('openai $major', ({ Client, zodResponseFormat }) => {
  /** A client that counts what it really sends. */
  function connect(account: Account, options: ConstructorParameters<typeof OpenAI>[0] = {}) {
    const sent: string[] = [];
    const client = new Client({
      apiKey: account.key,
      baseURL: account.baseUrl,
      fetch: (url, init) => {
        sent.push(typeof init?.body === 'string' ? init.body : '');
        return fetch(url, init);
      },
      ...options,
    });
    return { client, sent };
  }

  async function fresh(credits?: number) {
    const account = await rig.account(credits);
    const lane = rig.lane('solo');
    return { account, lane, model: lane.model, ...connect(account) };
  }

  const messages = [{ role: 'user' as const, content: 'Say something.' }];
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

    /** The arguments in pieces, those of parallel calls in turn. */
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
      const hungUpAtMs = Date.now();
      await lane.first.seen[0]!.hungUp();
      expect(Date.now() - hungUpAtMs).toBeLessThan(2_000);
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

  describe('a refusal', () => {
    type ErrorClass = new (...args: never[]) => Error;

    /** The error that a call ends in: it must be of this class, speak our words, and name the request. */
    async function expectError(
      call: Promise<unknown>,
      kind: ErrorClass,
      status: number,
      message: RegExp,
      fields: Record<string, unknown> = {},
    ) {
      const error = (await call.then(
        () => undefined,
        (caught: unknown) => caught,
      )) as InstanceType<typeof Client.APIError>;
      expect(error).toBeInstanceOf(kind);
      expect(error).toBeInstanceOf(Client.APIError);
      expect(error.status).toBe(status);
      expect(error.message).toMatch(message);
      expect(error.requestID).toMatch(/^req_[0-9A-Za-z-]+$/);
      expect((error.error as { request_id?: string }).request_id).toBe(error.requestID);
      expect(error).toMatchObject(fields);
      return error;
    }

    it('401: an AuthenticationError, at once', async () => {
      const { account, model } = await fresh();
      const forged = connect(account, { apiKey: `${account.key.slice(0, -1)}${account.key.endsWith('A') ? 'B' : 'A'}` });
      await expectError(forged.client.chat.completions.create({ model, messages }), Client.AuthenticationError, 401, /does not exist/, {
        type: 'authentication_error',
      });
      const foreign = connect(account, { apiKey: 'sk-not-one-of-ours' });
      await expectError(foreign.client.chat.completions.create({ model, messages }), Client.AuthenticationError, 401, /begin with `ck_`/);
      expect([forged.sent.length, foreign.sent.length]).toEqual([1, 1]);
      expect(await account.money()).toEqual(spent(0));
    });

    it('400: a BadRequestError that lists the models, at once', async () => {
      const { account, client, sent } = await fresh();
      const error = await expectError(
        client.chat.completions.create({ model: 'gpt-0', messages }),
        Client.BadRequestError,
        400,
        /`gpt-0` does not exist/,
        {
          type: 'invalid_request_error',
          code: 'model_not_found',
          param: 'model',
        },
      );
      expect((error.error as { available_models: string[] }).available_models).toContain('gpt-5.4-mini');
      await expectError(
        client.chat.completions.create({ model: 'gpt-5.4-mini', messages: [] }),
        Client.BadRequestError,
        400,
        /`messages`/,
        {
          param: 'messages',
        },
      );
      expect(sent).toHaveLength(2);
      expect(await account.money()).toEqual(spent(0));
    });

    it('400: a BadRequestError in the words of the provider, which is asked once', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(failure(400, "'temperature' must be at most 2.", { code: 'decimal_above_max_value', param: 'temperature' }));
      await expectError(
        client.chat.completions.create({ model, messages, temperature: 9 }),
        Client.BadRequestError,
        400,
        /must be at most 2/,
        {
          code: 'decimal_above_max_value',
          param: 'temperature',
        },
      );
      expect([sent.length, lane.first.seen.length]).toEqual([1, 1]);
      expect(await account.money()).toEqual(spent(0));
    });

    it('402: an APIError that says what is needed and what is there', async () => {
      const { account, model, client, sent } = await fresh(100);
      await expectError(
        client.chat.completions.create({ model, messages }),
        Client.APIError,
        402,
        /needs 200 credits; the account has 100/,
        {
          type: 'insufficient_credits',
          error: { required: 200, available: 100 },
        },
      );
      expect(sent).toHaveLength(1);
      expect(await account.money()).toEqual(spent(0));
    });

    it('403: a PermissionDeniedError', async () => {
      const { account, model, client, sent } = await fresh();
      await expectError(
        client.chat.completions.create({ model: 'gpt-5.4-pro-official', messages }),
        Client.PermissionDeniedError,
        403,
        /needs the Growth tier/,
        { type: 'access_denied' },
      );
      const narrow = connect(account, { apiKey: await account.addKey({ models: ['gpt-5.4-mini'] }) });
      await expectError(narrow.client.chat.completions.create({ model, messages }), Client.PermissionDeniedError, 403, /may not use/);
      expect([sent.length, narrow.sent.length]).toEqual([1, 1]);
      expect(await account.money()).toEqual(spent(0));
    });

    it('404: a NotFoundError', async () => {
      const { account, client, sent } = await fresh();
      await expectError(client.models.retrieve('gpt-0'), Client.NotFoundError, 404, /`gpt-0` does not exist/, { type: 'not_found_error' });
      expect(sent).toHaveLength(1);
      expect(await account.money()).toEqual(spent(0));
    });

    it('409: a ConflictError while the first call is under way, which the client sits out', async () => {
      const { account, lane, model, client } = await fresh();
      const held = gate();
      lane.first.reply(json(completion({ content: 'Once.' }), { first: { until: held.opened } }));
      const headers = { 'Idempotency-Key': 'the same' };
      const first = client.chat.completions.create({ model, messages }, { headers });
      await lane.first.request();
      const second = client.chat.completions.create({ model, messages }, { headers, maxRetries: 0 });
      await expectError(second, Client.ConflictError, 409, /is under way/, { type: 'idempotency_error' });
      const patient = connect(account);
      const third = patient.client.chat.completions.create({ model, messages }, { headers, maxRetries: 5 });
      await until('the third call to be refused', () => patient.sent.length > 1);
      held.open();
      expect((await third).choices[0]!.message.content).toBe('Once.');
      expect((await first).choices[0]!.message.content).toBe('Once.');
      expect(lane.first.seen).toHaveLength(1);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('422: an UnprocessableEntityError for an idempotency key with another body', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(answer('Once.'));
      const headers = { 'Idempotency-Key': 'the same' };
      await client.chat.completions.create({ model, messages }, { headers });
      const other = client.chat.completions.create({ model, messages, temperature: 1 }, { headers });
      await expectError(other, Client.UnprocessableEntityError, 422, /with another request body/);
      expect([sent.length, lane.first.seen.length]).toEqual([2, 1]);
      expect(await account.money()).toEqual(spent(USAGE_MICRO));
    });

    it('429: a RateLimitError at once when the hour is used up, without a Retry-After', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.replyAlways(() => answer('Yes.'));
      for (let call = 0; call < HOURLY_LIMIT; call++) await client.chat.completions.create({ model, messages });
      const error = await expectError(
        client.chat.completions.create({ model, messages }),
        Client.RateLimitError,
        429,
        /limit of 8 chat calls/,
        {
          type: 'rate_limit_error',
        },
      );
      expect(error.headers?.get('x-ratelimit-remaining')).toBe('0');
      expect(error.headers?.get('retry-after')).toBeNull();
      expect(sent).toHaveLength(HOURLY_LIMIT + 1);
      expect(await account.money()).toEqual(spent(HOURLY_LIMIT * USAGE_MICRO));
    });

    it("429: a RateLimitError at once when the key's spending limit is reached", async () => {
      const { account, model } = await fresh();
      const capped = connect(account, { apiKey: await account.addKey({ spendingLimit: 0.5 }) });
      await expectError(
        capped.client.chat.completions.create({ model, messages }),
        Client.RateLimitError,
        429,
        /spending limit of 0.5 credits/,
        {
          type: 'spending_limit_error',
        },
      );
      expect(capped.sent).toHaveLength(1);
      expect(await account.money()).toEqual(spent(0));
    });

    it.each([false, true])('502: an InternalServerError at once when all providers failed (stream: %s)', async (stream) => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.replyAlways(() => failure(500, 'The engine is on fire.'));
      await expectError(
        client.chat.completions.create({ model, messages, stream }),
        Client.InternalServerError,
        502,
        /All providers of this model failed; the last one: The engine is on fire\./,
        { type: 'api_error' },
      );
      expect(sent).toHaveLength(1);
      expect(await account.money()).toEqual(spent(0));
      const [line] = await account.calls();
      expect(line).toMatchObject({ state: 'released', amountCredits: 0 });
    });

    it('503: an InternalServerError at once for a model that no provider is configured for', async () => {
      const { account, client, sent } = await fresh();
      const call = client.chat.completions.create({ model: 'gpt-audio-1.5-official', messages });
      await expectError(call, Client.InternalServerError, 503, /No provider is configured for `gpt-audio-1\.5-official`/, {
        type: 'api_error',
      });
      expect(sent).toHaveLength(1);
      expect(await account.money()).toEqual(spent(0));
    });

    it('in mid-stream: an APIError in our words, that names the request', async () => {
      const { account, lane, model, client, sent } = await fresh();
      lane.first.reply(sse([role(), says('One'), 'data: {"error":{"message":"The engine is on fire.","code":500}}\n\n']));
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      let text = '';
      const error = (await (async () => {
        for await (const part of stream) text += part.choices[0]!.delta.content ?? '';
      })().catch((caught: unknown) => caught)) as InstanceType<typeof Client.APIError>;
      expect(text).toBe('One');
      expect(error).toBeInstanceOf(Client.APIError);
      expect(error.message).toBe('The provider failed in the middle of its answer: The engine is on fire. Nothing was charged.');
      expect(error.type).toBe('api_error');
      expect((error.error as { request_id: string }).request_id).toBe((await account.calls())[0]!.id);
      expect(error.requestID).toBe((await account.calls())[0]!.id);
      expect(sent).toHaveLength(1);
      expect(await account.money()).toEqual(spent(0));
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
