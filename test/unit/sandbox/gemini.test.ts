import { describe, expect, it } from 'vitest';
import { call, events, json, readBody } from './support';

const MODEL = '/v1beta/models/gemini-3.1-pro';
const PATH = `${MODEL}:generateContent`;
const STREAM = `${MODEL}:streamGenerateContent`;

const asking = (text: string, more: Record<string, unknown> = {}) => ({ contents: [{ role: 'user', parts: [{ text }] }], ...more });
const declared = (functionDeclarations: unknown[]) => ({ tools: [{ functionDeclarations }] });
const look = { name: 'look', parameters: { type: 'OBJECT', properties: { at: { type: 'STRING' } }, required: ['at'] } };
const wait = { name: 'wait' };

describe('generateContent', () => {
  it('answers with a candidate', async () => {
    expect(await json(PATH, asking('Hello'))).toEqual({
      candidates: [
        {
          content: {
            parts: [{ text: 'This is the sandbox, answering for gemini-3.1-pro: no provider was called. You said: "Hello".' }],
            role: 'model',
          },
          finishReason: 'STOP',
          index: 0,
        },
      ],
      usageMetadata: {
        promptTokenCount: 6,
        candidatesTokenCount: expect.any(Number),
        totalTokenCount: expect.any(Number),
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: 6 }],
      },
      modelVersion: 'gemini-3.1-pro',
      responseId: expect.stringMatching(/^sandbox/),
    });
  });

  it.each(['/v1', '/v1beta', '/v1alpha'])('answers under %s', async (prefix) => {
    expect((await call(`${prefix}/models/m:generateContent`, asking('Hello'))).status).toBe(200);
    expect((await call(`${prefix}/tunedModels/m:generateContent`, asking('Hello'))).status).toBe(200);
    expect((await call(`${prefix}/models/m:predict`, asking('Hello'))).status).toBe(404);
  });

  it('shows thoughts when asked, and counts them beside the candidates', async () => {
    const answer = await json(PATH, asking('Hello', { generationConfig: { thinkingConfig: { includeThoughts: true } } }));
    expect(answer.candidates[0].content.parts).toEqual([
      { text: expect.stringContaining('does not think'), thought: true },
      { text: expect.stringContaining('You said'), thoughtSignature: expect.any(String) },
    ]);
    const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = answer.usageMetadata;
    expect(thoughtsTokenCount).toBe(17);
    expect(totalTokenCount).toBe(promptTokenCount + candidatesTokenCount + thoughtsTokenCount);
  });

  it('signs the first of its function calls', async () => {
    const answer = await json(PATH, asking('sandbox:tools=3', declared([look, wait])));
    expect(answer.candidates[0].finishReason).toBe('STOP');
    expect(answer.candidates[0].content.parts).toEqual([
      { functionCall: { name: 'look', args: { at: 'sandbox' }, id: expect.any(String) }, thoughtSignature: expect.any(String) },
      { functionCall: { name: 'wait', args: {}, id: expect.any(String) } },
      { functionCall: { name: 'look', args: { at: 'sandbox' }, id: expect.any(String) } },
    ]);
  });

  it.each([
    [{ mode: 'ANY' }, ['look']],
    [{ mode: 'ANY', allowedFunctionNames: ['wait'] }, ['wait']],
    [{ mode: 'AUTO' }, []],
    [{ mode: 'NONE' }, []],
  ])('heeds the function calling config %j', async (functionCallingConfig, names) => {
    const answer = await json(PATH, asking('Hello', { ...declared([look, wait]), toolConfig: { functionCallingConfig } }));
    const calls = answer.candidates[0].content.parts.flatMap((part: { functionCall?: { name: string } }) => part.functionCall ?? []);
    expect(calls.map((one: { name: string }) => one.name)).toEqual(names);
  });

  it('reads the names of the protocol files too', async () => {
    const body = {
      contents: [
        { role: 'user', parts: [{ text: 'Look', inline_data: undefined }, { inline_data: { mime_type: 'image/png', data: 'AA' } }] },
      ],
      tools: [{ function_declarations: [look] }],
      tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['look'] } },
      generation_config: { max_output_tokens: 100 },
    };
    expect((await json(PATH, body)).candidates[0].content.parts[0].functionCall.name).toBe('look');
  });

  it('ends with the response of a function', async () => {
    const contents = [
      { role: 'user', parts: [{ text: 'sandbox:tool' }] },
      { role: 'model', parts: [{ functionCall: { name: 'look', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'look', response: { result: '21 degrees' } } }] },
    ];
    const more = { ...declared([look]), toolConfig: { functionCallingConfig: { mode: 'ANY' } } };
    const answer = await json(PATH, { ...more, contents });
    expect(answer.candidates[0].content.parts[0].text).toContain('The tool answered: "21 degrees".');
    const again = await json(PATH, { ...more, contents: [...contents, { role: 'user', parts: [{ text: 'sandbox:tool' }] }] });
    expect(again.candidates[0].content.parts[0]).toHaveProperty('functionCall');
  });

  it('counts images', async () => {
    const inlineData = { mimeType: 'image/png', data: 'AAAA' };
    const answer = await json(PATH, { contents: [{ parts: [{ text: 'Look' }, { inlineData }] }] });
    expect(answer.candidates[0].content.parts[0].text).toContain('You said: "Look". You sent 1 image.');
    expect(answer.usageMetadata.promptTokensDetails).toContainEqual({ modality: 'IMAGE', tokenCount: 765 });
  });

  it.each([
    { responseMimeType: 'application/json', responseSchema: { type: 'ARRAY', minItems: '2', items: { type: 'INTEGER' } } },
    { responseMimeType: 'application/json', responseJsonSchema: { type: 'array', minItems: 2, items: { type: 'integer' } } },
  ])('satisfies a schema: %j', async (generationConfig) => {
    const answer = await json(PATH, asking('Hello', { generationConfig }));
    expect(JSON.parse(answer.candidates[0].content.parts[0].text)).toEqual([1, 1]);
  });

  it('gives JSON when only that is asked', async () => {
    const answer = await json(PATH, asking('Hello', { generationConfig: { responseMimeType: 'application/json' } }));
    expect(JSON.parse(answer.candidates[0].content.parts[0].text)).toMatchObject({ sandbox: true });
  });

  it('says nothing that was refused', async () => {
    const answer = await json(PATH, asking('sandbox:refusal'));
    expect(answer.candidates).toEqual([
      { finishReason: 'SAFETY', index: 0, safetyRatings: [expect.objectContaining({ blocked: true })], finishMessage: expect.any(String) },
    ]);
    expect(answer.usageMetadata.candidatesTokenCount).toBe(0);
  });

  it('stops at the token limit, and makes no call that it cuts', async () => {
    const cut = await json(PATH, asking('Hello', { generationConfig: { maxOutputTokens: 3 } }));
    expect(cut.candidates[0]).toMatchObject({ finishReason: 'MAX_TOKENS', content: { parts: [{ text: 'This is the' }] } });
    const call_ = await json(PATH, asking('sandbox:tool', { ...declared([look]), generationConfig: { maxOutputTokens: 2 } }));
    expect(call_.candidates[0]).toEqual({ content: { role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 });
  });

  it('gives several candidates', async () => {
    const answer = await json(PATH, asking('Hello', { generationConfig: { candidateCount: 2 } }));
    expect(answer.candidates.map((candidate: { index: number }) => candidate.index)).toEqual([0, 1]);
  });

  it('counts what an earlier turn has sent as cached, a part of the prompt', async () => {
    const contents = [
      { role: 'user', parts: [{ text: 'a'.repeat(8000) }] },
      { role: 'model', parts: [{ text: 'b' }] },
      { role: 'user', parts: [{ text: 'Go on' }] },
    ];
    expect((await json(PATH, { contents })).usageMetadata).toMatchObject({ cachedContentTokenCount: 1920, promptTokenCount: 2015 });
  });

  it.each([
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'NOT_FOUND'],
    [429, 'RESOURCE_EXHAUSTED'],
    [500, 'INTERNAL'],
    [503, 'UNAVAILABLE'],
  ])('answers %i as %s', async (code, status) => {
    expect(await json(PATH, asking(`sandbox:status=${code}`))).toEqual({ error: { code, message: expect.any(String), status } });
  });

  it('refuses a request without contents', async () => {
    expect(await json(PATH, {})).toEqual({ error: { code: 400, message: expect.any(String), status: 'INVALID_ARGUMENT' } });
  });
});

describe('streamGenerateContent', () => {
  it('sends lines of data with the usage so far, the reason to stop in the last', async () => {
    const { text, events: stream } = await events(`${STREAM}?alt=sse`, asking('sandbox:tokens=3'));
    expect(text).toMatch(/^(data: \{.*\}\r\n\r\n)+$/);
    expect(stream.map(({ data }) => data.usageMetadata.candidatesTokenCount)).toEqual([1, 2, 3, 3]);
    expect(stream.map(({ data }) => data.candidates[0].finishReason)).toEqual([undefined, undefined, undefined, 'STOP']);
    expect(stream[0]!.data.candidates[0]).toEqual({ content: { parts: [{ text: 'This' }], role: 'model' }, index: 0 });
  });

  it('sends a function call whole', async () => {
    const { events: stream } = await events(`${STREAM}?alt=sse`, asking('sandbox:tools=2', declared([look])));
    const parts = stream.map(({ data }) => data.candidates[0].content.parts[0]);
    expect(parts).toEqual([
      { functionCall: { name: 'look', args: { at: 'sandbox' }, id: expect.any(String) }, thoughtSignature: expect.any(String) },
      { functionCall: { name: 'look', args: { at: 'sandbox' }, id: expect.any(String) } },
      { text: '' },
    ]);
  });

  it('is a JSON array without alt=sse, sent item by item', async () => {
    const { response, events: stream } = await events(STREAM, asking('sandbox:tokens=3'));
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8');
    expect(stream).toHaveLength(4);
    const { text, broken } = await readBody(await call(STREAM, asking('sandbox:cut=2')));
    expect(broken).toBeInstanceOf(TypeError);
    expect(JSON.parse(`${text}]`)).toHaveLength(2);
  });

  it('keeps its errors in the array', async () => {
    expect(await json(STREAM, asking('sandbox:status=503'))).toEqual([{ error: expect.objectContaining({ code: 503 }) }]);
    const { events: stream } = await events(STREAM, asking('sandbox:error=1'));
    expect(stream.map(({ data }) => Object.keys(data)[0])).toEqual(['candidates', 'error']);
  });

  it('ends in an error of its own', async () => {
    const { events: stream } = await events(`${STREAM}?alt=sse`, asking('sandbox:error=1'));
    expect(stream.at(-1)!.data).toEqual({ error: { code: 500, message: expect.any(String), status: 'INTERNAL' } });
  });
});

describe('countTokens', () => {
  it.each([asking('Hello'), { generateContentRequest: asking('Hello', { model: 'models/gemini-3.1-pro' }) }])('counts %j', async (body) => {
    expect(await json(`${MODEL}:countTokens`, body)).toEqual({
      totalTokens: 6,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 6 }],
    });
  });
});
