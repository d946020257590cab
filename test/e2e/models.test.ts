// Which models can be called and at what price, and that a call cost exactly that.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODELS } from '../../src/providers/catalogue';
import { openAccount } from './support/account';
import { askJson, askStream, chatBody } from './support/client';
import { Rig } from './support/rig';
import { inMicro } from './support/wire';
import { Worker } from './support/worker';

const MICRO_PER_USD = 100_000_000;
const MICRO_PER_CREDIT = 1_000_000;

interface Listed {
  id: string;
  object: string;
  family: string;
  available: boolean;
  unavailable_reason?: string;
  endpoints: string[];
  pricing: Record<string, number | string> | null;
  [field: string]: unknown;
}

/** A local run that the sandbox answers for, and one with providers: OpenAI, but not MiniMax. */
let sandbox: Worker;
let rig: Rig;
beforeAll(async () => {
  const slashed = [
    { id: 'custom-slashed', baseUrl: 'http://127.0.0.1:9', models: [{ id: 'maker/model-1.5', inputUsdPerMtok: 1, outputUsdPerMtok: 2 }] },
  ];
  sandbox = await Worker.shared();
  rig = await Rig.start({}, { CUSTOM_PROVIDERS: JSON.stringify(slashed), ANTHROPIC_API_KEY: '', OPENROUTER_API_KEY: '' });
});
afterAll(async () => {
  await rig?.stop();
  await sandbox?.stop();
});

async function get<T>(worker: Worker, path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: T }> {
  const response = await fetch(worker.url + path, { headers });
  return { status: response.status, body: (await response.json()) as T };
}

async function list(worker: Worker, path = '/v1/models'): Promise<Listed[]> {
  const { status, body } = await get<{ object: string; data: Listed[] }>(worker, path);
  expect(status).toBe(200);
  expect(body.object).toBe('list');
  return body.data;
}

describe('the list of models', () => {
  it.each(['/v1/models', '/api/v1/models'])('needs no key and has the whole catalogue at its prices: %s', async (path) => {
    const listed = new Map((await list(sandbox, path)).map((model) => [model.id, model]));
    expect([...listed.keys()].sort()).toEqual(MODELS.map(({ id }) => id).sort());
    for (const { id, label, vendor, family, price } of MODELS) {
      const model = listed.get(id)!;
      expect(model).toMatchObject({ object: 'model', display_name: label, owned_by: vendor, family, created: expect.any(Number) });
      if (!price) expect(model.pricing, id).toBeNull();
      else if (price.per === 'token') {
        expect(Math.round(Number(model.pricing!.input_usd) * MICRO_PER_USD), id).toBe(price.inputMicroPerMtok);
        expect(Math.round(Number(model.pricing!.output_usd) * MICRO_PER_USD), id).toBe(price.outputMicroPerMtok);
        expect(Math.round(Number(model.pricing!.input_credits) * MICRO_PER_CREDIT), id).toBe(price.inputMicroPerMtok);
      } else {
        expect(model.pricing!.per, id).toBe(price.per);
        expect(Math.round(Number(model.pricing!.credits) * MICRO_PER_CREDIT), id).toBe(price.micro);
      }
    }
  });

  it.each(['/v1/chat/completions', '/api/v1/chat/completions'])('of an endpoint has what is served there: %s', async (path) => {
    const models = await list(sandbox, path);
    expect(models.map(({ id }) => id)).toContain('gpt-5.4');
    expect(models.filter(({ family }) => !['chat', 'responses', 'gemini'].includes(family))).toEqual([]);
  });

  it('says why a model is not available', async () => {
    for (const worker of [sandbox, rig.worker])
      for (const { id, available, unavailable_reason } of await list(worker)) expect(unavailable_reason === undefined, id).toBe(available);
    const here = new Map((await list(rig.worker)).map((model) => [model.id, model]));
    expect(here.get('gpt-5.4')).toMatchObject({ available: true });
    expect(here.get('gpt-5.3-codex')).toMatchObject({ available: true, endpoints: expect.arrayContaining(['/v1/chat/completions']) });
    expect(here.get('MiniMax-M2.5')).toMatchObject({ endpoints: [] });
    expect(here.get('MiniMax-M2.5')).toMatchObject({ available: false, unavailable_reason: expect.stringContaining('no provider') });
    expect(here.get('claude-opus-4-6')).toMatchObject({ available: false, unavailable_reason: expect.stringContaining('no provider') });
    expect(here.get('veo-3-1-i2v')).toMatchObject({ available: false, unavailable_reason: expect.stringContaining('no provider') });
  });

  it('calls available what can be called, and nothing else: by the sandbox', async () => {
    const account = await openAccount(sandbox, 1_000_000);
    await fetch(`${sandbox.url}/api/admin/accounts/${account.id}/tier`, {
      method: 'PUT',
      headers: { authorization: 'Bearer the-operator-of-the-tests' },
      body: '{"tier":"scale"}',
    });
    for (const { id, available, family } of await list(sandbox)) {
      if (!['chat', 'responses', 'gemini', 'messages'].includes(family)) continue;
      const path = family === 'messages' ? '/messages' : '/chat/completions';
      const { status, body } = await askJson(account, { ...chatBody(id), max_tokens: 1 }, { path });
      if (available) expect(status, id).toBe(200);
      else {
        expect(status, id).toBe(400);
        expect(body.error, id).toMatchObject({ type: 'invalid_request_error', param: 'model' });
      }
    }
  });

  it('is refused what no provider is configured for', async () => {
    const account = await rig.account();
    const { status, body } = await askJson(account, chatBody('MiniMax-M2.5'));
    expect(status).toBe(503);
    expect(body.error).toMatchObject({ type: 'api_error', param: 'model', message: expect.stringContaining('No provider') });
    expect(await account.calls()).toEqual([]);
  });
});

describe('a model', () => {
  it.each([
    ['gpt-5.4', 'gpt-5.4'],
    ['qwen3.5-plus', 'qwen3.5-plus'],
    ['MiniMax-M2.5', 'MiniMax-M2.5'],
    ['claude-opus-4-1-20250805', 'claude-opus-4-6'],
    ['maker/model-1.5', 'maker/model-1.5'],
    ['maker%2Fmodel-1.5', 'maker/model-1.5'],
  ])('is found by its id: %s', async (path, id) => {
    for (const base of ['/v1', '/api/v1'])
      expect(await get(rig.worker, `${base}/models/${path}`)).toMatchObject({ status: 200, body: { id } });
  });

  it.each(['gpt-99', '', 'gpt-5.4/x', '%zz', '%E0%A4%A', '%2e%2e%2fadmin', '__proto__'])('is not found: %j', async (path) => {
    const { status, body } = await get<{ error: { type: string; message: string } }>(rig.worker, `/v1/models/${path}`);
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ type: 'not_found_error' });
  });
});

interface Price {
  inputMicroPerMtok: number;
  outputMicroPerMtok: number;
  cacheReadMicroPerMtok?: number;
}

describe('the receipt of a call', () => {
  it.each(['gpt-5.4', 'gpt-5.5-pro', 'kimi-k2.5', 'gemini-3-flash-official'])('recomputes to its charge: %s', async (model) => {
    const account = await openAccount(sandbox);
    const document = await askJson(account, chatBody(model));
    const stream = await askStream(account, chatBody(model));
    const costs = [inMicro(document.body.usage.creditsUsed), inMicro(stream.usages[0]!.creditsUsed)];
    for (const [index, id] of [document.id, stream.id].entries()) {
      const receipt = await account.generation(id);
      const price = receipt.price as Price;
      const listed = MODELS.find((each) => each.id === model)!.price;
      expect(price).toEqual(expect.objectContaining({ inputMicroPerMtok: (listed as Price).inputMicroPerMtok }));
      const { inputTokens = 0, cacheReadTokens = 0, outputTokens = 0 } = receipt.usage!;
      const cached = cacheReadTokens * (price.cacheReadMicroPerMtok ?? price.inputMicroPerMtok);
      const micro = Math.ceil((inputTokens * price.inputMicroPerMtok + cached + outputTokens * price.outputMicroPerMtok) / 1_000_000);
      expect(inMicro(receipt.creditsUsed)).toBe(micro);
      expect(costs[index]).toBe(micro);
      expect(receipt).toMatchObject({
        id,
        object: 'generation',
        model,
        state: 'settled',
        outcome: 'actual',
        test: false,
        provider: 'sandbox',
      });
    }
    expect(inMicro(document.headers.get('x-credits-charged'))).toBe(costs[0]);
    expect((await account.settled()).spentMicro).toBe(costs[0]! + costs[1]!);
  });

  it("is no other account's to read", async () => {
    const [owner, other] = [await openAccount(sandbox), await openAccount(sandbox)];
    const call = await askJson(owner, chatBody('gpt-5.4'));
    await askJson(other, chatBody('gpt-5.4'));
    const read = (key: string, id = call.id) =>
      get<{ error?: unknown }>(sandbox, `/v1/generations/${id}`, { authorization: `Bearer ${key}` });
    expect((await read(owner.key)).status).toBe(200);
    expect(await read(other.key)).toMatchObject({ status: 404, body: { error: { message: 'There is no such generation.' } } });
    const guessed = call.id.replace(/^req_\w/, (start) => (start === 'req_0' ? 'req_1' : 'req_0'));
    for (const id of [guessed, call.id.replace(/-[^-]+$/, '-zzz'), 'req_x', 'x', call.id.split('-')[0]!, '%00', `${call.id}'--`])
      expect((await read(owner.key, id)).status, id).toBe(404);
  });
});
