// The sandbox's answers in these formats, read by the official clients: with a test key, and in a local run without providers.
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { FunctionCallingConfigMode, type GenerateContentResponse, Type } from '@google/genai';
import { generateText, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, openAccount } from './support/account';
import { ask, askJson, parseChatStream } from './support/client';
import { askGemini, callGemini, contents, STREAM, streamGemini } from './support/gemini-wire';
import { connectGenai, GENAI } from './support/genai';
import { Rig } from './support/rig';
import { connect, MAJORS } from './support/sdk';
import { inMicro } from './support/wire';
import { Worker } from './support/worker';

const MODEL = 'gemini-3-flash-official';

let local: Worker;
let rig: Rig;
beforeAll(async () => {
  local = await Worker.shared();
  rig = await Rig.start({});
});
afterAll(async () => {
  await rig?.stop();
  await local?.stop();
});

interface Place {
  where: string;
  charges: boolean;
  /** Opens an account; returns it with the key to call with. */
  open: () => Promise<{ account: Account; apiKey: string }>;
}

const PLACES: Place[] = [
  {
    where: 'with a test key',
    charges: false,
    open: async () => {
      const account = await rig.account();
      return { account, apiKey: await account.addKey({ mode: 'test' }) };
    },
  },
  {
    where: 'without providers',
    charges: true,
    open: async () => {
      const account = await openAccount(local);
      return { account, apiKey: account.key };
    },
  },
];

const userSays = (text: string) => [{ role: 'user', parts: [{ text }] }];

async function collect(stream: AsyncIterable<GenerateContentResponse>): Promise<GenerateContentResponse[]> {
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe.each(PLACES)('the sandbox $where', ({ charges, open }) => {
  afterAll(() => {
    // Nothing of the call may leave the gateway.
    expect(rig.desk('google').seen.concat(rig.desk('openai').seen)).toEqual([]);
  });

  async function expectCharged(account: Account, calls: number): Promise<void> {
    const lines = await account.calls();
    expect(lines).toHaveLength(calls);
    const { spentMicro, heldMicro } = await account.settled();
    expect(heldMicro).toBe(0);
    expect(spentMicro).toBe(0 - lines.reduce((sum, { amountCredits }) => sum + inMicro(amountCredits), 0));
    if (charges) expect(spentMicro).toBeGreaterThan(0);
    else expect(spentMicro).toBe(0);
  }

  describe.each(GENAI)('genai $version', ({ Client }) => {
    it('says the same in a document and in a stream', async () => {
      const { account, apiKey } = await open();
      const client = connectGenai(Client, account, { apiKey });
      const whole = await client.models.generateContent({ model: MODEL, contents: 'Grüße, 世界' });
      const chunks = await collect(await client.models.generateContentStream({ model: MODEL, contents: 'Grüße, 世界' }));
      expect(whole.text).toContain('Grüße, 世界');
      expect(chunks.map(({ text }) => text ?? '').join('')).toBe(whole.text);
      expect(chunks.at(-1)!.candidates![0]!.finishReason).toBe('STOP');
      const counts = ({ usageMetadata: usage }: GenerateContentResponse) => [usage!.promptTokenCount, usage!.candidatesTokenCount];
      expect(counts(chunks.at(-1)!)).toEqual(counts(whole));
      await expectCharged(account, 2);
    });

    it('calls functions, thinks, and keeps to a schema', async () => {
      const { account, apiKey } = await open();
      const { models } = connectGenai(Client, account, { apiKey });
      const parameters = { type: Type.OBJECT, properties: { at: { type: Type.STRING } }, required: ['at'] };
      const tools = [{ functionDeclarations: [{ name: 'look', description: 'Looks.', parameters }] }];
      const toolConfig = { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } };
      const called = await models.generateContent({ model: MODEL, contents: 'Weather?', config: { tools, toolConfig } });
      expect(called.functionCalls).toMatchObject([{ name: 'look', args: { at: expect.any(String) } }]);
      const thinkingConfig = { includeThoughts: true };
      const thoughtful = await models.generateContent({ model: MODEL, contents: 'Why?', config: { thinkingConfig } });
      expect(thoughtful.candidates![0]!.content!.parts!.some(({ thought }) => thought)).toBe(true);
      const config = { responseMimeType: 'application/json', responseSchema: parameters };
      expect(JSON.parse((await models.generateContent({ model: MODEL, contents: 'Where?', config })).text!)).toMatchObject({
        at: expect.any(String),
      });
      await expectCharged(account, 3);
    });

    it('counts tokens, and lists models', async () => {
      const { account, apiKey } = await open();
      const { models } = connectGenai(Client, account, { apiKey });
      expect((await models.countTokens({ model: MODEL, contents: 'x'.repeat(400) })).totalTokens).toBeGreaterThan(50);
      expect((await models.list()).page.length).toBeGreaterThan(10);
      expect(await account.calls()).toEqual([]);
    });
  });

  it('serves the AI SDK', async () => {
    const { account, apiKey } = await open();
    const baseURL = account.baseUrl.replace(/\/v1$/, '/api/v1/gemini');
    const model = createGoogleGenerativeAI({ apiKey, baseURL })(MODEL);
    const { text } = await generateText({ model, prompt: 'Hello there', maxRetries: 0 });
    expect(text).toContain('Hello there');
    expect(await streamText({ model, prompt: 'Hello there', maxRetries: 0 }).text).toBe(text);
    await expectCharged(account, 2);
  });

  it('fails as it is told to, in the shape of Gemini', async () => {
    const { account, apiKey } = await open();
    const headers = { 'x-goog-api-key': apiKey };
    const refused = await askGemini(account, MODEL, { contents: userSays('sandbox:status=400') }, { headers });
    expect([refused.status, refused.body.error.status]).toEqual([400, 'INVALID_ARGUMENT']);
    const failed = await askGemini(account, MODEL, { contents: userSays('sandbox:status=500') }, { headers });
    expect([failed.status, failed.body.error.status]).toEqual([502, 'UNAVAILABLE']);
    for (const word of ['sandbox:error=3', 'sandbox:cut=3']) {
      const { text, error, bareError } = await streamGemini(
        account,
        MODEL,
        { contents: userSays(`${word} sandbox:tokens=9`) },
        { headers },
      );
      expect(text).not.toBe('');
      expect(error).toMatchObject({ code: 502, status: 'UNAVAILABLE' });
      expect(bareError).toEqual(error);
    }
    expect((await account.settled()).spentMicro).toBe(0);
  });

  it('streams an array', async () => {
    const { account, apiKey } = await open();
    const options = { headers: { 'x-goog-api-key': apiKey } };
    const raw = await (await callGemini(account, MODEL, { contents }, { ...options, method: 'streamGenerateContent' })).text();
    const chunks = JSON.parse(raw) as { candidates: { content: { parts: { text: string }[] } }[] }[];
    const { text } = await streamGemini(account, MODEL, { contents }, { ...options, method: STREAM });
    expect(chunks.flatMap(({ candidates }) => candidates[0]!.content.parts.map((part) => part.text)).join('')).toBe(text);
  });

  it('answers /gemini in both shapes, and /chat', async () => {
    const { account, apiKey } = await open();
    const headers = { authorization: `Bearer ${apiKey}` };
    const post = async (path: string, body: unknown) =>
      (await ask(account, body, { path, headers })).json() as Promise<Record<string, unknown>>;
    const messages = [{ role: 'user', content: 'Hello there' }];
    expect(JSON.stringify((await post('/gemini', { model: MODEL, contents: userSays('Hello there') })).candidates)).toContain(
      'Hello there',
    );
    expect(JSON.stringify((await post('/gemini', { model: MODEL, messages })).choices)).toContain('Hello there');
    const native = await post('/chat', { messages });
    expect(JSON.stringify(native.choices)).toContain('Hello there');
    expect(native.creditsUsed).toBe(charges ? 2 : 0);
    const stream = parseChatStream(await (await ask(account, { messages, stream: true }, { path: '/chat', headers })).text());
    expect(stream.text).toContain('Hello there');
    expect(stream.chunks.at(-1)).toMatchObject({ creditsUsed: charges ? 2 : 0 });
    await expectCharged(account, 4);
  });

  describe.each(MAJORS)('openai $major', ({ Client }) => {
    it('embeds', async () => {
      const { account, apiKey } = await open();
      const { client } = connect(Client, account, { apiKey });
      const asked = { model: 'text-embedding-3-small', input: ['One', 'Two'], dimensions: 16 };
      const [packed, numbers] = [
        await client.embeddings.create(asked),
        await client.embeddings.create({ ...asked, encoding_format: 'float' }),
      ];
      for (const [index, { embedding }] of packed.data.entries()) {
        expect(embedding).toHaveLength(16);
        for (const [at, value] of embedding.entries()) expect(value).toBeCloseTo(numbers.data[index]!.embedding[at]!, 5);
      }
      await expectCharged(account, 2);
    });

    it('completes', async () => {
      const { account, apiKey } = await open();
      const { client } = connect(Client, account, { apiKey });
      const asked = { model: 'gpt-5.4', prompt: 'Once upon', max_tokens: 40 };
      const { choices } = await client.completions.create(asked);
      expect(choices[0]!.text).not.toBe('');
      let text = '';
      for await (const part of await client.completions.create({ ...asked, stream: true })) text += part.choices[0]?.text ?? '';
      expect(text).toBe(choices[0]!.text);
      await expectCharged(account, 2);
    });
  });

  it('refuses an embedding of a model that answers', async () => {
    const { account, apiKey } = await open();
    const { status } = await askJson(
      account,
      { model: 'gpt-5.4', input: 'x' },
      { path: '/embeddings', headers: { authorization: `Bearer ${apiKey}` } },
    );
    expect(status).toBe(400);
  });
});
