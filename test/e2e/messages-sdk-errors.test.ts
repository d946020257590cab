// Every refusal as the official Anthropic client's own typed error, and as other clients show it.
import { createAnthropic } from '@ai-sdk/anthropic';
import { ChatAnthropic } from '@langchain/anthropic';
import { APICallError, generateText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { connect as connectTo, MAJORS, max_tokens, messages } from './support/messages-sdk';
import { begun, errorEvent, failure, message, USAGE_MICRO, whole } from './support/messages-wire';
import { type Lane, Rig } from './support/rig';
import { gate, until } from './support/wait';
import { json, sse } from './support/wire';

const HOURLY_LIMIT = 4;

// The SDK would warn that it does not know the lanes' models.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { messages: 60 },
    {
      HOURLY_LIMITS: `{"chat":${HOURLY_LIMIT}}`,
      STATUS_HOLD_MS: 2_000,
      BODY_LIMIT_BYTES: 100_000,
      ANTHROPIC_API_KEY: '',
      OPENROUTER_API_KEY: '',
    },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

const forged = (key: string): string => `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
const overloaded = failure(529, 'overloaded_error', 'Overloaded');

describe.each(MAJORS)('@anthropic-ai/sdk $major', ({ major, Client }) => {
  const connect = (account: Account, options?: Parameters<typeof connectTo>[2]) => connectTo(Client, account, options);

  async function fresh(credits?: number) {
    const account = await rig.account(credits);
    const lane = rig.lane('messages');
    return { account, lane, model: lane.model, ...connect(account) };
  }

  type ErrorClass = new (...args: never[]) => Error;
  interface Body {
    type: string;
    error: { type: string; message: string; available_models?: string[]; required?: number; available?: number };
    request_id: string;
  }

  /** The error of a call: of this class, with the gateway's message and the request's id, and not to be retried. */
  async function expectError(
    call: Promise<unknown>,
    kind: ErrorClass,
    status: number,
    type: string,
    said: RegExp,
  ): Promise<Body & { headers: Headers }> {
    const error = (await caught(call)) as InstanceType<typeof Client.APIError>;
    expect(error).toBeInstanceOf(kind);
    expect(error.status).toBe(status);
    const body = error.error as unknown as Body;
    expect(body).toMatchObject({ type: 'error', error: { type, message: expect.stringMatching(said) } });
    expect(error.message).toMatch(said);
    expect(error.requestID).toMatch(/^req_[0-9A-Za-z-]+$/);
    expect(body.request_id).toBe(error.requestID);
    return { ...body, headers: error.headers as Headers };
  }

  it('401: an AuthenticationError, at once', async () => {
    const { account, model } = await fresh();
    const wrong = connect(account, { apiKey: forged(account.key) });
    const call = wrong.client.messages.create({ model, max_tokens, messages });
    const { headers } = await expectError(call, Client.AuthenticationError, 401, 'authentication_error', /does not exist/);
    expect(headers.get('x-should-retry')).toBe('false');
    const foreign = connect(account, { apiKey: 'sk-ant-not-one-of-ours' });
    const other = foreign.client.messages.create({ model, max_tokens, messages });
    await expectError(other, Client.AuthenticationError, 401, 'authentication_error', /begin with `ck_`/);
    expect([wrong.sent.length, foreign.sent.length]).toEqual([1, 1]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('400: a BadRequestError that lists the models, at once', async () => {
    const { account, client, sent, model } = await fresh();
    const call = client.messages.create({ model: 'claude-none', max_tokens, messages });
    const { error } = await expectError(call, Client.BadRequestError, 400, 'invalid_request_error', /`claude-none` does not exist/);
    expect(error.available_models).toContain(model);
    // No provider is configured for the catalogue's own models.
    expect(error.available_models).not.toContain('claude-opus-4-6');
    const empty = client.messages.create({ model, max_tokens, messages: [] });
    await expectError(empty, Client.BadRequestError, 400, 'invalid_request_error', /`messages`/);
    const elsewhere = client.messages.create({ model: 'gpt-5.4-mini', max_tokens, messages });
    await expectError(elsewhere, Client.BadRequestError, 400, 'invalid_request_error', /not served here/);
    expect(sent).toHaveLength(3);
    expect(await account.calls()).toEqual([]);
  });

  it('400: a BadRequestError in the words of the provider, which is asked once', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.reply(failure(400, 'invalid_request_error', 'max_tokens: 999999 > 128000'));
    const call = client.messages.create({ model, max_tokens, messages });
    await expectError(call, Client.BadRequestError, 400, 'invalid_request_error', /999999 > 128000/);
    expect([sent.length, lane.first.seen.length]).toEqual([1, 1]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('400: as the kind that the provider made of it, with what it says beside', async () => {
    const { lane, model, client } = await fresh();
    const details = { error_code: 'image_dimensions_too_large', max_side_length_pixels: 8_000, paths: ['messages.0.content.1'] };
    const error = { type: 'invalid_request_error', message: 'An image is too large.', details };
    lane.first.reply(json({ type: 'error', error, request_id: 'req_upstream' }, { status: 400 }));
    const call = client.messages.create({ model, max_tokens, messages });
    const refused = await expectError(call, Client.BadRequestError, 400, 'invalid_request_error', /An image is too large/);
    expect(refused.error).toMatchObject({ details });
    if (major > 0) await expect(call).rejects.toBeInstanceOf(Client.ImageDimensionsTooLargeError);
  });

  it('402: an APIError that says what is needed and what is there', async () => {
    const { model, client, sent } = await fresh(100);
    const call = client.messages.create({ model, max_tokens, messages });
    const { error } = await expectError(call, Client.APIError, 402, 'insufficient_credits', /needs 200 credits; the account has 100/);
    expect(error).toMatchObject({ required: 200, available: 100 });
    expect(sent).toHaveLength(1);
  });

  it('403: a PermissionDeniedError', async () => {
    const { account, model } = await fresh();
    const narrow = connect(account, { apiKey: await account.addKey({ models: ['claude-opus-4-6'] }) });
    const call = narrow.client.messages.create({ model, max_tokens, messages });
    await expectError(call, Client.PermissionDeniedError, 403, 'access_denied', /may not use/);
    expect(narrow.sent).toHaveLength(1);
  });

  it('404: a NotFoundError for a model that is looked up, and for a path that is not there', async () => {
    const { client, sent } = await fresh();
    await expectError(client.models.retrieve('claude-none'), Client.NotFoundError, 404, 'not_found_error', /`claude-none` does not exist/);
    await expectError(client.post('/v1/messages/batches', { body: {} }), Client.NotFoundError, 404, 'not_found_error', /nothing at POST/);
    expect(sent).toHaveLength(2);
  });

  it('409: a ConflictError while the first call is under way, which the client sits out', async () => {
    const { account, lane, model, client } = await fresh();
    const held = gate();
    lane.first.reply(json(message('Once.'), { first: { until: held.opened } }));
    const headers = { 'Idempotency-Key': 'the same' };
    const first = client.messages.create({ model, max_tokens, messages }, { headers });
    await lane.first.request();
    const second = client.messages.create({ model, max_tokens, messages }, { headers, maxRetries: 0 });
    await expectError(second, Client.ConflictError, 409, 'idempotency_error', /is under way/);
    const patient = connect(account);
    const third = patient.client.messages.create({ model, max_tokens, messages }, { headers, maxRetries: 5 });
    await until('the third call to be refused', () => patient.sent.length > 1);
    held.open();
    expect((await third).content).toEqual((await first).content);
    expect(lane.first.seen).toHaveLength(1);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('413: an APIError for a body that is too large', async () => {
    const { account, model, client, sent, lane } = await fresh();
    const call = client.messages.create({ model, max_tokens, messages: [{ role: 'user', content: 'x'.repeat(100_000) }] });
    await expectError(call, Client.APIError, 413, 'invalid_request_error', /larger than/);
    expect([sent.length, lane.first.seen.length]).toEqual([1, 0]);
    lane.first.reply(failure(413, 'request_too_large', 'Prompt is too long'));
    await expectError(
      client.messages.create({ model, max_tokens, messages }),
      Client.APIError,
      413,
      'invalid_request_error',
      /Prompt is too long/,
    );
    expect(await account.money()).toEqual(spent(0));
  });

  it('422: an UnprocessableEntityError for an idempotency key with another body', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.reply(whole('Once.'));
    const headers = { 'Idempotency-Key': 'the same' };
    await client.messages.create({ model, max_tokens, messages }, { headers });
    const other = client.messages.create({ model, max_tokens: 2, messages }, { headers });
    await expectError(other, Client.UnprocessableEntityError, 422, 'idempotency_error', /with another request body/);
    expect([sent.length, lane.first.seen.length]).toEqual([2, 1]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('429: a RateLimitError at once when the hour is used up, without a Retry-After', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.replyAlways(() => whole('Yes.'));
    for (let call = 0; call < HOURLY_LIMIT; call++) await client.messages.create({ model, max_tokens, messages });
    const refused = client.messages.create({ model, max_tokens, messages });
    const { headers } = await expectError(refused, Client.RateLimitError, 429, 'rate_limit_error', /limit of 4 chat calls/);
    const shown = ['x-should-retry', 'retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining'].map((name) => headers.get(name));
    expect(shown).toEqual(['false', null, '4', '0']);
    expect(sent).toHaveLength(HOURLY_LIMIT + 1);
    expect(await account.money()).toEqual(spent(HOURLY_LIMIT * USAGE_MICRO));
  });

  it("429: a RateLimitError at once when the key's spending limit is reached", async () => {
    const { account, model } = await fresh();
    const capped = connect(account, { apiKey: await account.addKey({ spendingLimit: 0.1 }) });
    const call = capped.client.messages.create({ model, max_tokens, messages });
    const { headers } = await expectError(call, Client.RateLimitError, 429, 'spending_limit_error', /spending limit of 0.1 credits/);
    expect([headers.get('x-should-retry'), headers.get('retry-after')]).toEqual(['false', null]);
    expect(capped.sent).toHaveLength(1);
  });

  it.each([false, true])('502: an InternalServerError at once when all providers failed (stream: %s)', async (stream) => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.replyAlways(() => failure(500, 'api_error', 'The engine is on fire.'));
    const call = client.messages.create({ model, max_tokens, messages, stream });
    const { headers } = await expectError(
      call,
      Client.InternalServerError,
      502,
      'api_error',
      /failed; the last one: The engine is on fire\./,
    );
    expect(headers.get('x-should-retry')).toBe('false');
    expect(sent).toHaveLength(1);
    expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0 }]);
  });

  it.each([false, true])(
    '503: an InternalServerError at once for a model that no provider is configured for (stream: %s)',
    async (stream) => {
      const { client, sent } = await fresh();
      const call = client.messages.create({ model: 'claude-opus-4-6', max_tokens, messages, stream });
      await expectError(call, Client.InternalServerError, 503, 'api_error', /No provider is configured for `claude-opus-4-6`/);
      expect(sent).toHaveLength(1);
    },
  );

  it.each([
    ['a status', false, () => overloaded],
    ['a status', true, () => overloaded],
    ['an event before any content', true, () => sse([errorEvent('overloaded_error', 'Overloaded')])],
    ['a document of status 200', false, () => json({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })],
  ] as const)('529: stays what it is, told by %s (stream: %s)', async (_, stream, reply) => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.replyAlways(reply);
    const call = client.messages.create({ model, max_tokens, messages, stream });
    const { headers } = await expectError(call, Client.InternalServerError, 529, 'overloaded_error', /Overloaded/);
    expect(headers.get('x-should-retry')).toBe('false');
    expect([sent.length, lane.first.seen.length]).toEqual([1, 2]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('in mid-stream: an APIError in our words, that names the request', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.reply(sse([...begun('One'), errorEvent('api_error', 'The engine is on fire.')]));
    const stream = client.messages.stream({ model, max_tokens, messages });
    let text = '';
    stream.on('text', (delta) => {
      text += delta;
    });
    const error = (await caught(stream.done())) as InstanceType<typeof Client.APIError>;
    expect(text).toBe('One');
    expect(error).toBeInstanceOf(Client.APIError);
    expect(error.message).toContain('The provider failed in the middle of its answer: The engine is on fire. Nothing was charged.');
    expect(error.error).toMatchObject({ type: 'error', error: { type: 'api_error' }, request_id: (await account.calls())[0]!.id });
    expect(sent).toHaveLength(1);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe('what people read of a refusal', () => {
  interface Refusal {
    said: RegExp;
    credits?: number;
    key?: (account: Account) => Promise<string> | string;
    model?: string;
    reply?: (lane: Lane) => void;
  }
  const REFUSALS: Record<string, Refusal> = {
    401: { said: /does not exist/, key: ({ key }) => forged(key) },
    402: { said: /needs 200 credits; the account has 100/, credits: 100 },
    403: { said: /may not use/, key: (account) => account.addKey({ models: ['claude-opus-4-6'] }) },
    400: { said: /`claude-none` does not exist/, model: 'claude-none' },
    429: { said: /spending limit of 0.1 credits/, key: (account) => account.addKey({ spendingLimit: 0.1 }) },
    502: {
      said: /The engine is on fire/,
      reply: (lane) => lane.first.replyAlways(() => failure(500, 'api_error', 'The engine is on fire.')),
    },
    529: { said: /Overloaded/, reply: (lane) => lane.first.replyAlways(() => overloaded) },
  };

  async function set({ credits, key, model, reply }: Refusal) {
    const account = await rig.account(credits);
    const lane = rig.lane('messages');
    reply?.(lane);
    return { account, apiKey: key ? await key(account) : account.key, model: model ?? lane.model };
  }

  it.each(Object.entries(REFUSALS))('%s in the AI SDK is our text', async (status, refusal) => {
    const { account, apiKey, model } = await set(refusal);
    const anthropic = createAnthropic({ apiKey, baseURL: account.baseUrl });
    const error = await caught(generateText({ model: anthropic(model), prompt: 'Say something.', maxRetries: 0 }));
    expect(error).toBeInstanceOf(APICallError);
    expect(error).toMatchObject({ statusCode: Number(status), message: expect.stringMatching(refusal.said) });
  });

  it.each(Object.entries(REFUSALS))('%s in LangChain is our text', async (_, refusal) => {
    const { account, apiKey, model } = await set(refusal);
    const chat = new ChatAnthropic({ model, apiKey, anthropicApiUrl: account.baseUrl, maxRetries: 0 });
    expect(await caught(chat.invoke('Say something.'))).toMatchObject({ message: expect.stringMatching(refusal.said) });
  });
});
