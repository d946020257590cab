// Every refusal of a Responses call as the official client's own typed error, with the gateway's message.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { requestIdOf } from './support/client';
import {
  answer,
  askResponse,
  beginning,
  errorEvent,
  openResponseStream,
  parseStream,
  responseIdOf,
  responsesBody,
  USAGE_MICRO,
} from './support/responses-wire';
import { type LaneKind, Rig } from './support/rig';
import { connect as connectTo, MAJORS } from './support/sdk';
import type { Reply } from './support/upstream';
import { gate } from './support/wait';
import { failure, json, sse } from './support/wire';

const HOURLY_LIMIT = 4;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { responses: 60, 'responses-pair': 12 },
    { HOURLY_LIMITS: `{"chat":${HOURLY_LIMIT}}`, STATUS_HOLD_MS: 3_000, OPENAI_API_KEY: '', BODY_LIMIT_BYTES: 1_048_576 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const input = 'Say something.';

describe.concurrent.each(MAJORS)('openai $major', ({ Client }) => {
  const connect = (account: Account, options?: Parameters<typeof connectTo>[2]) => connectTo(Client, account, options);

  async function fresh(credits?: number) {
    const account = await rig.account(credits);
    const lane = rig.lane('responses');
    return { account, lane, model: lane.model, ...connect(account) };
  }

  type ErrorClass = new (...args: never[]) => Error;

  /** The error of a call: of this class, with the gateway's message, naming the request. */
  async function expectError(call: Promise<unknown>, kind: ErrorClass, status: number, words: RegExp, fields: object = {}) {
    const error = (await call.then(
      () => undefined,
      (caught: unknown) => caught,
    )) as InstanceType<typeof Client.APIError>;
    expect(error).toBeInstanceOf(kind);
    expect(error.status).toBe(status);
    expect(error.message).toMatch(words);
    expect((error.error as { request_id?: string }).request_id).toBe(error.requestID);
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(error).toMatchObject(fields);
    return error;
  }

  it('401: an AuthenticationError, at once', async () => {
    const { account, model } = await fresh();
    const forged = connect(account, { apiKey: `${account.key.slice(0, -1)}${account.key.endsWith('A') ? 'B' : 'A'}` });
    const type = 'authentication_error';
    await expectError(forged.client.responses.create({ model, input }), Client.AuthenticationError, 401, /does not exist/, { type });
    const foreign = connect(account, { apiKey: 'sk-not-one-of-ours' });
    await expectError(foreign.client.responses.create({ model, input }), Client.AuthenticationError, 401, /begin with `ck_`/, { type });
    expect([forged.sent.length, foreign.sent.length]).toEqual([1, 1]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('402: an APIError that says what is needed and what is there', async () => {
    const { account, model, client, sent } = await fresh(100);
    await expectError(client.responses.create({ model, input }), Client.APIError, 402, /needs 200 credits; the account has 100/, {
      type: 'insufficient_credits',
      error: { required: 200, available: 100 },
    });
    expect(sent).toHaveLength(1);
    expect(await account.money()).toEqual(spent(0));
  });

  it('403: a PermissionDeniedError', async () => {
    const { account, model, client, sent } = await fresh();
    const flagship = client.responses.create({ model: 'gpt-5.4-pro-official', input });
    await expectError(flagship, Client.PermissionDeniedError, 403, /needs the Growth tier/, { type: 'access_denied' });
    const narrow = connect(account, { apiKey: await account.addKey({ models: ['gpt-5.4-mini'] }) });
    await expectError(narrow.client.responses.create({ model, input }), Client.PermissionDeniedError, 403, /may not use/);
    expect([sent.length, narrow.sent.length]).toEqual([1, 1]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('404: a NotFoundError for a response that there never was', async () => {
    const { account, client, sent } = await fresh();
    const call = client.responses.retrieve('resp_0123456789');
    await expectError(call, Client.NotFoundError, 404, /'resp_0123456789' not found/, { type: 'not_found_error' });
    expect(sent).toHaveLength(1);
    expect(await account.money()).toEqual(spent(0));
  });

  it('413: an APIError for a body that is too large', async () => {
    const { account, lane, model, client, sent } = await fresh();
    const call = client.responses.create({ model, input: 'x'.repeat(1_100_000) });
    await expectError(call, Client.APIError, 413, /larger than 1 MB/, { type: 'invalid_request_error' });
    expect([sent.length, lane.first.seen.length]).toEqual([1, 0]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('429: a RateLimitError at once when the hour is used up, without a Retry-After', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.replyAlways(() => answer('Yes.'));
    for (let call = 0; call < HOURLY_LIMIT; call++) await client.responses.create({ model, input });
    const type = 'rate_limit_error';
    const error = await expectError(client.responses.create({ model, input }), Client.RateLimitError, 429, /limit of 4 chat calls/, {
      type,
    });
    expect(error.code).toBeNull();
    expect(error.headers?.get('x-ratelimit-remaining')).toBe('0');
    expect(error.headers?.get('retry-after')).toBeNull();
    expect(sent).toHaveLength(HOURLY_LIMIT + 1);
    expect(await account.money()).toEqual(spent(HOURLY_LIMIT * USAGE_MICRO));
  });

  it("429: a RateLimitError with the code that Codex goes by when the key's spending limit is reached", async () => {
    const { account, model } = await fresh();
    const capped = connect(account, { apiKey: await account.addKey({ spendingLimit: 0.5 }) });
    await expectError(capped.client.responses.create({ model, input }), Client.RateLimitError, 429, /spending limit of 0.5 credits/, {
      type: 'spending_limit_error',
      code: 'insufficient_quota',
    });
    expect(capped.sent).toHaveLength(1);
    expect(await account.money()).toEqual(spent(0));
  });

  it('400: a BadRequestError that lists the models, or names the field, at once', async () => {
    const { account, client, model, sent } = await fresh();
    const error = await expectError(
      client.responses.create({ model: 'gpt-6.1-sol', input }),
      Client.BadRequestError,
      400,
      /`gpt-6.1-sol`/,
      {
        type: 'invalid_request_error',
        code: 'model_not_found',
        param: 'model',
      },
    );
    expect((error.error as { available_models: string[] }).available_models).toContain(model);
    const claude = client.responses.create({ model: 'claude-sonnet-4-6', input });
    await expectError(claude, Client.BadRequestError, 400, /use \/v1\/messages/, { param: 'model' });
    await expectError(client.responses.create({ model }), Client.BadRequestError, 400, /`input` is required/, { param: 'input' });
    expect(sent).toHaveLength(3);
    expect(await account.money()).toEqual(spent(0));
  });

  it('400: a BadRequestError in the words of the provider, which is asked once', async () => {
    const { account, lane, model, client, sent } = await fresh();
    const fields = { code: 'context_length_exceeded', param: 'input' };
    lane.first.reply(failure(400, 'Your input exceeds the context window.', fields));
    await expectError(client.responses.create({ model, input }), Client.BadRequestError, 400, /exceeds the context window/, fields);
    expect([sent.length, lane.first.seen.length]).toEqual([1, 1]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('200: an APIError inside the stream for a conversation that is too long, whatever the provider calls it', async () => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.reply(failure(400, "This model's maximum context length is 128000 tokens.", { code: 'invalid_parameter' }));
    const events = await client.responses.create({ model, input, stream: true });
    const error = await (async () => {
      for await (const _ of events);
    })().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Client.APIError);
    expect(error).toMatchObject({ code: 'context_length_exceeded', message: expect.stringContaining('maximum context length') });
    expect([sent.length, lane.first.seen.length]).toEqual([1, 1]);
    expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0 }]);
    expect(await account.money()).toEqual(spent(0));
  });

  it.each([false, true])('502: an InternalServerError at once when all providers failed (stream: %s)', async (isStream) => {
    const { account, lane, model, client, sent } = await fresh();
    lane.first.replyAlways(() => failure(500, 'The engine is on fire.'));
    const call = client.responses.create({ model, input, stream: isStream });
    const words = /All providers of this model failed; the last one: The engine is on fire\./;
    await expectError(call, Client.InternalServerError, 502, words, { type: 'api_error' });
    expect(sent).toHaveLength(1);
    expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0 }]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('503: an InternalServerError at once for a model that no provider is configured for', async () => {
    const { account, client, sent } = await fresh();
    const call = client.responses.create({ model: 'gpt-audio-1.5-official', input });
    await expectError(call, Client.InternalServerError, 503, /No provider is configured/, { type: 'api_error' });
    expect(sent).toHaveLength(1);
    expect(await account.money()).toEqual(spent(0));
  });

  it.each(['the events', 'the helper'])('in mid-stream: an APIError in our words (%s)', async (how) => {
    const { account, lane, model, client, sent } = await fresh();
    const rest = gate();
    lane.first.reply(sse([...beginning('One'), { until: rest.opened }, errorEvent('The engine is on fire.')]));
    let text = '';
    const error = (await (async () => {
      const events =
        how === 'the helper' ? client.responses.stream({ model, input }) : await client.responses.create({ model, input, stream: true });
      for await (const event of events) {
        if (event.type === 'response.output_text.delta') text += event.delta;
        rest.open();
      }
    })().catch((caught: unknown) => caught)) as InstanceType<typeof Client.APIError>;
    expect(text).toBe('One');
    expect(error).toBeInstanceOf(Client.APIError);
    expect(error.message).toBe('The provider failed in the middle of its answer: The engine is on fire. Nothing was charged.');
    expect(sent).toHaveLength(1);
    expect(await account.money()).toEqual(spent(0));
  });
});

describe.concurrent('exhausted providers', () => {
  async function fresh(kind: LaneKind) {
    const lane = rig.lane(kind);
    return { account: await rig.account(), lane };
  }

  it.each([
    ['529', failure(529, 'Overloaded.')],
    ['500', failure(500, 'Overloaded.')],
    ['429', failure(429, 'Overloaded.', {}, { 'retry-after': '60' })],
    [
      'a failed response',
      json({ id: 'r', object: 'response', status: 'failed', output: [], error: { code: 'server_error', message: 'Overloaded.' } }),
    ],
  ] satisfies [string, Reply][])('are a 502, which is not to be retried, when the last one said %s', async (label, reply) => {
    for (const isStream of [false, true]) {
      const { account, lane } = await fresh(isStream ? 'responses-pair' : 'responses');
      lane.first.replyAlways(() => failure(503, 'Busy.'));
      lane.second.replyAlways(() => reply);
      if (!isStream) lane.first.replyAlways(() => reply);
      const { status, headers, body } = await askResponse(account, responsesBody(lane.model, { stream: isStream }));
      expect(status).toBe(502);
      expect([headers.get('x-should-retry'), headers.get('retry-after')]).toEqual(['false', null]);
      // Problems with the gateway's own account at a provider are not for customers to read.
      const said =
        label === '429' ? /the last one: the provider takes no more calls from this gateway for now$/ : /the last one: Overloaded\./;
      expect(body.error).toMatchObject({ type: 'api_error', message: expect.stringMatching(said) as string });
      expect(await account.money()).toEqual(spent(0));
    }
  });

  it('are told inside the stream once its status is sent, as a response that failed', async () => {
    const { account, lane } = await fresh('responses');
    const held = gate();
    lane.first.replyAlways(() => ({ ...failure(529, 'Overloaded.'), first: { until: held.opened } }));
    const live = await openResponseStream(account, responsesBody(lane.model));
    expect(live.response.status).toBe(200);
    held.open();
    const { types, error, response } = parseStream(await live.end());
    expect(types).toEqual(['error', 'response.failed']);
    const said = 'All providers of this model failed; the last one: Overloaded.';
    expect(error).toMatchObject({ type: 'api_error', code: 'api_error', message: said });
    expect(response).toMatchObject({
      id: responseIdOf(requestIdOf(live.response)),
      status: 'failed',
      error: { code: 'server_error', message: said },
    });
    expect(await account.settled()).toEqual(spent(0));
  });
});

it('a conversation that is too long is told by the events that Codex shortens its own for', async () => {
  const lane = rig.lane('responses-pair');
  const account = await rig.account();
  const message = 'Your input exceeds the context window of this model. Please adjust your input and try again.';
  lane.first.reply(failure(400, message));
  const live = await openResponseStream(account, responsesBody(lane.model));
  expect([live.response.status, live.response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const { types, error, response } = parseStream(await live.end());
  expect(types).toEqual(['error', 'response.failed']);
  expect(error).toMatchObject({ type: 'invalid_request_error', code: 'context_length_exceeded', message });
  expect(response).toMatchObject({
    id: responseIdOf(requestIdOf(live.response)),
    status: 'failed',
    error: { code: 'context_length_exceeded', message },
  });
  expect(lane.second.seen).toHaveLength(0);
  expect(await account.settled()).toEqual(spent(0));
});

it.each([
  ['context_length_exceeded', 'context_length_exceeded'],
  ['some_other_refusal', 'invalid_prompt'],
])('a refusal by the provider inside a stream keeps a client from sending it again: %s', async (code, told) => {
  const lane = rig.lane('responses');
  const account = await rig.account();
  const held = gate();
  lane.first.reply({ ...failure(400, 'Too long.', { code }), first: { until: held.opened } });
  const live = await openResponseStream(account, responsesBody(lane.model));
  held.open();
  const { error, response } = parseStream(await live.end());
  expect(error).toMatchObject({ type: 'invalid_request_error', code, message: 'Too long.' });
  expect(response.error).toEqual({ code: told, message: 'Too long.' });
  expect(await account.settled()).toEqual(spent(0));
});
