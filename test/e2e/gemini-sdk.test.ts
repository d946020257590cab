// Google's official client: answers, streams, functions, thoughts, files, structured outputs and chats, straight through and converted.
import { FinishReason, type FunctionDeclaration, type GenerateContentResponse, Type } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatSeen, GEMINI_USAGE, streamed, WAYS } from './support/gemini-wire';
import { connectGenai, GENAI } from './support/genai';
import { OUTPUT_MICRO, Rig } from './support/rig';
import { HANG } from './support/upstream';
import { gate, until } from './support/wait';
import { USAGE_CREDITS, USAGE_MICRO } from './support/wire';

const KEEPALIVE_MS = 60;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ gemini: 30, solo: 30 }, { KEEPALIVE_MS, STATUS_HOLD_MS: 300 });
});
afterAll(() => rig?.stop());

const PRICED = { ...GEMINI_USAGE, creditsUsed: USAGE_CREDITS };
const spent = (spentMicro: number) => ({ spentMicro, heldMicro: 0 });
const CASES = GENAI.flatMap((sdk) => WAYS.map((way) => ({ ...sdk, way, kind: way.name })));

async function collect(stream: AsyncIterable<GenerateContentResponse>): Promise<GenerateContentResponse[]> {
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe.each(CASES)('genai $version, $kind', ({ Client, way, appended }) => {
  async function fresh() {
    const account = await rig.account();
    const lane = rig.lane(way.kind);
    return { account, lane, model: lane.model, client: connectGenai(Client, account) };
  }

  const isStraight = way.kind === 'gemini';

  it('gets an answer, with its usage and cost', async () => {
    const { account, lane, model, client } = await fresh();
    lane.first.reply(way.whole({ text: 'Grüße, 世界 👋' }));
    const answer = await client.models.generateContent({
      model,
      contents: 'Say something.',
      config: { systemInstruction: 'Be terse.', temperature: 0.5, maxOutputTokens: 100, topP: 0.9, stopSequences: ['x'] },
    });
    expect(answer.text).toBe('Grüße, 世界 👋');
    expect(answer.candidates![0]!.finishReason).toBe(FinishReason.STOP);
    expect(answer.usageMetadata).toEqual(PRICED);
    const seen = lane.first.seen[0]!;
    expect(seen.path).toBe(isStraight ? `/v1/models/${lane.upstreamModel}:generateContent` : '/v1/chat/completions');
    expect(seen.json()).toEqual(
      isStraight
        ? {
            contents: [{ role: 'user', parts: [{ text: 'Say something.' }] }],
            systemInstruction: { role: 'user', parts: [{ text: 'Be terse.' }] },
            generationConfig: { temperature: 0.5, maxOutputTokens: 100, topP: 0.9, stopSequences: ['x'] },
          }
        : {
            model: lane.upstreamModel,
            messages: [
              { role: 'system', content: 'Be terse.' },
              { role: 'user', content: 'Say something.' },
            ],
            temperature: 0.5,
            max_tokens: 100,
            top_p: 0.9,
            stop: ['x'],
          },
    );
    expect(isStraight ? seen.headers['x-goog-api-key'] : seen.headers.authorization).toContain(lane.keys[0]);
    expect(JSON.stringify(seen)).not.toContain(account.key);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('gets a stream, with finish reason, usage and cost on its last chunk alone', async () => {
    const { account, lane, model, client } = await fresh();
    lane.first.reply(streamed(way.events({ text: 'Grü' }, { text: 'ße, 世' }, { text: '界 👋' })));
    const chunks = await collect(await client.models.generateContentStream({ model, contents: 'Say something.' }));
    expect(chunks.map(({ text }) => text ?? '').join('')).toBe('Grüße, 世界 👋');
    const ends = chunks.map(({ candidates }) => candidates?.[0]?.finishReason);
    expect(ends.filter((end) => end !== undefined)).toEqual([FinishReason.STOP]);
    expect(ends.at(-1)).toBe(FinishReason.STOP);
    expect(chunks.at(-1)!.usageMetadata).toEqual(PRICED);
    expect(await account.money()).toEqual(spent(USAGE_MICRO));
  });

  it('sees thoughts apart from the answer', async () => {
    const { account, lane, model, client } = await fresh();
    const said = [{ thought: 'Hm. ' }, { thought: 'Yes.' }, { text: 'It is ' }, { text: '42.' }];
    lane.first.reply(way.whole(...said), streamed(way.events(...said)));
    const config = { thinkingConfig: { includeThoughts: true, thinkingBudget: 2_048 } };
    const whole = await client.models.generateContent({ model, contents: 'Why?', config });
    const chunks = await collect(await client.models.generateContentStream({ model, contents: 'Why?', config }));
    for (const parts of [whole, chunks].map((answers) =>
      [answers].flat().flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []),
    )) {
      const text = (thought: boolean) =>
        parts
          .filter((part) => (part.thought === true) === thought)
          .map((part) => part.text)
          .join('');
      expect([text(true), text(false)]).toEqual(['Hm. Yes.', 'It is 42.']);
    }
    expect(whole.usageMetadata!.thoughtsTokenCount).toBe(5);
    const seen = lane.first.seen[0]!.json();
    if (isStraight) expect(seen.generationConfig).toEqual(config);
    else expect(seen).toMatchObject({ reasoning_effort: 'medium' });
    expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
  });

  it('sends files, inline and by their address', async () => {
    const { lane, model, client } = await fresh();
    lane.first.reply(way.whole({ text: 'A picture.' }));
    const picture = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 256)).toString('base64');
    const parts = [
      { text: 'What is this?' },
      { inlineData: { mimeType: 'image/png', data: picture } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
      { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } },
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/a.jpg' } },
    ];
    await client.models.generateContent({ model, contents: [{ role: 'user', parts }] });
    if (isStraight) expect(lane.first.seen[0]!.json().contents).toEqual([{ role: 'user', parts }]);
    else
      expect(chatSeen(lane).messages[0]!.content).toEqual([
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } },
        { type: 'file', file: { filename: 'file.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } },
      ]);
  });

  it('asks for JSON by either kind of schema', async () => {
    const { lane, model, client } = await fresh();
    const said = { text: '{"city":"Zürich","degrees":-3.5}' };
    lane.first.reply(way.whole(said), way.whole(said));
    const responseSchema = {
      type: Type.OBJECT,
      properties: { city: { type: Type.STRING }, degrees: { type: Type.NUMBER, nullable: true } },
    };
    const responseJsonSchema = { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: false };
    const asJson = { responseMimeType: 'application/json' };
    for (const config of [
      { ...asJson, responseSchema },
      { ...asJson, responseJsonSchema },
    ]) {
      const answer = await client.models.generateContent({ model, contents: 'Weather?', config });
      expect(JSON.parse(answer.text!)).toEqual({ city: 'Zürich', degrees: -3.5 });
    }
    const [first, second] = lane.first.seen.map((seen) => seen.json());
    if (isStraight) {
      expect(first!.generationConfig).toEqual({ ...asJson, responseSchema });
      expect(second!.generationConfig).toEqual({ ...asJson, responseJsonSchema });
      return;
    }
    const schema = { type: 'object', properties: { city: { type: 'string' }, degrees: { type: ['number', 'null'] } } };
    expect(first!.response_format).toEqual({ type: 'json_schema', json_schema: { name: 'answer', schema } });
    expect(second!.response_format).toMatchObject({ json_schema: { schema: responseJsonSchema } });
  });

  it('sends safety settings, which only Google understands', async () => {
    const { lane, model, client } = await fresh();
    lane.first.reply(way.whole({ text: 'Yes.' }));
    const safetySettings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }] as never;
    await client.models.generateContent({ model, contents: 'Go on.', config: { safetySettings } });
    expect(lane.first.seen[0]!.json().safetySettings).toEqual(isStraight ? safetySettings : undefined);
  });

  describe('functions', () => {
    const CALLS = [
      { call: { id: 'call_a', name: 'look', args: { at: 'Zürich ☂' } }, signature: 'c2lnbmVkLW9uZQ==' },
      { call: { id: 'call_b', name: 'listen', args: { at: '"x"', n: [1, 2.5] } } },
    ];
    const functionDeclarations: FunctionDeclaration[] = ['look', 'listen'].map((name) => ({
      name,
      description: 'Looks.',
      parameters: { type: Type.OBJECT, properties: { at: { type: Type.STRING } }, required: ['at'] },
    }));
    const config = { tools: [{ functionDeclarations }] };

    it.each([false, true])(
      'are called in parallel, and called again with results and signatures as they came (stream: %s)',
      async (stream) => {
        const { account, lane, model, client } = await fresh();
        lane.first.reply(stream ? streamed(way.events(...CALLS)) : way.whole(...CALLS), way.whole({ text: 'It rains.' }));
        const question = { role: 'user', parts: [{ text: 'Weather?' }] };
        const asked = { model, contents: [question], config };
        const answers = stream
          ? await collect(await client.models.generateContentStream(asked))
          : [await client.models.generateContent(asked)];
        const calls = answers.flatMap(({ functionCalls }) => functionCalls ?? []);
        expect(calls).toEqual(CALLS.map(({ call }) => call));
        const parts = answers.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []).filter(({ functionCall }) => functionCall);
        expect(parts.map(({ thoughtSignature }) => thoughtSignature)).toEqual(CALLS.map(({ signature }) => signature));
        const results = calls.map(({ id, name }) => ({
          functionResponse: { id: id!, name: name!, response: { output: `result of ${name}` } },
        }));
        const contents = [question, { role: 'model', parts }, { role: 'user', parts: results }];
        expect((await client.models.generateContent({ model, contents, config })).text).toBe('It rains.');
        const sent = lane.first.seen[1]!.json();
        if (isStraight) expect(sent).toMatchObject({ contents, tools: config.tools });
        else
          expect(chatSeen(lane, 1)).toMatchObject({
            messages: [
              { role: 'user', content: 'Weather?' },
              {
                role: 'assistant',
                tool_calls: [
                  {
                    id: 'call_a',
                    function: { name: 'look', arguments: '{"at":"Zürich ☂"}' },
                    extra_content: { google: { thought_signature: 'c2lnbmVkLW9uZQ==' } },
                  },
                  { id: 'call_b', function: { name: 'listen', arguments: '{"at":"\\"x\\"","n":[1,2.5]}' } },
                ],
              },
              { role: 'tool', tool_call_id: 'call_a', content: 'result of look' },
              { role: 'tool', tool_call_id: 'call_b', content: 'result of listen' },
            ],
            tools: functionDeclarations.map(({ name }) => ({
              type: 'function',
              function: {
                name,
                description: 'Looks.',
                parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
              },
            })),
          });
        expect(await account.money()).toEqual(spent(2 * USAGE_MICRO));
      },
    );
  });

  it('keeps the history of a chat, through silence in the middle of a stream', async () => {
    const { lane, model, client } = await fresh();
    const { opened, open } = gate();
    const [first, ...others] = way.events({ text: 'One' }, { text: ' two' });
    lane.first.reply(streamed([first!, { until: opened }, ...others]), way.whole({ text: 'Three' }));
    setTimeout(open, 4 * KEEPALIVE_MS);
    const chat = client.chats.create({ model });
    const chunks = await collect(await chat.sendMessageStream({ message: 'Count.' }));
    expect(chunks.map(({ text }) => text ?? '').join('')).toBe('One two');
    expect((await chat.sendMessage({ message: 'Go on.' })).text).toBe('Three');
    const turns = lane.first.seen[1]!.json().contents as { role: string; parts: { text: string }[] }[];
    const said = isStraight
      ? turns.filter(({ role }) => role === 'model').flatMap(({ parts }) => parts.map(({ text }) => text))
      : chatSeen(lane, 1).messages.flatMap(({ role, content }) => (role === 'assistant' ? [content] : []));
    expect(said.join('')).toBe('One two');
  });

  it('aborts a stream, which stops the provider and charges what was produced', async () => {
    const { account, lane, model, client } = await fresh();
    lane.first.reply(streamed([...way.begun({ text: 'One two three' }), HANG]));
    const controller = new AbortController();
    const config = { abortSignal: controller.signal };
    let text = '';
    const reading = (async () => {
      for await (const chunk of await client.models.generateContentStream({ model, contents: 'Count.', config })) text += chunk.text ?? '';
    })();
    reading.catch(() => {});
    await until('the first words', () => text === 'One two three');
    controller.abort();
    await expect(reading).rejects.toThrow(/abort/i);
    await lane.first.seen[0]!.hungUp();
    expect((await account.settled()).spentMicro).toBeGreaterThan(4 * OUTPUT_MICRO);
    expect(await account.lastGeneration()).toMatchObject({ outcome: 'estimated', ending: 'client_gone', usage: { outputTokens: 4 } });
  });

  it('is served behind every base URL that is documented', async () => {
    const { account, lane, model } = await fresh();
    lane.first.replyAlways(() => way.whole({ text: 'Yes.' }));
    for (const base of ['', '/', '/api', '/api/', '/api/v1', '/api/v1/', '/api/v1/gemini', '/api/v1/gemini/', '/v1', '/v1/gemini'])
      expect((await connectGenai(Client, account, { base }).models.generateContent({ model, contents: 'Hi' })).text, base + appended).toBe(
        'Yes.',
      );
  });

  it('counts tokens, free of charge', async () => {
    const { account, lane, model, client } = await fresh();
    const { totalTokens } = await client.models.countTokens({ model, contents: 'x'.repeat(400) });
    expect(totalTokens).toBeGreaterThan(99);
    expect(totalTokens).toBeLessThan(140);
    expect(lane.first.seen).toHaveLength(isStraight ? 1 : 0);
    expect(await account.calls()).toEqual([]);
  });
});
