// What reaches the provider of a Messages request, and the ways in which a request may come.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { askMessage, messagesBody, readMessages, streamed, text, USAGE, USAGE_MICRO, whole } from './support/messages-wire';
import { builtInKey, type Lane, Rig } from './support/rig';
import { json } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ messages: 40, 'messages-pair': 2 }, { ANTHROPIC_API_KEY: '' });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(kind: 'messages' | 'messages-pair' = 'messages'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

describe('a request', () => {
  it('is passed on byte for byte but for the model', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => whole('Yes.'));
    const odd = `{ "max_tokens":1e3,\n"metadata":{"user_id":"{\\"device\\":\\"\\u00fc\\"}"}, "model" : "${lane.model}",
      "unheard_of": [1.0, 12345678901234567890, "\\/"], "messages":[{"role":"user","content":"\\ud83d\\ude00 \\"model\\":\\"x\\""}],
      "temperature":0.70, "stream" : false, "system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral","ttl":"1h"}}] }`;
    const { status, body } = await askMessage(account, odd);
    expect([status, body.content]).toEqual([200, [text('Yes.')]]);
    expect(lane.first.seen[0]!.body).toBe(odd.replace(`"${lane.model}"`, `"${lane.upstreamModel}"`));
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('may ask for nothing but that its prompt be cached, which is charged as the provider bills it', async () => {
    const { account, lane } = await fresh();
    const usage = { ...USAGE, output_tokens: 0 };
    lane.first.reply(whole([], { stop_reason: 'max_tokens', usage }));
    const { status, body } = await askMessage(account, messagesBody(lane.model, { max_tokens: 0 }));
    expect([status, body.content, body.usage]).toEqual([200, [], { ...usage, creditsUsed: 0.01 }]);
    expect(await account.money()).toEqual(spent(10_000));
  });

  it('may hold all that newer clients send, for an unknown model', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(streamed('Yes.'));
    const body = messagesBody(lane.model, {
      stream: true,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi.' }], output_config: { effort: 'xhigh' } },
        { role: 'system', content: 'The tool x is gone.', clear_at: 'next_user_message' },
      ],
      thinking: { type: 'adaptive', display: 'summarized' },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      output_config: { effort: 'max', format: { type: 'json_schema', schema: { type: 'object' } } },
      safeguards: { level: 1 },
      tools: [{ name: 'x', input_schema: { type: 'object' }, defer_loading: true }],
    });
    expect((await readMessages(account, body)).text).toBe('Yes.');
    expect(lane.first.seen[0]!.json()).toEqual({ ...body, model: lane.upstreamModel });
  });

  it('bears the version and the betas of its client, the key of the provider, and nothing else of the client', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => whole('Yes.'));
    const betas = 'claude-code-20250219,context-1m-2025-08-07, interleaved-thinking-2025-05-14,made-up-2027-01-01';
    const headers = {
      'anthropic-version': '2026-10-21',
      'anthropic-beta': betas,
      'x-app': 'cli',
      'x-stainless-lang': 'js',
      'x-api-key': account.key,
      cookie: 'a=b',
    };
    await askMessage(account, messagesBody(lane.model), { headers, path: '/messages?beta=true' });
    await askMessage(account, messagesBody(lane.model));
    const [first, second] = lane.first.seen;
    expect(first!.path).toBe('/v1/messages?beta=true');
    expect(first!.headers).toMatchObject({ 'anthropic-version': '2026-10-21', 'anthropic-beta': betas, 'x-api-key': lane.keys[0] });
    for (const name of ['authorization', 'cookie', 'x-app', 'x-stainless-lang']) expect(first!.headers[name], name).toBeUndefined();
    expect(JSON.stringify(first!.headers)).not.toContain(account.key);
    // A request without a version gets the one that accepts everything.
    expect([second!.path, second!.headers['anthropic-version'], second!.headers['anthropic-beta']]).toEqual([
      '/v1/messages',
      '2023-06-01',
      undefined,
    ]);
  });

  it.each([
    ['/v1/messages'],
    ['/api/v1/messages'],
    ['/api/v1/v1/messages'],
    ['/v1/v1/messages'],
    ['/api/messages'],
    ['/api/v1/v1/messages?beta=true'],
  ])('is served wherever a base and a client lead it: %s', async (path) => {
    const { account, lane } = await fresh();
    lane.first.reply(whole('Yes.'), json({ input_tokens: 3 }));
    const url = account.baseUrl.replace(/\/v1$/, '');
    const init = (body: unknown) => ({ method: 'POST', headers: { 'x-api-key': account.key }, body: JSON.stringify(body) });
    const answer = await fetch(url + path, init(messagesBody(lane.model)));
    expect(await answer.json()).toMatchObject({ content: [text('Yes.')] });
    const count = await fetch(url + path.replace('messages', 'messages/count_tokens'), init(messagesBody(lane.model)));
    expect(await count.json()).toEqual({ input_tokens: 3 });
  });

  it('may bear its key in any of the places, and one that is wrong beside one that is right', async () => {
    const { account, lane } = await fresh();
    lane.first.replyAlways(() => whole('Yes.'));
    const { key, baseUrl } = account;
    const body = JSON.stringify(messagesBody(lane.model));
    const bad = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    const places: [Record<string, string>, string][] = [
      [{ authorization: `Bearer ${key}` }, ''],
      [{ authorization: `bearer ${key}` }, ''],
      [{ 'x-api-key': key }, ''],
      [{ 'x-goog-api-key': key }, ''],
      [{}, `?key=${key}&beta=true`],
      [{ authorization: `Bearer ${bad}`, 'x-api-key': key }, ''],
      [{ authorization: `Bearer ${key}`, 'x-api-key': 'sk-ant-something' }, ''],
      [{ authorization: `Bearer ${key}`, 'x-api-key': key }, ''],
    ];
    for (const [headers, query] of places) {
      const answer = await fetch(`${baseUrl}/messages${query}`, { method: 'POST', headers, body });
      expect([answer.status, JSON.stringify(headers)]).toEqual([200, JSON.stringify(headers)]);
    }
    expect(lane.first.seen.map(({ path }) => path)).not.toContainEqual(expect.stringContaining('key='));
    const none = await fetch(`${baseUrl}/messages`, { method: 'POST', body });
    expect(none.status).toBe(401);
    expect(await none.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    expect(await account.money()).toEqual(spent(places.length * USAGE_MICRO));
  });
});

describe('a start-up probe', () => {
  it.each(['/', '/api/hello', '/v1', '/v1/api/hello', '/api/v1', '/api/v1/api/hello', '/api', '/api/api/hello'])(
    'is answered without a key: HEAD %s',
    async (path) => {
      const answer = await fetch(rig.worker.url + path, { method: 'HEAD' });
      expect(answer.status).toBe(200);
    },
  );
});

describe('a list of models', () => {
  it.each(['/v1/models?limit=1000', '/api/v1/v1/models', '/api/models'])(
    'has the shape of Anthropic’s for its clients: %s',
    async (path) => {
      const { account, lane } = await fresh();
      const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': account.key };
      const list = (await (await fetch(rig.worker.url + path, { headers })).json()) as { data: Record<string, unknown>[] };
      expect(list).toMatchObject({ has_more: false, first_id: list.data[0]!.id, last_id: list.data.at(-1)!.id });
      const ids = list.data.map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining(['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-haiku-4-5', lane.model]));
      expect(ids).not.toContain('gpt-5.4-mini');
      for (const model of list.data) {
        expect(model).toMatchObject({ type: 'model', id: expect.any(String), display_name: expect.any(String) });
        expect(Date.parse(String(model.created_at))).toBeGreaterThan(0);
        expect(model.pricing).toMatchObject({ per: 'mtok', input_credits: expect.any(Number) });
      }
    },
  );
});

describe('a name of Anthropic’s', () => {
  const NEWER = {
    system: 'S',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi.' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'Go on.', output_config: { effort: 'xhigh' } },
    ],
    thinking: { type: 'adaptive', display: 'summarized' },
    safeguards: { level: 1 },
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }, { type: 'made_up_20270101' }] },
  };
  const BETAS = 'claude-code-20250219,effort-2025-11-24,made-up-2027-01-01';

  it.each([
    ['claude-opus-4-6', 'claude-opus-4-6'],
    ['claude-3-opus-20240229', 'claude-opus-4-6'],
    ['claude-opus-4-1-20250805', 'claude-opus-4-6'],
    ['claude-sonnet-4-20250514', 'claude-sonnet-4-6'],
    ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-6'],
    ['claude-3-5-sonnet-20241022', 'claude-sonnet-4-6'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['claude-3-5-haiku-20241022', 'claude-haiku-4-5'],
  ])('that is old or current stands for the latest of its line, and nothing is dropped: %s', async (name, model) => {
    const account = await rig.account();
    const desk = rig.desk('openrouter');
    desk.reply(whole('Yes.'));
    const body = messagesBody(name, { unheard_of: 1, thinking: { type: 'enabled', budget_tokens: 1_024 } });
    const { status, id } = await askMessage(account, body, { headers: { 'anthropic-beta': BETAS } });
    expect(status).toBe(200);
    const seen = desk.seen.at(-1)!;
    expect(seen.json()).toEqual({ ...body, model: `anthropic/${model.replace(/-(\d)-(\d)$/, '-$1.$2')}` });
    expect(seen.headers).toMatchObject({ 'anthropic-beta': BETAS, authorization: `Bearer ${builtInKey('openrouter')}` });
    expect((await account.generation(id)).model).toBe(model);
  });

  it.each([
    ['claude-opus-5-5', { type: 'adaptive', display: 'summarized' }, { effort: 'high' }, 'claude-code-20250219,effort-2025-11-24'],
    [
      'claude-sonnet-5-5-20260901',
      { type: 'adaptive', display: 'summarized' },
      { effort: 'high' },
      'claude-code-20250219,effort-2025-11-24',
    ],
    ['claude-haiku-5-5', { type: 'enabled', budget_tokens: 24_576 }, undefined, 'claude-code-20250219'],
  ])('that is newer than its target loses what that would refuse: %s', async (name, thinking, output_config, betas) => {
    const account = await rig.account();
    const desk = rig.desk('openrouter');
    desk.reply(streamed('Yes.'));
    const body = messagesBody(name, { ...NEWER, max_tokens: 64_000 });
    expect((await readMessages(account, body, { headers: { 'anthropic-beta': BETAS } })).text).toBe('Yes.');
    const seen = desk.seen.at(-1)!;
    const sent = seen.json();
    expect(sent).toMatchObject({
      system: [
        { type: 'text', text: 'S' },
        { type: 'text', text: 'Be brief.' },
      ],
      messages: [
        { role: 'user', content: 'Hi.' },
        { role: 'assistant', content: 'Hello.' },
        { role: 'user', content: 'Go on.' },
      ],
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      thinking,
    });
    expect([sent.output_config, sent.safeguards, seen.headers['anthropic-beta']]).toEqual([output_config, undefined, betas]);
  });
});
