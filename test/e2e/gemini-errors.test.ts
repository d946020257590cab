// Every refusal in Google's shape: to the byte, and as the official client's own error.
import { ApiError } from '@google/genai';
import { ApiError as ApiErrorV1 } from 'google-genai-v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { askGemini, contents, detailOf, type GeminiError, geminiFailure, streamed, WAYS } from './support/gemini-wire';
import { connectGenai, GENAI } from './support/genai';
import { Rig } from './support/rig';
import { json, USAGE_MICRO } from './support/wire';

const HOURLY_LIMIT = 3;
const BODY_LIMIT_BYTES = 200_000;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { gemini: 60, solo: 60 },
    { HOURLY_LIMITS: `{"chat":${HOURLY_LIMIT}}`, STATUS_HOLD_MS: 2_000, BODY_LIMIT_BYTES, OPENAI_API_KEY: '' },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

interface Refused {
  account: Account;
  model: string;
  body?: unknown;
  key?: string;
}

interface Refusal {
  status: number;
  name: string;
  message: RegExp;
  metadata?: Record<string, string>;
  make: (fresh: { account: Account; model: string }) => Promise<Partial<Refused>> | Partial<Refused>;
}

const REFUSALS: Record<string, Refusal> = {
  'a model that there is not': {
    status: 400,
    name: 'INVALID_ARGUMENT',
    message: /`gemini-0` does not exist/,
    metadata: {
      type: 'invalid_request_error',
      code: 'model_not_found',
      param: 'model',
      available_models: expect.stringContaining('gpt-5.4-mini'),
    },
    make: () => ({ model: 'gemini-0' }),
  },
  'a model of another endpoint': {
    status: 400,
    name: 'INVALID_ARGUMENT',
    message: /use \/v1\/messages/,
    make: () => ({ model: 'claude-opus-4-6' }),
  },
  'a body that is no JSON': { status: 400, name: 'INVALID_ARGUMENT', message: /not valid JSON/, make: () => ({ body: '{' }) },
  'no contents': {
    status: 400,
    name: 'INVALID_ARGUMENT',
    message: /`contents` is required/,
    metadata: { param: 'contents' },
    make: () => ({ body: {} }),
  },
  'a cached content': {
    status: 400,
    name: 'INVALID_ARGUMENT',
    message: /cannot be used here/,
    make: () => ({ body: { contents, cachedContent: 'cachedContents/1' } }),
  },
  'a bound that is none': {
    status: 400,
    name: 'INVALID_ARGUMENT',
    message: /generationConfig\.maxOutputTokens/,
    make: () => ({ body: { contents, generationConfig: { maxOutputTokens: -1 } } }),
  },
  'a key of somebody else': {
    status: 401,
    name: 'UNAUTHENTICATED',
    message: /begin with `ck_`/,
    make: () => ({ key: 'AIzaSomebodyElse' }),
  },
  'a key that does not exist': {
    status: 401,
    name: 'UNAUTHENTICATED',
    message: /does not exist/,
    make: ({ account }) => ({ key: `${account.key.slice(0, -1)}${account.key.endsWith('A') ? 'B' : 'A'}` }),
  },
  'too few credits': {
    status: 402,
    name: 'FAILED_PRECONDITION',
    message: /needs 200 credits; the account has 100/,
    metadata: { type: 'insufficient_credits', required: '200', available: '100' },
    make: async () => ({ account: await rig.account(100) }),
  },
  'a tier that is too low': {
    status: 403,
    name: 'PERMISSION_DENIED',
    message: /needs the Growth tier/,
    make: () => ({ model: 'gpt-5.4-pro-official' }),
  },
  'a key for other models': {
    status: 403,
    name: 'PERMISSION_DENIED',
    message: /may not use/,
    make: async ({ account }) => ({ key: await account.addKey({ models: ['gpt-5.4'] }) }),
  },
  'a body that is too large': {
    status: 413,
    name: 'INVALID_ARGUMENT',
    message: /larger than/,
    make: () => ({ body: 'x'.repeat(BODY_LIMIT_BYTES + 1) }),
  },
  'a spending limit': {
    status: 429,
    name: 'RESOURCE_EXHAUSTED',
    message: /spending limit of 0.01 credits/,
    metadata: { type: 'spending_limit_error' },
    make: async ({ account }) => ({ key: await account.addKey({ spendingLimit: 0.01 }) }),
  },
  'a model without a provider': {
    status: 503,
    name: 'UNAVAILABLE',
    message: /No provider is configured/,
    make: () => ({ model: 'gpt-audio-1.5-official' }),
  },
};

describe('a refusal has the shape of Google', () => {
  it.concurrent.each(Object.entries(REFUSALS))('%s', async (_, { status, name, message, metadata, make }) => {
    const own = { account: await rig.account(), model: 'gpt-5.4-mini' };
    const { account, model, body, key }: Refused = { ...own, ...(await make(own)) };
    for (const method of ['generateContent', 'streamGenerateContent?alt=sse', 'streamGenerateContent']) {
      const refused = await askGemini(account, model, body, { method, ...(key !== undefined && { headers: { 'x-goog-api-key': key } }) });
      expect(refused.status).toBe(status);
      expect(refused.headers.get('content-type')).toMatch(/^application\/json/);
      expect(refused.headers.get('x-should-retry')).toBe('false');
      expect(Object.keys(refused.body)).toEqual(['error']);
      const { error } = refused.body;
      expect(error).toMatchObject({ code: status, status: name, message: expect.stringMatching(message) });
      const info = detailOf(error, 'ErrorInfo')!;
      expect(info.metadata).toMatchObject({ ...metadata, request_id: refused.id });
      expect(Object.values(info.metadata as object).every((value) => typeof value === 'string')).toBe(true);
      expectLastingQuota(error, status);
    }
    expect(await account.calls()).toEqual([]);
    expect(await account.money()).toEqual(spent(0));
  });

  it('the hourly limit, without a Retry-After', async () => {
    const [account, lane] = [await rig.account(), rig.lane('gemini')];
    lane.first.replyAlways(() => WAYS[0]!.whole({ text: 'Yes.' }));
    for (let call = 0; call < HOURLY_LIMIT; call++) expect((await askGemini(account, lane.model)).status).toBe(200);
    const { status, headers, body } = await askGemini(account, lane.model);
    expect(status).toBe(429);
    expect([headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining'), headers.get('retry-after')]).toEqual(['3', '0', null]);
    expect(body.error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/limit of 3 chat calls/) });
    expectLastingQuota(body.error, 429);
    expect(await account.money()).toEqual(spent(HOURLY_LIMIT * USAGE_MICRO));
  });

  it.each([
    ['POST', '/v1beta/models/gpt-5.4-mini:embedText', 'embedText'],
    ['POST', '/v1beta/models/gpt-5.4-mini', 'names no method'],
    ['GET', '/v1beta/models/gemini-0', '`gemini-0` does not exist'],
    ['GET', '/v1beta/cachedContents', 'nothing at'],
    ['POST', '/v1beta/files', 'nothing at'],
    ['POST', '/api/v1/gemini/v1beta/interactions', 'nothing at'],
  ])('a place where there is nothing: %s %s', async (method, path, message) => {
    const account = await rig.account();
    const response = await fetch(rig.worker.url + path, {
      method,
      headers: { 'x-goog-api-key': account.key, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: JSON.stringify({ contents }) }),
    });
    const { error } = (await response.json()) as { error: GeminiError };
    expect(response.status).toBe(404);
    expect(error).toMatchObject({ code: 404, status: 'NOT_FOUND', message: expect.stringContaining(message) });
  });
});

/** Gemini CLI retries a 429 for minutes unless the quota is said to last a day. */
function expectLastingQuota(error: GeminiError, status: number): void {
  const quota = detailOf(error, 'QuotaFailure') as { violations: { quotaId: string }[] } | undefined;
  const ids = (quota?.violations ?? []).map(({ quotaId }) => quotaId);
  expect(ids).toEqual(status === 429 ? [expect.stringMatching(/PerDay$/)] : []);
}

describe("a provider's refusal", () => {
  it.each(WAYS.map((way) => ({ way, name: way.name })))(
    'of the request itself is passed on, and nobody else is asked, $name',
    async ({ way }) => {
      const [account, lane] = [await rig.account(), rig.lane(way.kind)];
      lane.first.reply(way.fails(400, 'temperature is too high.'));
      const { status, body, id } = await askGemini(account, lane.model);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT', message: 'temperature is too high.' });
      expect(lane.first.seen).toHaveLength(1);
      expect(await account.calls()).toMatchObject([{ id, state: 'released' }]);
    },
  );

  it('names the field at fault as Google does', async () => {
    const [account, lane] = [await rig.account(), rig.lane('gemini')];
    const fieldViolations = [{ field: 'generation_config.top_p', description: 'Must be below 1.' }];
    const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }];
    lane.first.reply(geminiFailure(400, 'Must be below 1.', 'INVALID_ARGUMENT', details));
    const { body } = await askGemini(account, lane.model);
    expect(detailOf(body.error, 'BadRequest')!.fieldViolations).toEqual(fieldViolations);
  });

  it.each([
    [
      'an expired key',
      geminiFailure(400, 'API key expired. Please renew the API key.', 'INVALID_ARGUMENT', [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
      ]),
    ],
    ['a region', geminiFailure(400, 'User location is not supported for the API use.', 'FAILED_PRECONDITION')],
    ['a model', geminiFailure(404, 'models/x is not found for API version v1beta.', 'NOT_FOUND')],
    ['an error of status 200', json({ error: { code: 503, message: 'Busy.', status: 'UNAVAILABLE' } })],
    ['a 504', geminiFailure(504, 'Deadline expired.', 'DEADLINE_EXCEEDED')],
  ])('of what is not the caller’s doing is a 502: %s', async (_, reply) => {
    const [account, lane] = [await rig.account(), rig.lane('gemini')];
    lane.first.replyAlways(() => reply);
    const { status, headers, body } = await askGemini(account, lane.model);
    expect(status).toBe(502);
    expect(headers.get('x-should-retry')).toBe('false');
    expect(body.error).toMatchObject({
      code: 502,
      status: 'UNAVAILABLE',
      message: expect.stringMatching(/^All providers of this model failed/),
    });
    expect(await account.money()).toEqual(spent(0));
  });

  it('of a signature is met by the same history without it, once', async () => {
    const [account, lane] = [await rig.account(), rig.lane('gemini')];
    lane.first.reply(geminiFailure(400, 'Corrupted thought signature.', 'INVALID_ARGUMENT'), WAYS[0]!.whole({ text: 'Yes.' }));
    const call = { role: 'model', parts: [{ functionCall: { name: 'look', args: {} }, thoughtSignature: 'c29tZWJvZHkgZWxzZQ==' }] };
    const result = { role: 'user', parts: [{ functionResponse: { name: 'look', response: {} } }] };
    const { status } = await askGemini(account, lane.model, { contents: [...contents, call, result] });
    expect(status).toBe(200);
    expect(JSON.stringify(lane.first.seen[1]!.json())).toContain('skip_thought_signature_validator');
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe.each(GENAI)('genai $version', ({ Client, version }) => {
  const kind = version === '3.1' ? ApiError : ApiErrorV1;

  const errorOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    ) as Promise<ApiError>;

  it.each([
    [401, /begin with `ck_`/, async (account: Account) => connectGenai(Client, account, { apiKey: 'AIzaSomebodyElse' })],
    [402, /needs 200 credits/, async () => connectGenai(Client, await rig.account(100))],
    [
      429,
      /spending limit/,
      async (account: Account) => connectGenai(Client, account, { apiKey: await account.addKey({ spendingLimit: 0.01 }) }),
    ],
  ] as const)('throws its ApiError with our words: %s', async (status, message, make) => {
    const client = await make(await rig.account());
    const asked = { model: 'gpt-5.4-mini', contents: 'Hi' };
    for (const error of [await errorOf(client.models.generateContent(asked)), await errorOf(client.models.generateContentStream(asked))]) {
      expect(error).toBeInstanceOf(kind);
      expect(error.status).toBe(status);
      expect(error.message).toMatch(message);
    }
  });

  it.each(WAYS.map((way) => ({ way, name: way.name })))('throws its ApiError when a stream breaks, $name', async ({ way }) => {
    for (let time = 0; time < HOURLY_LIMIT; time++) {
      const [account, lane] = [await rig.account(), rig.lane(way.kind)];
      lane.first.reply(streamed([...way.begun({ text: 'One' }), way.errorEvent('On fire.')]));
      let text = '';
      const reading = async () => {
        for await (const chunk of await connectGenai(Client, account).models.generateContentStream({ model: lane.model, contents: 'Hi' }))
          text += chunk.text ?? '';
      };
      const error = await errorOf(reading());
      expect(text).toBe('One');
      expect(error).toBeInstanceOf(kind);
      expect(error.status).toBe(502);
      expect(error.message).toContain('The provider failed in the middle of its answer: On fire. Nothing was charged.');
      expect(await account.money()).toEqual(spent(0));
    }
  });
});
