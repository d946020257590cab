// Gemini calls to a provider that has only Responses: converted by way of chat, there and back.
import { type Content, FunctionCallingConfigMode } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { LiveAnswer, RudeClient } from './support/client';
import { askGemini, callGemini, contents, parseGeminiStream, STREAM } from './support/gemini-wire';
import { connectGenai, GENAI } from './support/genai';
import {
  answer,
  beginning,
  errorEvent,
  failedEvent,
  functionCall,
  opening,
  reasoning,
  responseOf,
  stream,
  streamOfItems,
  USAGE_CREDITS,
  USAGE_MICRO,
} from './support/responses-wire';
import { INPUT_MICRO, type Lane, type LaneKind, OUTPUT_MICRO, Rig } from './support/rig';
import { CUT, HANG, type Step } from './support/upstream';
import { gate } from './support/wait';
import { answer as chatAnswer, estimatedTokens, failure, json, sse } from './support/wire';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start(
    { responses: 40, 'responses-pair': 2, 'responses-chat': 2, 'chat-and-responses': 4 },
    { KEEPALIVE_MS: 150, STATUS_HOLD_MS: 1_000 },
  );
});
afterAll(() => rig?.stop());

const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });

/** At the prices of a lane it comes to `USAGE_MICRO`. */
const SHOWN = {
  promptTokenCount: 100,
  cachedContentTokenCount: 20,
  candidatesTokenCount: 15,
  thoughtsTokenCount: 10,
  totalTokenCount: 125,
  creditsUsed: USAGE_CREDITS,
};

async function fresh(kind: LaneKind = 'responses'): Promise<{ account: Account; lane: Lane }> {
  return { account: await rig.account(), lane: rig.lane(kind) };
}

const look = { name: 'look', parametersJsonSchema: { type: 'object', properties: { at: { type: 'string' } } } };
const tools = [{ functionDeclarations: [look] }];

describe.concurrent.each(GENAI)('@google/genai $version', ({ Client }) => {
  it('gets an answer, whole and streamed, with usage and cost', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(answer('Grüße, 世界 👋'), stream(['Grüße, ', '世界 👋']));
    const { models } = connectGenai(Client, account);
    const config = { maxOutputTokens: 99, systemInstruction: 'Be terse.' };
    const whole = await models.generateContent({ model: lane.model, contents: 'Hi', config });
    let text = '';
    let last: typeof whole | undefined;
    for await (last of await models.generateContentStream({ model: lane.model, contents: 'Hi', config })) text += last.text ?? '';
    expect([whole.text, text]).toEqual(['Grüße, 世界 👋', 'Grüße, 世界 👋']);
    for (const { usageMetadata, candidates } of [whole, last!]) {
      expect(usageMetadata).toMatchObject(SHOWN);
      expect(candidates).toMatchObject([{ finishReason: 'STOP' }]);
    }
    const sent = {
      model: lane.upstreamModel,
      input: [
        { role: 'system', content: 'Be terse.' },
        { role: 'user', content: 'Hi' },
      ],
      include: ['reasoning.encrypted_content'],
      max_output_tokens: 99,
      store: false,
    };
    expect(lane.first.seen.map((seen) => seen.json())).toEqual([sent, { ...sent, stream: true }]);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it.each([
    [false, 'ids'],
    [true, 'ids'],
    [false, 'signatures alone'],
    [true, 'signatures alone'],
  ])('has its functions called after thought, which goes back with their results (stream: %s, by %s)', async (streams, by) => {
    const { account, lane } = await fresh();
    const thought = reasoning('Hm...', 'gAAAcipher');
    const items = [thought, functionCall('look', '{"at":"Zürich ☂"}', 'fc_1'), functionCall('look', '{"at":"Ōsaka"}', 'fc_2')];
    if (streams) lane.first.reply(sse(streamOfItems(items)), stream(['It rains.']));
    else lane.first.reply(json(responseOf(items)), answer('It rains.'));
    const { models } = connectGenai(Client, account);
    const config = {
      tools,
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
      thinkingConfig: { thinkingBudget: 9_000, includeThoughts: true },
    };
    const ask = async (asked: Content[]) => {
      const request = { model: lane.model, contents: asked, config };
      if (!streams) return (await models.generateContent(request)).candidates![0]!.content!.parts!;
      const parts = [];
      for await (const { candidates } of await models.generateContentStream(request))
        parts.push(...(candidates?.[0]?.content?.parts ?? []));
      return parts;
    };
    const question: Content = { role: 'user', parts: [{ text: 'Weather?' }] };
    const said = await ask([question]);
    const calls = said.flatMap(({ functionCall: call }) => call ?? []);
    expect(calls.map(({ name, args }) => [name, args])).toEqual([
      ['look', { at: 'Zürich ☂' }],
      ['look', { at: 'Ōsaka' }],
    ]);
    const thoughts = said.flatMap(({ thought: isThought, text }) => (isThought ? [text] : []));
    expect(thoughts.join('')).toBe('Hm...');
    const hasIds = by === 'ids';
    const results = calls.map(({ id, name }) => ({
      functionResponse: { ...(hasIds && { id: id! }), name: name!, response: { output: 'Rain ☂' } },
    }));
    const back = said.map(({ functionCall: called, ...part }) => {
      const { id, ...others } = called ?? {};
      return { ...part, ...(called && { functionCall: { ...others, ...(hasIds && { id: id! }) } }) };
    });
    const last = await ask([question, { role: 'model', parts: back }, { role: 'user', parts: results }]);
    expect(last.map(({ text }) => text ?? '').join('')).toBe('It rains.');
    const [first, second] = lane.first.seen.map((seen) => seen.json());
    expect(first).toMatchObject({
      tools: [{ type: 'function', name: 'look', strict: false }],
      tool_choice: { type: 'function', name: 'look' },
      reasoning: { effort: 'high', summary: 'auto' },
    });
    // The gateway stores nothing about the second call, so without its id it is given a new one.
    const otherId = hasIds ? calls[1]!.id : (expect.any(String) as string);
    expect(second!.input).toEqual([
      { role: 'user', content: 'Weather?' },
      { type: 'reasoning', id: 'rs_1', summary: thought.summary, encrypted_content: 'gAAAcipher' },
      { type: 'function_call', call_id: calls[0]!.id, name: 'look', arguments: '{"at":"Zürich ☂"}' },
      { type: 'function_call', call_id: otherId, name: 'look', arguments: '{"at":"Ōsaka"}' },
      { type: 'function_call_output', call_id: calls[0]!.id, output: 'Rain ☂' },
      { type: 'function_call_output', call_id: otherId, output: 'Rain ☂' },
    ]);
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });
});

describe.concurrent('a request', () => {
  it.each([
    ['generationConfig.stopSequences', { generationConfig: { stopSequences: ['END'] } }],
    ['generationConfig.candidateCount', { generationConfig: { candidateCount: 2 } }],
    ['contents', { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'audio/wav', data: 'AA' } }] }] }],
  ])('that Responses cannot say is refused by its field: %s', async (field, more) => {
    const { account, lane } = await fresh();
    const { status, body } = await askGemini(account, lane.model, { contents, ...more });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ status: 'INVALID_ARGUMENT', message: expect.stringContaining(`\`${field}\``) });
    expect(lane.first.seen).toHaveLength(0);
    expect(await account.money()).toEqual(spent(0));
  });

  it('goes again without what a provider refuses that its client had no say in, one thing after the other', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(
      failure(400, 'Your organization must be verified to generate reasoning summaries.'),
      failure(400, "Unsupported parameter: 'temperature' is not supported with this model."),
      answer('Yes.'),
    );
    const generationConfig = { temperature: 0, topP: 1, thinkingConfig: { thinkingLevel: 'low', includeThoughts: true } };
    const { body } = await askGemini(account, lane.model, { contents, generationConfig });
    expect(body.candidates).toMatchObject([{ content: { parts: [{ text: 'Yes.' }] } }]);
    const shown = lane.first.seen
      .map((seen) => seen.json())
      .map(({ reasoning: effort, temperature, top_p }) => ({ effort, temperature, top_p }));
    expect(shown).toEqual([
      { effort: { effort: 'low', summary: 'auto' }, temperature: 0, top_p: 1 },
      { effort: { effort: 'low' }, temperature: 0, top_p: 1 },
      { effort: { effort: 'low' } },
    ]);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it("is told of the provider's refusal as it is, and of its fault as ours", async () => {
    const { account, lane } = await fresh();
    lane.first.reply(failure(400, 'No such tool.'));
    lane.first.replyAlways(() => json(responseOf([], { status: 'failed', error: { code: 'server_error', message: 'On fire.' } })));
    const refused = await askGemini(account, lane.model);
    expect(refused).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining('No such tool.') } } });
    const failed = await askGemini(account, lane.model);
    expect(failed).toMatchObject({ status: 502, body: { error: { message: expect.stringContaining('On fire.') } } });
    expect(await account.money()).toEqual(spent(0));
  });
});

const openStream = async (account: Account, model: string) =>
  new LiveAnswer(await callGemini(account, model, { contents }, { method: STREAM }));

describe.concurrent('a stream', () => {
  it('has keepalives between its chunks, and one end with usage', async () => {
    const { account, lane } = await fresh();
    const rest = gate();
    const [first, second] = [beginning('One'), streamOfItems([], {}).slice(-1)];
    lane.first.reply(sse([...first, { until: rest.opened }, ...second]));
    const live = await openStream(account, lane.model);
    await live.has('"text":""}],"role":"model"}');
    rest.open();
    const { text, chunks, usages, keepalives } = parseGeminiStream(await live.end());
    expect(text).toBe('One');
    expect(keepalives).toBeGreaterThan(0);
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }] });
    expect(usages).toEqual([SHOWN]);
    expect(await account.settled()).toEqual(spent(USAGE_MICRO));
  });

  it('that ends by its bound says so', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(stream(['One'], { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }));
    const { text, chunks } = parseGeminiStream(await (await openStream(account, lane.model)).end());
    expect(text).toBe('One');
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'MAX_TOKENS' }], usageMetadata: SHOWN });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it.each([
    ['an error event', [errorEvent('On fire.')]],
    ['a failed response', [failedEvent('On fire.')]],
    ['a cut', [CUT]],
  ] satisfies [string, Step[]][])('that breaks off ends in an error, at no charge: %s', async (_, steps) => {
    const { account, lane } = await fresh();
    const rest = gate();
    lane.first.reply(sse([...beginning('One'), { until: rest.opened }, ...steps]));
    const live = await openStream(account, lane.model);
    await live.has('One');
    rest.open();
    const { error, bareError } = parseGeminiStream(await live.end());
    expect(error).toMatchObject({ message: expect.stringContaining('Nothing was charged') });
    expect(bareError).toEqual(error);
    expect(await account.settled()).toEqual(spent(0));
  });

  it('whose client hangs up stops its provider, and pays for what was produced', async () => {
    const { account, lane } = await fresh();
    lane.first.reply(sse([...beginning('One two three'), HANG]));
    const body = { model: lane.model, contents, stream: true };
    const client = new RudeClient(account, body, {}, '/gemini');
    await client.has('three');
    client.hangUp();
    await lane.first.seen[0]!.hungUp();
    const inputMicro = estimatedTokens(JSON.stringify(body).length) * INPUT_MICRO;
    expect(await account.settled()).toEqual(spent(inputMicro + 4 * OUTPUT_MICRO));
  });

  it('is taken over by another provider before its first content', async () => {
    const { account, lane } = await fresh('responses-pair');
    lane.first.reply(sse([...opening(), errorEvent('On fire.')]));
    lane.second.reply(stream(['Two']));
    const { text, error } = parseGeminiStream(await (await openStream(account, lane.model)).end());
    expect({ text, error }).toEqual({ text: 'Two', error: undefined });
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});

describe('OpenAI', () => {
  it('is asked by Responses for what it serves by that alone, and for tools where the catalogue knows', async () => {
    const account = await rig.account();
    const desk = rig.desk('openai');
    desk.reply(json(responseOf([functionCall('look', '{}')])), chatAnswer('Hi'), answer('Hi'), answer('Hi'));
    const called = await askGemini(account, 'gpt-5.5', { contents, tools });
    expect(called.body.candidates).toMatchObject([{ content: { parts: [{ functionCall: { name: 'look', args: {} } }] } }]);
    for (const model of ['gpt-5.5', 'gpt-5.5-pro', 'gpt-5.3-codex']) {
      const { body } = await askGemini(account, model);
      expect(body.candidates).toMatchObject([{ content: { parts: [{ text: 'Hi' }] } }]);
    }
    expect(desk.seen.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/responses', '/v1/responses']);
  });

  it('is asked there once it has refused the call in chat', async () => {
    const { account, lane } = await fresh('chat-and-responses');
    lane.first.reply(
      failure(400, 'Function tools with reasoning_effort are not supported in /v1/chat/completions. Please use /v1/responses instead.'),
      json(responseOf([functionCall('look', '{}')])),
    );
    const { body } = await askGemini(account, lane.model, { contents, tools });
    expect(body.candidates).toMatchObject([{ content: { parts: [{ functionCall: { name: 'look' } }] } }]);
    expect(lane.first.seen.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/responses']);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });
});
