// What the gateway keeps of Responses: items that an input references instead of containing, and conversations.
import { createOpenAI } from '@ai-sdk/openai';
import { tool as aiTool, generateText, jsonSchema, type ModelMessage, stepCountIs, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import {
  askResponse,
  askResponseStream,
  beginning,
  message,
  reasoning,
  responseOf,
  responsesBody,
  USAGE_MICRO as WHOLE_MICRO,
  answer as whole,
  stream as wholeStream,
} from './support/responses-wire';
import { type Lane, type LaneKind, Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { CUT } from './support/upstream';
import { gate } from './support/wait';
import { answer, chunk, completion, DONE, failure, finish, json, sse, streamOf, USAGE_MICRO, usageChunk } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 16, responses: 20 });
});
afterAll(() => rig?.stop());

const fresh = async (kind: LaneKind = 'solo'): Promise<{ account: Account; lane: Lane }> => ({
  account: await rig.account(),
  lane: rig.lane(kind),
});

const CALL = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"Zürich"}' } };
const THOUGHT = 'Look first.';
const tools = {
  look: aiTool({
    inputSchema: jsonSchema<{ at: string }>({ type: 'object', properties: { at: { type: 'string' } }, required: ['at'] }),
    execute: ({ at }) => Promise.resolve(`Rain in ${at}`),
  }),
};

const firstStep = (isStream: boolean) =>
  isStream
    ? sse([chunk({ reasoning_content: THOUGHT }), chunk({ tool_calls: [{ index: 0, ...CALL }] }), finish('tool_calls'), usageChunk(), DONE])
    : json(completion({ content: null, reasoning_content: THOUGHT, tool_calls: [CALL] }, {}, { finish_reason: 'tool_calls' }));

describe.concurrent('the AI SDK’s default model', () => {
  it.each([false, true])('goes on from answers that came over chat (stream: %s)', async (isStream) => {
    const { account, lane } = await fresh();
    const said = (text: string) => (isStream ? sse(streamOf([text])) : answer(text));
    lane.first.reply(firstStep(isStream), said('It rains.'), said('Yes.'));
    const model = createOpenAI({ apiKey: account.key, baseURL: account.baseUrl })(lane.model);
    const ask = async (messages: ModelMessage[]) => {
      const asked = { model, messages, tools, stopWhen: stepCountIs(3), maxRetries: 0 };
      const { text, response } = isStream ? streamText(asked) : await generateText(asked);
      return { text: await text, messages: [...messages, ...(await response).messages] };
    };
    const first = await ask([{ role: 'user', content: 'Weather?' }]);
    expect(first.text).toBe('It rains.');
    expect((await ask([...first.messages, { role: 'user', content: 'Really?' }])).text).toBe('Yes.');
    expect(lane.first.seen[1]!.json().messages).toMatchObject([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', reasoning_content: THOUGHT, tool_calls: [{ id: 'c1', function: { name: 'look' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'Rain in Zürich' },
    ]);
    expect(lane.first.seen[2]!.json().messages).toMatchObject([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'It rains.' },
      { role: 'user', content: 'Really?' },
    ]);
    expect(await account.money()).toEqual({ spentMicro: 3 * USAGE_MICRO, heldMicro: 0 });
  });
});

describe.concurrent('an item that is named', () => {
  /** The id of a message that this account was given. */
  async function givenItem({ account, lane }: { account: Account; lane: Lane }, more: object = {}): Promise<string> {
    lane.first.reply(answer('It rains.'));
    const { body } = await askResponse(account, responsesBody(lane.model, { ...more }));
    return String(body.output[0]!.id);
  }
  const naming = (id: string) => ({
    input: [
      { type: 'item_reference', id },
      { role: 'user', content: 'Really?' },
    ],
  });

  it('is another account’s, and is not found', async () => {
    const owner = await fresh();
    const id = await givenItem(owner);
    const stranger = await rig.account();
    const { status, body } = await askResponse(stranger, responsesBody(owner.lane.model, naming(id)));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ param: 'input', message: expect.stringMatching(new RegExp(`'${id}' not found.*store: false`)) });
    expect(owner.lane.first.seen).toHaveLength(1);
    expect(await stranger.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('is deleted with its response, which no provider keeps', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => answer('It rains.'));
    const { body } = await askResponse(account, responsesBody(lane.model));
    const named = responsesBody(lane.model, naming(String(body.output[0]!.id)));
    expect((await askResponse(account, named)).status).toBe(200);
    const drop = () =>
      fetch(`${account.baseUrl}/responses/${body.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${account.key}` } });
    const dropped = await drop();
    expect([dropped.status, await dropped.json()]).toEqual([200, { id: body.id, object: 'response', deleted: true }]);
    expect((await drop()).status).toBe(404);
    expect((await askResponse(account, named)).status).toBe(400);
    expect(await account.money()).toEqual({ spentMicro: 2 * USAGE_MICRO, heldMicro: 0 });
  });

  it('was not to be kept, and is not found', async () => {
    const owner = await fresh();
    const id = await givenItem(owner, { store: false });
    const { status, body } = await askResponse(owner.account, responsesBody(owner.lane.model, naming(id)));
    expect({ status, param: body.error.param }).toEqual({ status: 400, param: 'input' });
  });
});

const MISSING = 'conv_0123456789abcdefghijklmnopqrstuv';
const typed = (role: string, text: string) => ({ type: 'message', role, content: text });

describe.concurrent.each(MAJORS)('a conversation of openai $major', ({ Client }) => {
  it('is made, shown, changed and deleted', async () => {
    const { client } = connect(Client, await rig.account());
    const made = await client.conversations.create({ metadata: { topic: 'rain' }, items: [{ role: 'user', content: 'Hi' }] });
    expect(made).toMatchObject({ id: expect.stringMatching(/^conv_/), object: 'conversation', metadata: { topic: 'rain' } });
    expect(await client.conversations.retrieve(made.id)).toEqual(made);
    expect(await client.conversations.update(made.id, { metadata: { topic: 'sun' } })).toEqual({ ...made, metadata: { topic: 'sun' } });
    const deleted = await client.conversations.delete(made.id);
    expect(deleted).toEqual({ id: made.id, object: 'conversation.deleted', deleted: true });
    const gone = { status: 404, message: expect.stringContaining(`Conversation with id '${made.id}' not found.`) };
    await expect(client.conversations.retrieve(made.id)).rejects.toMatchObject(gone);
    await expect(client.conversations.items.list(made.id)).rejects.toMatchObject(gone);
  });

  it('has items that are added, listed page by page, fetched and taken out of the middle', async () => {
    const { client } = connect(Client, await rig.account());
    const { id } = await client.conversations.create();
    const texts = Array.from({ length: 5 }, (_, index) => `Number ${index}`);
    const added = await client.conversations.items.create(id, { items: texts.map((content) => ({ role: 'user' as const, content })) });
    expect(added.data).toHaveLength(5);
    const said = async (order: 'asc' | 'desc') => {
      const all: string[] = [];
      for await (const item of client.conversations.items.list(id, { order, limit: 2 }))
        all.push(item.type === 'message' && 'text' in item.content[0]! ? String(item.content[0].text) : '?');
      return all;
    };
    expect([await said('asc'), await said('desc')]).toEqual([texts, texts.toReversed()]);
    const third = added.data[2]!.id!;
    expect(await client.conversations.items.retrieve(third, { conversation_id: id })).toEqual(added.data[2]);
    expect(await client.conversations.items.delete(third, { conversation_id: id })).toMatchObject({ id, object: 'conversation' });
    expect(await said('asc')).toEqual(texts.toSpliced(2, 1));
    await expect(client.conversations.items.retrieve(third, { conversation_id: id })).rejects.toMatchObject({ status: 404 });
  });

  it('takes twenty items at once, and none that is no item', async () => {
    const { client } = connect(Client, await rig.account());
    const hi = { role: 'user' as const, content: 'Hi' };
    const twenty = Array.from({ length: 20 }, () => hi);
    const { id } = await client.conversations.create({ items: twenty });
    await expect(client.conversations.items.create(id, { items: [...twenty, hi] })).rejects.toMatchObject({ status: 400, param: 'items' });
    const odd = [[5], [{}], [{ type: 'message', content: 'Hi' }], [{ type: 'item_reference', id: 'msg_1' }], 'Hi'];
    for (const items of odd) await expect(client.conversations.items.create(id, { items } as never)).rejects.toMatchObject({ status: 400 });
    await expect(client.conversations.create({ metadata: { long: 'x'.repeat(513) } })).rejects.toMatchObject({ status: 400 });
    await expect(client.conversations.items.list(id, { limit: 101 })).rejects.toMatchObject({ status: 400, param: 'limit' });
    await expect(client.conversations.items.list(id, { after: 'msg_other' })).rejects.toMatchObject({ status: 400, param: 'after' });
  });

  it('goes on from call to call, whether whole or streamed', async () => {
    const { account, lane } = await fresh('responses');
    const { client } = connect(Client, account);
    lane.first.reply(whole('Hello.', { id: 'resp_1' }), wholeStream(['Ra', 'in.']));
    const { id: conversation } = await client.conversations.create({ items: [{ role: 'developer', content: 'Be brief.' }] });
    const first = await client.responses.create({ model: lane.model, input: 'Hi', conversation });
    expect(first).toMatchObject({ output_text: 'Hello.', conversation: { id: conversation } });
    const second = await client.responses
      .stream({ model: lane.model, input: 'Weather?', conversation: { id: conversation } })
      .finalResponse();
    expect(second).toMatchObject({ output_text: 'Rain.', conversation: { id: conversation } });
    expect(lane.first.seen[1]!.json()).toEqual({
      model: lane.upstreamModel,
      stream: true,
      input: [{ role: 'developer', content: 'Be brief.' }, typed('user', 'Hi'), message('Hello.'), typed('user', 'Weather?')],
    });
    const { data } = await client.conversations.items.list(conversation, { order: 'asc' });
    expect(data.map((item) => item.type === 'message' && [item.role, item.content])).toMatchObject([
      ['developer', [{ type: 'input_text', text: 'Be brief.' }]],
      ['user', [{ type: 'input_text', text: 'Hi' }]],
      ['assistant', [{ type: 'output_text', text: 'Hello.' }]],
      ['user', [{ type: 'input_text', text: 'Weather?' }]],
      ['assistant', [{ type: 'output_text', text: 'Rain.' }]],
    ]);
    expect(new Set(data.map(({ id }) => id)).size).toBe(5);
    expect(await account.money()).toEqual({ spentMicro: 2 * WHOLE_MICRO, heldMicro: 0 });
  });

  it('goes on over chat, with the result of a tool in the next call', async () => {
    const { account, lane } = await fresh();
    const { client } = connect(Client, account);
    lane.first.reply(firstStep(false), sse(streamOf(['It rains.'])));
    const { id: conversation } = await client.conversations.create();
    const { output } = await client.responses.create({ model: lane.model, input: 'Weather?', conversation, store: false });
    const called = output.find((item) => item.type === 'function_call')!;
    const result = { type: 'function_call_output' as const, call_id: called.call_id, output: 'Rain' };
    const end = await client.responses.stream({ model: lane.model, input: [result], conversation }).finalResponse();
    expect(end.output_text).toBe('It rains.');
    expect(lane.first.seen[1]!.json().messages).toMatchObject([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', tool_calls: [{ id: 'c1' }] },
      { role: 'tool', tool_call_id: 'c1', content: 'Rain' },
    ]);
    const { data } = await client.conversations.items.list(conversation);
    expect(data.map(({ type }) => type)).toEqual(['message', 'function_call_output', 'function_call', 'reasoning', 'message']);
  });
});

describe.concurrent('a conversation', () => {
  const ask = (
    account: Account,
    path: string,
    { method = 'GET', key = account.key, body }: { method?: string; key?: string; body?: unknown } = {},
  ) =>
    fetch(`${account.baseUrl}/conversations${path}`, {
      method,
      headers: { authorization: `Bearer ${key}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  async function begun(account: Account, key = account.key): Promise<string> {
    const response = await ask(account, '', { method: 'POST', key });
    return ((await response.json()) as { id: string }).id;
  }
  const saidIn = async (account: Account, id: string): Promise<unknown[]> => {
    const { data } = (await (await ask(account, `/${id}/items?order=asc`)).json()) as { data: { content: { text: string }[] }[] };
    return data.map(({ content }) => content[0]!.text);
  };
  const LOCKED = { type: 'invalid_request_error', code: 'conversation_locked' };

  it('is its account’s, whichever of its keys asks, and a test key’s is no live key’s', async () => {
    const account = await rig.account();
    const id = await begun(account);
    const another = await account.addKey({});
    const test = await account.addKey({ mode: 'test' });
    const stranger = await rig.account();
    const seen = async (key: string, path = `/${id}`) => (await ask(account, path, { key })).status;
    expect([await seen(another), await seen(test), await seen(stranger.key), await seen(stranger.key, `/${MISSING}`)]).toEqual([
      200, 404, 404, 404,
    ]);
    const ofTest = await begun(account, test);
    expect([await seen(test, `/${ofTest}`), await seen(another, `/${ofTest}`)]).toEqual([200, 404]);
  });

  it('that is not there refuses the call before anybody is asked, and a key that may not be used comes first', async () => {
    const { account, lane } = await fresh('responses');
    const { id } = { id: await begun(await rig.account()) };
    for (const conversation of [id, MISSING, 'conv_nobody', { id: 'x'.repeat(5_000) }]) {
      const { status, body } = await askResponse(account, responsesBody(lane.model, { conversation }));
      expect([status, body.error.type, body.error.param]).toEqual([404, 'not_found_error', 'conversation']);
    }
    const headers = { authorization: `Bearer ${await account.addKey({ origins: ['https://app.example.com'] })}` };
    for (const named of [{ conversation: MISSING }, { previous_response_id: 'resp_0123456789abc-0-4cbv-7' }]) {
      const elsewhere = await askResponse(account, responsesBody(lane.model, named), { headers });
      expect([elsewhere.status, elsewhere.body.error.type]).toEqual([401, 'authentication_error']);
    }
    expect(lane.first.seen).toHaveLength(0);
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('is had by one response at a time', async () => {
    const { account, lane } = await fresh('responses');
    const id = await begun(account);
    const end = gate();
    lane.first.reply({ ...whole('First.'), first: { until: end.opened } }, whole('Second.', {}));
    const first = askResponse(account, responsesBody(lane.model, { conversation: id, input: 'One' }));
    await lane.first.request(0);
    const second = await askResponse(account, responsesBody(lane.model, { conversation: id, input: 'Two' }));
    expect(second).toMatchObject({ status: 409, body: { error: LOCKED } });
    const added = await ask(account, `/${id}/items`, { method: 'POST', body: { items: [{ role: 'user', content: 'Aside' }] } });
    expect([added.status, await added.json()]).toMatchObject([409, { error: LOCKED }]);
    expect(await saidIn(account, id)).toEqual([]);
    end.open();
    expect((await first).status).toBe(200);
    expect((await askResponse(account, responsesBody(lane.model, { conversation: id, input: 'Two' }))).status).toBe(200);
    expect(await saidIn(account, id)).toEqual(['One', 'First.', 'Two', 'Second.']);
  });

  it('gets nothing of a response that fails or is cut, and goes on after it', async () => {
    const { account, lane } = await fresh('responses');
    const id = await begun(account);
    const asked = (input: string) => responsesBody(lane.model, { conversation: id, input });
    lane.first.reply(failure(400, 'Not that.'), sse([...beginning('So'), CUT]));
    expect((await askResponse(account, asked('Fails'))).status).toBe(400);
    expect((await askResponseStream(account, asked('Is cut'))).error).toBeDefined();
    lane.first.reply(whole('Here.'));
    expect((await askResponse(account, asked('And on'))).status).toBe(200);
    expect(await saidIn(account, id)).toEqual(['And on', 'Here.']);
  });

  it('gets what is made in the background when it is there, and is had until then; the same call again is answered by it', async () => {
    const { account, lane } = await fresh('responses');
    const id = await begun(account);
    const asked = (more: object) => responsesBody(lane.model, { conversation: id, ...more });
    const under = (status: string, text?: string) =>
      json(responseOf(text === undefined ? [] : [message(text)], { status, background: true, ...(text === undefined && { usage: null }) }));
    const ready = gate();
    lane.first.reply(under('queued'));
    lane.first.replyAlways(() => ({ ...under('completed', 'Thought through.'), first: { until: ready.opened } }));
    const once = { headers: { 'idempotency-key': 'one' } };
    const { body } = await askResponse(account, asked({ input: 'Think', background: true }), once);
    expect(body).toMatchObject({ status: 'queued', conversation: { id } });
    expect((await askResponse(account, asked({ input: 'Think', background: true }), once)).body).toEqual(body);
    expect((await askResponse(account, asked({ input: 'Meanwhile' }))).body.error).toMatchObject(LOCKED);
    ready.open();
    await account.settled();
    expect(await saidIn(account, id)).toEqual(['Think', 'Thought through.']);
    const shown = await fetch(`${account.baseUrl}/responses/${body.id}`, { headers: { authorization: `Bearer ${account.key}` } });
    expect(await shown.json()).toMatchObject({ id: body.id, conversation: { id } });
    expect(await account.money()).toEqual({ spentMicro: WHOLE_MICRO, heldMicro: 0 });
  });

  it('is free at once when the response in it is canceled', async () => {
    const { account, lane } = await fresh('responses');
    const id = await begun(account);
    const under = (status: string) => json(responseOf([], { status, background: true, usage: null }));
    lane.first.reply(under('queued'));
    const { body } = await askResponse(account, responsesBody(lane.model, { conversation: id, input: 'Think', background: true }));
    lane.first.replyAlways(({ path }) => (path.endsWith('/cancel') ? under('cancelled') : under('in_progress')));
    const canceled = await fetch(`${account.baseUrl}/responses/${body.id}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}` },
    });
    expect(await canceled.json()).toMatchObject({ status: 'cancelled' });
    lane.first.replyAlways(({ method }) => (method === 'POST' ? whole('Well.') : under('cancelled')));
    expect((await askResponse(account, responsesBody(lane.model, { conversation: id, input: 'Rather' }))).status).toBe(200);
    expect(await account.settled()).toEqual({ spentMicro: WHOLE_MICRO, heldMicro: 0 });
    expect(await saidIn(account, id)).toEqual(['Rather', 'Well.']);
  });

  it('goes on with another model, over another format, and back', async () => {
    const { account, lane } = await fresh('responses');
    const chat = rig.lane('solo');
    const conversation = await begun(account);
    const thought = reasoning('Hm.', 'gAAAA');
    lane.first.reply(json(responseOf([thought, message('Hello.')])), whole('Back.'));
    chat.first.reply(answer('Over chat.'));
    for (const [model, input] of [
      [lane.model, 'One'],
      [chat.model, 'Two'],
      [lane.model, 'Three'],
    ])
      expect((await askResponse(account, { model, input, conversation })).status).toBe(200);
    expect(chat.first.seen[0]!.json().messages).toMatchObject([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'Two' },
    ]);
    const input = lane.first.seen[1]!.json().input as object[];
    expect(input).toMatchObject([
      typed('user', 'One'),
      thought,
      message('Hello.'),
      typed('user', 'Two'),
      { role: 'assistant', content: [{ text: 'Over chat.' }] },
      typed('user', 'Three'),
    ]);
  });

  it('that is deleted under a response costs it nothing of its answer', async () => {
    const { account, lane } = await fresh('responses');
    const id = await begun(account);
    const end = gate();
    lane.first.reply({ ...whole('Still.'), first: { until: end.opened } });
    const asked = askResponse(account, responsesBody(lane.model, { conversation: id }));
    await lane.first.request(0);
    expect((await ask(account, `/${id}`, { method: 'DELETE' })).status).toBe(200);
    end.open();
    expect(await asked).toMatchObject({ status: 200, body: { output: [message('Still.')] } });
    expect((await ask(account, `/${id}`)).status).toBe(404);
  });

  it('counts with the tokens of an input', async () => {
    const { account, lane } = await fresh('responses');
    const id = await begun(account);
    lane.first.reply(whole('Hello.'), json({ object: 'response.input_tokens', input_tokens: 77 }));
    await askResponse(account, responsesBody(lane.model, { conversation: id, input: 'Hi' }));
    const counted = await askResponse(account, { model: lane.model, conversation: id, input: 'And?' }, { path: '/responses/input_tokens' });
    expect(counted.body).toMatchObject({ input_tokens: 77 });
    expect(lane.first.seen[1]!.json()).toEqual({
      model: lane.upstreamModel,
      input: [typed('user', 'Hi'), message('Hello.'), typed('user', 'And?')],
    });
  });
});
