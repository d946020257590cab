// The sandbox's answers in Anthropic's format: with a test key, and in a local run without any provider.
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, openAccount } from './support/account';
import { askMessage, askMessages, messagesBody, parseMessagesStream, readMessages } from './support/messages-wire';
import { Rig } from './support/rig';
import { Worker } from './support/worker';

const MODEL = 'claude-sonnet-4-6';
const RATE = { input: 104, output: 518 };

let rig: Rig;
let bare: Worker;
beforeAll(async () => {
  const quick = { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 400, FIRST_BYTE_TIMEOUT_MS: 1_000 };
  rig = await Rig.start({}, quick);
  bare = await Worker.start({ LOCAL: '1', ...quick });
});
afterAll(async () => {
  await rig?.stop();
  await bare?.stop();
});

const PLACES = [
  {
    where: 'with a test key',
    charges: false,
    async open(): Promise<{ account: Account; headers: Record<string, string> }> {
      const account = await rig.account();
      return { account, headers: { authorization: `Bearer ${await account.addKey({ mode: 'test' })}` } };
    },
  },
  {
    where: 'in a local run without providers',
    charges: true,
    open: async (): Promise<{ account: Account; headers: Record<string, string> }> => ({ account: await openAccount(bare), headers: {} }),
  },
];

const saying = (content: string, more: Record<string, unknown> = {}) =>
  messagesBody(MODEL, { messages: [{ role: 'user', content }], ...more });
const TOOLS = [{ name: 'look', input_schema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] } }];

describe.each(PLACES)('the sandbox $where', ({ charges, open }) => {
  const spent = (inputTokens: number, outputTokens: number) => ({
    spentMicro: charges ? inputTokens * RATE.input + outputTokens * RATE.output : 0,
    heldMicro: 0,
  });

  it('answers, whole and as a stream, at the price of what it reports', async () => {
    const { account, headers } = await open();
    const body = saying('sandbox:usage=1000/50');
    const whole = await askMessage(account, body, { headers });
    const stream = await readMessages(account, body, { headers });
    expect(whole.body).toMatchObject({ type: 'message', stop_reason: 'end_turn', usage: { input_tokens: 1_000, output_tokens: 50 } });
    expect(stream).toMatchObject({ content: whole.body.content, stopReason: 'end_turn', stopped: true, error: undefined });
    const creditsUsed = spent(1_000, 50).spentMicro / 1e6;
    expect([whole.body.usage.creditsUsed, stream.usages.at(-1)!.creditsUsed]).toEqual([creditsUsed, creditsUsed]);
    expect(await account.money()).toEqual(spent(2_000, 100));
    expect(await account.lastGeneration()).toMatchObject({ provider: 'sandbox', test: !charges, creditsUsed });
  });

  it.each(['sandbox:crlf', 'sandbox:bom', 'sandbox:comments', 'sandbox:stream', 'sandbox:reasoning', 'sandbox:no-usage'])(
    'keeps to the format whatever is asked of it: %s',
    async (word) => {
      const { account, headers } = await open();
      const body = saying(`${word} sandbox:tokens=9`, { thinking: { type: 'enabled', budget_tokens: 1_024 } });
      const whole = await askMessage(account, body, { headers });
      const stream = await readMessages(account, body, { headers });
      // The signature depends on the request, which differs by its `stream`.
      const content = whole.body.content.map((block) =>
        'signature' in block ? { ...block, signature: expect.stringMatching(/./) } : block,
      );
      expect(stream).toMatchObject({ content, stopped: true, error: undefined });
      expect(stream.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
      expect(stream.text).not.toBe('');
    },
  );

  it('calls tools, and goes on with their results', async () => {
    const { account, headers } = await open();
    const stream = await readMessages(account, saying('sandbox:tools=2', { tools: TOOLS }), { headers });
    expect(stream.stopReason).toBe('tool_use');
    const calls = stream.content.filter(({ type }) => type === 'tool_use');
    expect(calls).toMatchObject([{ name: 'look', input: { at: expect.any(String) } }, { name: 'look' }]);
    const results = calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'Seen.' }));
    const turns = [
      { role: 'user', content: 'sandbox:tools=2' },
      { role: 'assistant', content: stream.content },
      { role: 'user', content: results },
    ];
    const next = await askMessage(account, messagesBody(MODEL, { tools: TOOLS, messages: turns }), { headers });
    expect(next.body).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
  });

  it.each([
    ['sandbox:status=400', 400, 'invalid_request_error'],
    ['sandbox:status=500', 502, 'api_error'],
    ['sandbox:status=529', 529, 'overloaded_error'],
    ['sandbox:html', 502, 'api_error'],
    ['sandbox:empty', 502, 'api_error'],
    ['sandbox:error', 502, 'api_error'],
    ['sandbox:cut=0', 502, 'api_error'],
  ])('fails as it is told to, whole and as a stream, free of charge: %s', async (word, status, type) => {
    const { account, headers } = await open();
    for (const stream of [false, true]) {
      const refused = await askMessages(account, saying(word, { stream }), { headers });
      const raw = await refused.text();
      // Retries may have taken longer than a status is held back.
      const isLate = raw.startsWith('event:') || raw.startsWith('\n');
      const error = raw.startsWith('event:') ? parseMessagesStream(raw).error : JSON.parse(raw).error;
      expect([isLate ? status : refused.status, error.type]).toEqual([status, type]);
    }
    expect(await account.settled()).toEqual(spent(0, 0));
  });

  it.each(['sandbox:error=3', 'sandbox:cut=3'])('breaks off in mid-stream as it is told to, free of charge: %s', async (word) => {
    const { account, headers } = await open();
    const stream = await readMessages(account, saying(`${word} sandbox:tokens=40`), { headers });
    expect(stream).toMatchObject({ error: { type: 'api_error' }, stopped: false });
    expect(stream.text).not.toBe('');
    expect(await account.settled()).toEqual(spent(0, 0));
  });

  it('is kept alive while it pauses', async () => {
    const { account, headers } = await open();
    const stream = await readMessages(account, saying('sandbox:pause=700ms@3 sandbox:tokens=9'), { headers });
    expect(stream).toMatchObject({ stopped: true, error: undefined });
    expect(stream.pings).toBeGreaterThan(0);
  });

  it('serves the official client: a stream, a count, and every name of a model', async () => {
    const { account, headers } = await open();
    const apiKey = headers.authorization?.replace('Bearer ', '') ?? account.key;
    const client = new Anthropic({ apiKey, baseURL: account.baseUrl.replace(/\/v1$/, '') });
    for (const model of [MODEL, 'claude-opus-5-5', 'claude-3-5-haiku-20241022']) {
      const final = await client.messages.stream({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }).finalMessage();
      expect(final.content[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/./) });
    }
    const { input_tokens } = await client.messages.countTokens({ model: MODEL, messages: [{ role: 'user', content: 'Hello' }] });
    expect(input_tokens).toBeGreaterThan(0);
    expect(await account.calls()).toHaveLength(3);
  });
});
