// Every refusal as the official client's own typed error, with the gateway's message.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { askJson, chatBody } from './support/client';
import { Rig } from './support/rig';
import { connect as connectTo, MAJORS, messages } from './support/sdk';
import { RESET } from './support/upstream';
import { gate, until } from './support/wait';
import { answer, completion, failure, json, role, says, sse, USAGE_MICRO } from './support/wire';

const HOURLY_LIMIT = 8;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 40 }, { HOURLY_LIMITS: `{"chat":${HOURLY_LIMIT}}`, STATUS_HOLD_MS: 2_000, OPENAI_API_KEY: '' });
});
afterAll(() => rig?.stop());

describe.each(MAJORS)('openai $major', ({ Client }) => {
  const connect = (account: Account, options?: Parameters<typeof connectTo>[2]) => connectTo(Client, account, options);

  async function fresh(credits?: number) {
    const account = await rig.account(credits);
    const lane = rig.lane('solo');
    return { account, lane, model: lane.model, ...connect(account) };
  }

  const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

  describe('a refusal', () => {
    type ErrorClass = new (...args: never[]) => Error;

    /** The error of a call, which must be of this class, have the gateway's message, and name the request. */
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
});

describe('calls that come to nothing', () => {
  it('may be sent to a provider three times as often as the hourly limit, and those that did not reach it as often as one likes', async () => {
    const account = await rig.account();
    const lane = rig.lane('solo');
    const call = async () => (await askJson(account, chatBody(lane.model))).status;
    lane.first.replyAlways(() => sse([], { first: RESET }));
    for (let time = 0; time < HOURLY_LIMIT; time++) expect(await call()).toBe(502);
    const unreached = lane.first.seen.length;
    lane.first.replyAlways(() => failure(400, 'No.'));
    for (let time = 0; time < 3 * HOURLY_LIMIT; time++) expect(await call()).toBe(400);
    const { status, headers, body } = await askJson(account, chatBody(lane.model));
    expect([status, headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual([429, '24', '0']);
    expect(body).toMatchObject({
      error: { type: 'rate_limit_error', message: expect.stringContaining('those that failed at a provider') },
    });
    expect(lane.first.seen).toHaveLength(unreached + 3 * HOURLY_LIMIT);
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});
