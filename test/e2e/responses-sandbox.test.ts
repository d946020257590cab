// Responses from the sandbox: with a test key, free of charge, and in a local run without provider keys.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, openAccount } from './support/account';
import { LiveAnswer } from './support/client';
import { askResponse, askResponseStream, askResponses, parseStream, type ResponseObject, responsesBody } from './support/responses-wire';
import { Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { until } from './support/wait';
import { Worker } from './support/worker';

const MODEL = 'gpt-5.3-codex';
const TOOLS = [
  {
    type: 'function' as const,
    name: 'look',
    parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
    strict: false,
  },
  { type: 'custom' as const, name: 'apply_patch' },
];

let rig: Rig;
let bare: Worker;
beforeAll(async () => {
  rig = await Rig.start({ responses: 1 }, { STATUS_HOLD_MS: 1_000, KEEPALIVE_MS: 150 });
  bare = await Worker.start({ LOCAL: '1', STATUS_HOLD_MS: 1_000, KEEPALIVE_MS: 150 });
});
afterAll(async () => {
  await rig?.stop();
  await bare?.stop();
});

const said = (input: string, more: Record<string, unknown> = {}) => responsesBody(MODEL, { input, ...more });
const call = (account: Account, key: string, path: string, method = 'GET') =>
  fetch(account.baseUrl + path, { method, headers: { authorization: `Bearer ${key}` } });

describe.concurrent.each(['a test key', 'no provider keys'])('with %s', (which) => {
  const isFree = which === 'a test key';

  /** The account, and the key that leads to the sandbox. */
  async function fresh(): Promise<{ account: Account; key: string; headers: Record<string, string> }> {
    const account = isFree ? await rig.account() : await openAccount(bare);
    const key = isFree ? await account.addKey({ mode: 'test' }) : account.key;
    return { account, key, headers: { authorization: `Bearer ${key}` } };
  }

  const expectCharged = async (account: Account, usage: ResponseObject['usage'], isOwed = true) => {
    const { spentMicro } = await account.settled();
    const micro = isFree || !isOwed ? 0 : Number(usage!.input_tokens) * 61 + Number(usage!.output_tokens) * 483;
    expect(spentMicro).toBe(micro);
    expect(usage?.creditsUsed).toBe(micro / 1e6);
  };

  it.each(MAJORS)('openai $major gets the same, whole and streamed', async ({ Client }) => {
    const { account, key } = await fresh();
    const { client } = connect(Client, account, { apiKey: key });
    const whole = await client.responses.create({ model: MODEL, input: 'Grüße ☂', reasoning: { summary: 'auto' } });
    const streamed = await client.responses.stream({ model: MODEL, input: 'Grüße ☂', reasoning: { summary: 'auto' } }).finalResponse();
    expect(whole.output_text).toContain('Grüße ☂');
    expect(streamed.output_text).toBe(whole.output_text);
    expect(whole.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    const called = await client.responses.stream({ model: MODEL, input: 'sandbox:tools=2', tools: TOOLS }).finalResponse();
    expect(called.output.map(({ type }) => type)).toEqual(['function_call', 'custom_tool_call']);
  });

  it('an answer is charged as that key is', async () => {
    const { account, headers } = await fresh();
    const { body, status } = await askResponse(account, said('sandbox:usage=1000/50'), { headers });
    expect(status).toBe(200);
    expect(body.usage).toMatchObject({ input_tokens: 1_000, output_tokens: 50 });
    await expectCharged(account, body.usage);
  });

  it.each(['crlf', 'bom', 'comments', 'length', 'refusal', 'reasoning', 'no-usage', 'zero-usage', 'usage=1000/50'])(
    'a stream has its order, and its charge, whatever its form: sandbox:%s',
    async (word) => {
      const { account, headers } = await fresh();
      const { response, types } = await askResponseStream(account, said(`sandbox:${word}`), { headers });
      expect(types.at(-1)).toBe(
        word === 'length' ? 'response.incomplete' : response.status === 'incomplete' ? 'response.incomplete' : 'response.completed',
      );
      await expectCharged(account, response.usage);
    },
  );

  it('a silence is filled as in any stream, and JSON comes although it streams', async () => {
    const { account, headers } = await fresh();
    const { keepalives } = await askResponseStream(account, said('sandbox:pause=600ms@2'), { headers });
    expect(keepalives).toBeGreaterThan(0);
    const { body, text } = await askResponse(account, said('sandbox:stream'), { headers });
    expect(body.status, text).toBe('completed');
  });

  it.each([
    ['status=400', 400],
    ['status=500', 502],
    ['status=529', 502],
    ['error', 502],
    ['html', 502],
    ['empty', 502],
  ])('a failure is one, and costs nothing: sandbox:%s', async (word, status) => {
    const { account, headers } = await fresh();
    for (const stream of [false, true]) {
      const response = await askResponses(account, said(`sandbox:${word}`, { stream }), { headers });
      const text = await response.text();
      // In a stream the error may come after the opening.
      if (response.status === 200) expect(parseStream(text).types.slice(-2)).toEqual(['error', 'response.failed']);
      else expect(response.status, text).toBe(status);
    }
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it.each(['error=3', 'cut=3'])('a stream that breaks ends in an error and a failed response: sandbox:%s', async (word) => {
    const { account, headers } = await fresh();
    const live = new LiveAnswer(await askResponses(account, said(`sandbox:${word} sandbox:delay=60ms`, { stream: true }), { headers }));
    expect(parseStream(await live.end()).types.slice(-2)).toEqual(['error', 'response.failed']);
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('an answer is stored, gone on from, fetched, canceled and deleted', async () => {
    const { account, key, headers } = await fresh();
    const { body: first } = await askResponse(account, said('Hello'), { headers });
    const { body: second, text } = await askResponse(account, said('And?', { previous_response_id: first.id }), { headers });
    expect(second, text).toMatchObject({ status: 'completed', previous_response_id: first.id });
    const shown = await call(account, key, `/responses/${first.id}`);
    expect(await shown.json()).toMatchObject({ id: first.id, output: first.output });
    expect((await call(account, key, `/responses/${first.id}/input_items`)).status).toBe(200);
    expect((await call(account, key, `/responses/${first.id}/cancel`, 'POST')).status).toBe(400);
    expect(await (await call(account, key, `/responses/${first.id}`, 'DELETE')).json()).toMatchObject({ id: first.id, deleted: true });
  });

  it('an answer in the background is taken on, found when it is there, and charged once', async () => {
    const { account, key, headers } = await fresh();
    const body = said('sandbox:usage=1000/50 sandbox:tokens=4 sandbox:pause=500ms@1', { background: true });
    const { body: begun, text } = await askResponse(account, body, { headers });
    expect(['queued', 'in_progress'], text).toContain(begun.status);
    await until('the answer to be there', async () => {
      const shown = (await (await call(account, key, `/responses/${begun.id}`)).json()) as ResponseObject;
      expect(shown.id).toBe(begun.id);
      return shown.status === 'completed';
    });
    // A free call makes no hold, so only its ledger line shows that it has ended.
    await until('the call to be over', async () => (await account.calls()).length > 0);
    expect(await account.settled()).toEqual({ spentMicro: isFree ? 0 : 1_000 * 61 + 50 * 483, heldMicro: 0 });
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'actual', ending: 'complete', provider: 'sandbox' });
  });

  it('an answer in the background that is canceled stays so, can be deleted, and costs nothing', async () => {
    const { account, key, headers } = await fresh();
    const { body: begun } = await askResponse(account, said('Hello sandbox:pause=3s@1', { background: true }), { headers });
    const ask = async (suffix = '', method = 'GET') => {
      const response = await call(account, key, `/responses/${begun.id}${suffix}`, method);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    expect((await ask('', 'DELETE')).status).toBe(409);
    for (const suffix of ['/cancel', '/cancel'])
      expect(await ask(suffix, 'POST')).toMatchObject({ status: 200, body: { id: begun.id, status: 'cancelled' } });
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
    expect((await ask('?include[]=reasoning.encrypted_content')).body).toMatchObject({ id: begun.id, status: 'cancelled', output: [] });
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect((await ask()).body).toMatchObject({ status: 'cancelled' });
    expect((await ask('/cancel', 'POST')).body).toMatchObject({ status: 'cancelled' });
    expect(await ask('', 'DELETE')).toMatchObject({ status: 200, body: { id: begun.id, deleted: true } });
    expect(await account.calls()).toMatchObject([{ state: 'released', amountCredits: 0 }]);
    expect(await account.problems()).toEqual([]);
  });

  it('an answer in the background that is over can be canceled no more', async () => {
    const { account, key, headers } = await fresh();
    const { body: begun } = await askResponse(account, said('Hello', { background: true }), { headers });
    const canceled = await call(account, key, `/responses/${begun.id}/cancel`, 'POST');
    expect(await canceled.json()).toMatchObject({ id: begun.id, status: 'completed' });
  });

  it('a conversation is compacted', async () => {
    const { account, headers } = await fresh();
    const { body, text, status } = await askResponse(account, said('Hello'), { headers, path: '/responses/compact' });
    expect(status, text).toBe(200);
    expect(body).toMatchObject({ object: 'response.compaction' });
    expect(body.output.some(({ type }) => type === 'compaction')).toBe(true);
  });
});

it('a test key never reaches a provider, and a live key never the sandbox', async () => {
  const account = await rig.account();
  const { model, first } = rig.lane('responses');
  const key = await account.addKey({ mode: 'test' });
  expect((await askResponse(account, responsesBody(model), { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
  expect(first.seen).toHaveLength(0);
  expect((await askResponse(account, responsesBody(model))).status).toBe(502);
  expect(first.seen.length).toBeGreaterThan(0);
});
