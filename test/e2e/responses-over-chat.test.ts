// Responses calls to a provider that has only chat, converted there and back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { RudeClient } from './support/client';
import { askResponse, askResponseStream, endOf, openResponseStream, responseIdOf, responsesBody } from './support/responses-wire';
import { INPUT_MICRO, type Lane, OUTPUT_MICRO, Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { HANG, type Step } from './support/upstream';
import { gate } from './support/wait';
import {
  answer,
  chunk,
  completion,
  DONE,
  errorEvent,
  estimatedTokens,
  failure,
  finish,
  json,
  role,
  says,
  sse,
  streamOf,
  USAGE_CREDITS,
  USAGE_MICRO,
  usageChunk,
} from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 40, 'chat-and-responses': 2 }, { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 1_000 });
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

async function fresh(): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane('solo') };
}

const USAGE = {
  prompt_tokens: 100,
  completion_tokens: 25,
  total_tokens: 125,
  prompt_tokens_details: { cached_tokens: 20 },
  completion_tokens_details: { reasoning_tokens: 10 },
};
/** 80 tokens of input, 20 of cached input, 25 of output. */
const CACHED_MICRO = 18_500;

describe.concurrent.each(MAJORS)('openai $major', ({ Client }) => {
  it('gets an answer, whole and streamed, with usage and cost', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Grüße, 世界 👋', { usage: USAGE }), sse(streamOf(['Grüße, ', '世界 👋'], USAGE)));
    const { client } = connect(Client, account);
    const asked = { model: lane.model, input: 'Hi', instructions: 'Be brief.', max_output_tokens: 99 };
    const whole = await client.responses.create(asked);
    const streamed = await client.responses.stream(asked).finalResponse();
    for (const response of [whole, streamed]) {
      expect(response).toMatchObject({ output_text: 'Grüße, 世界 👋', status: 'completed', store: false });
      expect(response.usage).toMatchObject({
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 20 },
        output_tokens: 25,
        output_tokens_details: { reasoning_tokens: 10 },
        creditsUsed: CACHED_MICRO / 1e6,
      });
    }
    expect(lane.first.seen[0]!.path).toBe('/v1/chat/completions');
    expect(lane.first.seen[0]!.json()).toEqual({
      model: lane.upstreamModel,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      max_tokens: 99,
    });
    expect(lane.first.seen[1]!.json()).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(await account.money()).toEqual(spent(2 * CACHED_MICRO));
  });

  it('has its tools called, in parallel and after thought, and gives their results back', async () => {
    const { account, lane } = await fresh();
    const calls = [
      { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"Zürich ☂"}' } },
      { id: 'call_2', type: 'function', function: { name: 'apply_patch', arguments: '{"input":"*** Begin\\n+\\"ü\\""}' } },
    ];
    const thinking = [chunk({ role: 'assistant', reasoning_content: 'Hm' }), chunk({ reasoning_content: '...' })];
    const deltas = calls.flatMap(({ function: { name, arguments: args }, ...call }, index) => [
      chunk({ tool_calls: [{ index, ...call, function: { name, arguments: '' } }] }),
      ...(args.match(/.{1,5}/gs) ?? []).map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] })),
    ]);
    lane.first.reply(
      json(completion({ content: null, reasoning_content: 'Hm...', tool_calls: calls }, {}, { finish_reason: 'tool_calls' })),
      sse([...thinking, ...deltas, finish('tool_calls'), usageChunk(), DONE]),
      answer('It rains.'),
    );
    const { client } = connect(Client, account);
    const tools = [
      { type: 'function' as const, name: 'look', parameters: { type: 'object', properties: {} }, strict: false },
      { type: 'custom' as const, name: 'apply_patch', description: 'Patches.' },
    ];
    const asked = { model: lane.model, input: 'Hi', tools, parallel_tool_calls: true };
    const whole = await client.responses.create(asked);
    const streamed = await client.responses.stream(asked).finalResponse();
    for (const { output } of [whole, streamed])
      expect(output).toMatchObject([
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm...' }] },
        { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"at":"Zürich ☂"}', status: 'completed' },
        { type: 'custom_tool_call', call_id: 'call_2', name: 'apply_patch', input: '*** Begin\n+"ü"', status: 'completed' },
      ]);
    const results = [
      { type: 'function_call_output' as const, call_id: 'call_1', output: 'Rain ☂' },
      { type: 'custom_tool_call_output' as const, call_id: 'call_2', output: 'Done' },
    ];
    const input = [{ role: 'user', content: 'Hi' }, ...streamed.output, ...results];
    expect((await client.responses.create({ ...asked, input: input as never })).output_text).toBe('It rains.');
    expect(lane.first.seen[2]!.json().messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, tool_calls: calls, reasoning_content: 'Hm...' },
      { role: 'tool', tool_call_id: 'call_1', content: 'Rain ☂' },
      { role: 'tool', tool_call_id: 'call_2', content: 'Done' },
    ]);
    expect(await account.money()).toEqual(spent(3 * USAGE_MICRO));
  });
});

describe('a request', () => {
  it('of Codex brings the tools that are inside its input', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Yes.'));
    const read = { type: 'function', name: 'read', parameters: { type: 'object' } };
    const input = [
      {
        type: 'additional_tools',
        tools: [{ type: 'namespace', name: 'files', tools: [read] }, { type: 'web_search' }, { type: 'tool_search' }],
      },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
      { type: 'reasoning', summary: [], encrypted_content: 'gAAAA', content: null },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Read.' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
        ],
      },
    ];
    const { status, text } = await askResponse(
      account,
      responsesBody(lane.model, { input, client_metadata: { a: 1 }, include: [], store: false }),
    );
    expect(status, text).toBe(200);
    expect(lane.first.seen[0]!.json()).toEqual({
      model: lane.upstreamModel,
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Read.' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          ],
        },
      ],
      tools: [{ type: 'function', function: { name: 'files__read', parameters: { type: 'object' } } }],
    });
  });

  it.each([
    ['an item that nobody knows', 'input[0]', { input: [{ type: 'of_next_year' }] }],
    ['a tool of the other API alone', 'tools[0]', { tools: [{ type: 'image_generation' }] }],
    ['a stored prompt', 'prompt', { prompt: { id: 'pmpt_1' } }],
  ])('that chat cannot say is refused by its place, not cut: %s', async (_, param, more) => {
    const { account, lane } = await fresh();
    const { status, body } = await askResponse(account, responsesBody(lane.model, more));
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ message: expect.stringContaining(`can serve what this request asks for in \`${param}\``), param });
    expect(lane.first.seen).toHaveLength(0);
    expect(await account.money()).toEqual(spent(0));
  });

  it('asks for structured output, effort and verbosity in the words of chat, and without what is refused', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(400, 'Unknown parameter: reasoning_effort.'), answer('{"a":1}'));
    const schema = { type: 'object', properties: { a: { type: 'number' } } };
    const text = { format: { type: 'json_schema', name: 'it', strict: true, schema }, verbosity: 'low' };
    const { body } = await askResponse(account, responsesBody(lane.model, { text, reasoning: { effort: 'high', summary: 'auto' } }));
    expect(body.output).toMatchObject([{ type: 'message', content: [{ type: 'output_text', text: '{"a":1}' }] }]);
    const asked = { response_format: { type: 'json_schema', json_schema: { name: 'it', strict: true, schema } }, verbosity: 'low' };
    expect(lane.first.seen[0]!.json()).toMatchObject({ ...asked, reasoning_effort: 'high' });
    expect(lane.first.seen[1]!.json()).toMatchObject(asked);
    expect(lane.first.seen[1]!.json().reasoning_effort).toBeUndefined();
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe.concurrent('a provider that has no address for Responses', () => {
  it.each([false, true])('is asked by chat (stream: %s)', async (streams) => {
    const account = await rig.account();
    const lane = rig.lane('chat-and-responses');
    lane.first.reply(failure(404, 'Not Found'), streams ? sse(streamOf(['One'])) : answer('One'));
    const body = responsesBody(lane.model);
    if (streams) expect(await askResponseStream(account, body)).toMatchObject({ text: 'One', response: { status: 'completed' } });
    else expect((await askResponse(account, body)).body).toMatchObject({ status: 'completed', output: [{ content: [{ text: 'One' }] }] });
    expect(lane.first.seen.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/chat/completions']);
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });
});

describe.concurrent('a stream', () => {
  it('has its full order under one id, with keepalives of its kind', async () => {
    const { account, lane } = await fresh();
    const [first, second] = [gate(), gate()];
    lane.first.reply(
      sse([{ until: first.opened }, role(), says('One'), { until: second.opened }, says(' two'), finish(), usageChunk(), DONE]),
    );
    const live = await openResponseStream(account, responsesBody(lane.model));
    await live.has(': ping');
    first.open();
    await live.has('event: keepalive');
    second.open();
    const { text, types, keepalives, response } = await endOf(live);
    expect(text).toBe('One two');
    expect(keepalives).toBeGreaterThan(0);
    expect(types.filter((type) => type !== 'keepalive')).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(response.usage).toMatchObject({ input_tokens: 100, output_tokens: 25, creditsUsed: USAGE_CREDITS });
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['length', 'incomplete', 'max_output_tokens'],
    ['content_filter', 'incomplete', 'content_filter'],
    ['stop', 'completed', undefined],
  ])('that ended by %s is %s', async (reason, status, why) => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('One'), finish(reason), usageChunk(), DONE]));
    const { response, types } = await askResponseStream(account, responsesBody(lane.model));
    expect(response).toMatchObject({ status, incomplete_details: why === undefined ? null : { reason: why } });
    expect(types.at(-1)).toBe(`response.${status}`);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['an error event', [errorEvent('On fire.', { code: 500 })]],
    ['an end without a last chunk', []],
  ] satisfies [string, Step[]][])('that breaks ends in an error and a failed response, at no charge: %s', async (_, steps) => {
    const { account, lane } = await fresh();
    const rest = gate();
    lane.first.reply(sse([role(), says('One'), { until: rest.opened }, ...steps]));
    const live = await openResponseStream(account, responsesBody(lane.model));
    await live.has('One');
    rest.open();
    const { types, error } = await endOf(live);
    expect(types.slice(-2)).toEqual(['error', 'response.failed']);
    expect(error!.message).toMatch(/in the middle of its answer/);
    expect(await account.settled()).toEqual(spent(0));
  });

  it('whose client hangs up stops the provider, and what was produced is paid for', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('One two three'), HANG]));
    const body = responsesBody(lane.model, { stream: true });
    const client = new RudeClient(account, body, {}, '/responses');
    await client.has('three');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    expect(await account.settled()).toEqual(spent(estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO + 4 * OUTPUT_MICRO));
  });

  it('without usage is estimated, and marked so', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([role(), says('x'.repeat(400)), finish(), DONE]));
    const { response } = await askResponseStream(account, responsesBody(lane.model));
    expect(response.usage).toMatchObject({ output_tokens: 100, estimated: true });
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'complete' });
  });
});

it('an upstream that streams although a document was asked for is folded into one', async () => {
  const { account, lane } = await fresh();
  lane.first.reply(sse(streamOf(['One', ' two'])));
  const { body, id } = await askResponse(account, responsesBody(lane.model));
  expect(body).toMatchObject({ id: responseIdOf(id), status: 'completed', output: [{ type: 'message', content: [{ text: 'One two' }] }] });
  expect(await account.money()).toEqual(spent(USAGE_MICRO));
});

it('nothing is stored: such an answer can be neither fetched nor gone on from', async () => {
  const { account, lane } = await fresh();
  lane.first.reply(answer('Yes.'));
  const { body } = await askResponse(account, responsesBody(lane.model));
  const fetched = await fetch(`${account.baseUrl}/responses/${body.id}`, { headers: { authorization: `Bearer ${account.key}` } });
  expect(fetched.status).toBe(404);
  const next = await askResponse(account, responsesBody(lane.model, { previous_response_id: body.id }));
  expect([next.status, next.body.error.code]).toEqual([400, 'previous_response_not_found']);
});
