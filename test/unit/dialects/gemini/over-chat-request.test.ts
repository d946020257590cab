import { describe, expect, it } from 'vitest';
import { geminiNative } from '../../../../src/dialects/gemini/dialect';
import { NATIVE_URL, parsed, sent } from './support';

const user = (...parts: object[]) => ({ role: 'user', parts });
const model = (...parts: object[]) => ({ role: 'model', parts });
const hi = [user({ text: 'Hi' })];

/** The chat request that a Gemini request becomes. */
function chat(body: object): Record<string, unknown> {
  const { model: _, ...request } = JSON.parse(sent(parsed(geminiNative, `${NATIVE_URL}generateContent`, body), 'openai-chat'));
  return request;
}

function repaired(body: object, message: string): Record<string, unknown> | undefined {
  const bridge = parsed(geminiNative, `${NATIVE_URL}generateContent`, body).over('openai-chat')!.repaired!(message);
  return bridge && JSON.parse(bridge.request({ model: 'x', moved: false }).body);
}

describe('contents as chat messages', () => {
  it('keeps system, user and model apart', () => {
    const body = {
      systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
      contents: [
        user({ text: 'a' }, { text: 'b' }),
        model({ text: 'think', thought: true }, { text: 'c' }, { text: 'd' }),
        { parts: [{ text: 'e' }] },
      ],
    };
    expect(chat(body)).toMatchInlineSnapshot(`
      {
        "messages": [
          {
            "content": "Be brief.
      Be kind.",
            "role": "system",
          },
          {
            "content": "a
      b",
            "role": "user",
          },
          {
            "content": "cd",
            "role": "assistant",
          },
          {
            "content": "e",
            "role": "user",
          },
        ],
      }
    `);
  });

  it('is a message also where one content stands without its list, as Google takes it', () => {
    const one = { systemInstruction: { parts: { text: 'Be brief.' } }, contents: { role: 'user', parts: { text: 'Hi' } } };
    expect(chat(one).messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]);
  });

  it('has ids of calls that are short enough, whatever a client has made them of', () => {
    const id = (n: number) => `run_shell_command-1764446000000-${n}-0123456789abcdef`;
    const call = (n: number) => ({ functionCall: { id: id(n), name: 'run', args: { n } } });
    const result = (n: number) => ({ functionResponse: { id: id(n), name: 'run', response: { output: `${n}` } } });
    const { messages } = chat({ contents: [hi[0], model(call(1), call(2)), user(result(2), result(1))] });
    expect(messages).toMatchObject([
      {},
      { tool_calls: [{ id: 'call_1' }, { id: 'call_2' }] },
      { role: 'tool', tool_call_id: 'call_2', content: '2' },
      { role: 'tool', tool_call_id: 'call_1', content: '1' },
    ]);
  });

  it('has files that are text as their text', () => {
    const base64 = (bytes: Uint8Array) => bytes.toBase64();
    const csv = { mimeType: 'text/csv; charset=utf-8', data: base64(new TextEncoder().encode('ä,b\n1,2')) };
    const asked = chat({ contents: [user({ text: 'Sum up.' }, { inlineData: csv })] });
    expect(asked.messages).toEqual([{ role: 'user', content: 'Sum up.\nä,b\n1,2' }]);
    const broken = { mimeType: 'text/plain', data: base64(new Uint8Array([0xff, 0xfe, 0x00])) };
    expect(chat({ contents: [user({ inlineData: broken })] }).messages).toMatchObject([{ content: [{ type: 'file' }] }]);
  });

  it('takes a system instruction in every form', () => {
    for (const system of ['Be brief.', { text: 'Be brief.' }, { role: 'system', parts: [{ text: 'Be brief.' }] }])
      expect(chat({ system_instruction: system, contents: hi }).messages).toMatchObject([{ role: 'system', content: 'Be brief.' }, {}]);
  });

  it('sends files on by their kind', () => {
    const parts = [
      { text: 'What are these?' },
      { inlineData: { mimeType: 'image/png', data: 'iVBO_-8=' } },
      { inline_data: { mime_type: 'audio/x-wav', data: 'UklG' } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } },
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://x.test/a.jpg' } },
      { fileData: { mimeType: 'application/pdf', fileUri: 'https://x.test/b.pdf?c=1' } },
    ];
    expect(chat({ contents: [user(...parts)] })).toMatchInlineSnapshot(`
      {
        "messages": [
          {
            "content": [
              {
                "text": "What are these?",
                "type": "text",
              },
              {
                "image_url": {
                  "url": "data:image/png;base64,iVBO/+8=",
                },
                "type": "image_url",
              },
              {
                "input_audio": {
                  "data": "UklG",
                  "format": "wav",
                },
                "type": "input_audio",
              },
              {
                "file": {
                  "file_data": "data:application/pdf;base64,JVBE",
                  "filename": "file.pdf",
                },
                "type": "file",
              },
              {
                "image_url": {
                  "url": "https://x.test/a.jpg",
                },
                "type": "image_url",
              },
              {
                "file": {
                  "file_data": "https://x.test/b.pdf?c=1",
                  "filename": "b.pdf",
                },
                "type": "file",
              },
            ],
            "role": "user",
          },
        ],
      }
    `);
  });

  it('takes a file whose type has only one word', () => {
    expect(chat({ contents: [user({ inlineData: { mimeType: 'pdf', data: 'JVBE' } })] }).messages).toMatchObject([
      { content: [{ file: { filename: 'file.pdf', file_data: 'data:pdf;base64,JVBE' } }] },
    ]);
  });

  it('matches parallel calls and results by id, by name and in order, with their signatures', () => {
    const call = (name: string, args: object, more = {}) => ({ functionCall: { name, args, ...more } });
    const result = (name: string, response: object, more = {}) => ({ functionResponse: { name, response, ...more } });
    const body = {
      contents: [
        user({ text: 'Weather?' }),
        model(
          { text: 'Looking.' },
          { ...call('weather', { city: 'Tōkyō' }), thoughtSignature: 'c2ln' },
          call('weather', { city: 'Paris' }),
          call('time', {}, { id: 'own' }),
        ),
        user(result('time', { output: 'noon' }, { id: 'own' }), result('weather', { degrees: 21 })),
        { role: 'function', parts: [result('weather', { error: 'down' })] },
        model({ text: 'Done.', thoughtSignature: 'dGV4dA==' }),
      ],
    };
    expect(chat(body)).toMatchInlineSnapshot(`
      {
        "messages": [
          {
            "content": "Weather?",
            "role": "user",
          },
          {
            "content": "Looking.",
            "role": "assistant",
            "tool_calls": [
              {
                "extra_content": {
                  "google": {
                    "thought_signature": "c2ln",
                  },
                },
                "function": {
                  "arguments": "{"city":"Tōkyō"}",
                  "name": "weather",
                },
                "id": "call_1",
                "type": "function",
              },
              {
                "function": {
                  "arguments": "{"city":"Paris"}",
                  "name": "weather",
                },
                "id": "call_2",
                "type": "function",
              },
              {
                "function": {
                  "arguments": "{}",
                  "name": "time",
                },
                "id": "own",
                "type": "function",
              },
            ],
          },
          {
            "content": "noon",
            "role": "tool",
            "tool_call_id": "own",
          },
          {
            "content": "{"degrees":21}",
            "role": "tool",
            "tool_call_id": "call_1",
          },
          {
            "content": "{"error":"down"}",
            "role": "tool",
            "tool_call_id": "call_2",
          },
          {
            "content": "Done.",
            "extra_content": {
              "google": {
                "thought_signature": "dGV4dA==",
              },
            },
            "role": "assistant",
          },
        ],
      }
    `);
  });

  it('never leaves a call without a result, nor a result without a call', () => {
    const body = {
      contents: [
        model({ functionCall: { name: 'a', args: {}, id: 'x' } }, { functionCall: { name: 'b', args: {}, id: 'x' } }),
        user(
          { functionResponse: { name: 'b', response: { ok: true } } },
          { functionResponse: { name: 'z', response: { ok: true } } },
          { text: 'Go on.' },
        ),
      ],
    };
    expect(chat(body).messages).toMatchInlineSnapshot(`
      [
        {
          "content": null,
          "role": "assistant",
          "tool_calls": [
            {
              "function": {
                "arguments": "{}",
                "name": "a",
              },
              "id": "x",
              "type": "function",
            },
            {
              "function": {
                "arguments": "{}",
                "name": "b",
              },
              "id": "call_2",
              "type": "function",
            },
          ],
        },
        {
          "content": "{"ok":true}",
          "role": "tool",
          "tool_call_id": "call_2",
        },
        {
          "content": "No result was given.",
          "role": "tool",
          "tool_call_id": "x",
        },
        {
          "content": "Result of z: {"ok":true}
      Go on.",
          "role": "user",
        },
      ]
    `);
  });

  it('shows pictures that a function gave', () => {
    const picture = { inlineData: { mimeType: 'image/png', data: 'iVBO' } };
    const body = {
      contents: [
        model({ functionCall: { name: 'look', args: {} } }),
        user({ functionResponse: { name: 'look', response: {}, parts: [picture] } }),
      ],
    };
    expect(chat(body).messages).toMatchObject([
      { role: 'assistant' },
      { role: 'tool', content: '{}' },
      { role: 'user', content: [{ type: 'image_url' }] },
    ]);
  });
});

describe('functions as tools', () => {
  const parameters = {
    type: 'OBJECT',
    properties: {
      type: { type: 'STRING', format: 'enum', enum: ['a', 'b'], nullable: true },
      list: { type: 'ARRAY', minItems: '1', items: { type: 'INTEGER', format: 'int32' } },
      either: { any_of: [{ type: 'NUMBER' }, { type: 'BOOLEAN' }], nullable: true },
    },
    required: ['type'],
    propertyOrdering: ['type', 'list'],
  };
  const tools = [
    { functionDeclarations: [{ name: 'f', description: 'Does f.', parameters }] },
    { function_declarations: [{ name: 'g', parametersJsonSchema: { type: 'object', additionalProperties: false } }, { name: 'h' }] },
  ];
  const choice = (functionCallingConfig: object) => chat({ contents: hi, tools, toolConfig: { functionCallingConfig } });
  const names = (request: Record<string, unknown>) => (request.tools as { function: { name: string } }[]).map((tool) => tool.function.name);

  it('have JSON Schema for parameters', () => {
    expect(chat({ contents: hi, tools })).toMatchInlineSnapshot(`
      {
        "messages": [
          {
            "content": "Hi",
            "role": "user",
          },
        ],
        "tools": [
          {
            "function": {
              "description": "Does f.",
              "name": "f",
              "parameters": {
                "properties": {
                  "either": {
                    "anyOf": [
                      {
                        "type": "number",
                      },
                      {
                        "type": "boolean",
                      },
                      {
                        "type": "null",
                      },
                    ],
                  },
                  "list": {
                    "items": {
                      "format": "int32",
                      "type": "integer",
                    },
                    "minItems": 1,
                    "type": "array",
                  },
                  "type": {
                    "enum": [
                      "a",
                      "b",
                      null,
                    ],
                    "type": [
                      "string",
                      "null",
                    ],
                  },
                },
                "required": [
                  "type",
                ],
                "type": "object",
              },
            },
            "type": "function",
          },
          {
            "function": {
              "name": "g",
              "parameters": {
                "additionalProperties": false,
                "properties": {},
                "type": "object",
              },
            },
            "type": "function",
          },
          {
            "function": {
              "name": "h",
              "parameters": {
                "properties": {},
                "type": "object",
              },
            },
            "type": "function",
          },
        ],
      }
    `);
  });

  it.each([
    [{ mode: 'AUTO' }, 'auto', ['f', 'g', 'h']],
    [{ mode: 'VALIDATED' }, 'auto', ['f', 'g', 'h']],
    [{ mode: 'NONE' }, 'none', ['f', 'g', 'h']],
    [{ mode: 'ANY' }, 'required', ['f', 'g', 'h']],
    [{ mode: 'ANY', allowedFunctionNames: ['g', 'h', { toString: 1 }] }, 'required', ['g', 'h']],
    [{ mode: 'ANY', allowedFunctionNames: ['gone'] }, 'required', ['f', 'g', 'h']],
    [{ mode: 'ANY', allowedFunctionNames: ['g'] }, { type: 'function', function: { name: 'g' } }, ['g']],
  ])('may or must be called: %j', (config, expected, expectedNames) => {
    const request = choice(config);
    expect(request.tool_choice).toEqual(expected);
    expect(names(request)).toEqual(expectedNames);
  });

  it('are not spoken of where there are none', () => {
    expect(chat({ contents: hi, toolConfig: { functionCallingConfig: { mode: 'AUTO' } } })).not.toHaveProperty('tool_choice');
  });

  it('are found without their list, as a part is', () => {
    const request = chat({ contents: [{ parts: { text: 'Hi' } }], tools: { functionDeclarations: { name: 'f' } } });
    expect(names(request)).toEqual(['f']);
    expect(request.messages).toEqual([{ role: 'user', content: 'Hi' }]);
    const search = chat({ contents: hi, tools: { googleSearch: {} } });
    expect(search.messages).toMatchObject([{ role: 'system', content: expect.stringContaining('googleSearch') }, {}]);
  });

  it('stand beside Google’s own, of which the model is told that it has none', () => {
    const request = chat({ contents: hi, tools: [...tools, { googleSearch: {} }, { urlContext: {} }, { mcpServers: [{ name: 'm' }] }] });
    expect(names(request)).toEqual(['f', 'g', 'h']);
    expect(request.messages).toMatchObject([
      { role: 'system', content: expect.stringContaining('googleSearch, urlContext, mcpServers') },
      {},
    ]);
  });
});

describe('the generation config as options', () => {
  it('has what has a counterpart', () => {
    const generationConfig = {
      temperature: 0.6,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 2048,
      stopSequences: ['END'],
      candidateCount: 2,
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      responseLogprobs: true,
      logprobs: 3,
      responseModalities: ['TEXT', 'IMAGE'],
    };
    expect(chat({ contents: hi, generationConfig, safetySettings: [{ category: 'X' }] })).toMatchInlineSnapshot(`
      {
        "frequency_penalty": 0.2,
        "logprobs": true,
        "max_tokens": 2048,
        "messages": [
          {
            "content": "Hi",
            "role": "user",
          },
        ],
        "modalities": [
          "text",
          "image",
        ],
        "n": 2,
        "presence_penalty": 0.1,
        "seed": 7,
        "stop": [
          "END",
        ],
        "temperature": 0.6,
        "top_logprobs": 3,
        "top_p": 0.9,
      }
    `);
  });

  it('has numbers where the client has written them as text', () => {
    const generationConfig = { maxOutputTokens: '64', candidateCount: '2', temperature: 0.5, seed: '7' };
    expect(chat({ contents: hi, generationConfig })).toMatchObject({ max_tokens: 64, n: 2, temperature: 0.5, seed: 7 });
  });

  it('asks for no alternatives to tokens whose likelihood nobody asked for', () => {
    expect(chat({ contents: hi, generationConfig: { logprobs: 3 } })).not.toHaveProperty('top_logprobs');
  });

  it('says which values there are to choose from, for an answer that is one of them', () => {
    const schema = { type: 'STRING', enum: ['up', 'down'] };
    for (const name of ['responseSchema', 'response_json_schema']) {
      const request = chat({ contents: hi, generationConfig: { responseMimeType: 'text/x.enum', [name]: schema } });
      expect(request.messages).toMatchObject([{ role: 'system', content: expect.stringMatching(/exactly one .*: up, down$/) }, {}]);
      expect(request).not.toHaveProperty('response_format');
    }
  });

  it.each([
    [{ thinkingBudget: 0 }, 'none'],
    [{ thinkingBudget: 512 }, 'low'],
    [{ thinkingBudget: 8192, includeThoughts: true }, 'medium'],
    [{ thinkingBudget: 24_576 }, 'high'],
    [{ thinkingBudget: -1 }, undefined],
    [{ thinkingLevel: 'HIGH' }, 'high'],
    [{ thinkingLevel: 'THINKING_LEVEL_UNSPECIFIED' }, undefined],
    [{ thinking_level: 'minimal' }, 'minimal'],
    [{ includeThoughts: true }, undefined],
  ])('has an effort for %j', (thinkingConfig, effort) => {
    expect(chat({ contents: hi, generationConfig: { thinkingConfig } }).reasoning_effort).toBe(effort);
  });

  it('has the shape and size of pictures, unless the upstream does not know them', () => {
    const body = { contents: hi, generationConfig: { imageConfig: { aspectRatio: '16:9', image_size: '4K' } } };
    expect(chat(body)).toMatchObject({ image_config: { aspect_ratio: '16:9', image_size: '4K' } });
    expect(repaired(body, "Unknown name 'image_config'")).not.toHaveProperty('image_config');
    expect(chat({ contents: hi, generationConfig: { imageConfig: {} } })).not.toHaveProperty('image_config');
  });

  it('asks for JSON of a schema, or of none in so many words', () => {
    const responseSchema = { type: 'OBJECT', properties: { a: { type: 'STRING' } } };
    const responseMimeType = 'application/json';
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    const format = { type: 'json_schema', json_schema: { name: 'answer', schema } };
    expect(chat({ contents: hi, generationConfig: { responseMimeType, responseSchema } }).response_format).toEqual(format);
    expect(chat({ contents: hi, generationConfig: { responseMimeType, responseJsonSchema: schema } }).response_format).toEqual(format);
    expect(chat({ contents: hi, generationConfig: { responseMimeType } })).toEqual({
      messages: [
        { role: 'system', content: 'Answer in JSON.' },
        { role: 'user', content: 'Hi' },
      ],
      response_format: { type: 'json_object' },
    });
  });
});

describe('a schema that chat has no option for', () => {
  const told = (request: Record<string, unknown> | undefined) => (request!.messages as { role: string; content: string }[])[0];
  const list = { type: 'ARRAY', items: { type: 'OBJECT', properties: { name: { type: 'STRING' } } } };
  const inJson = { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } };

  it('is told in words: of a list, or of a value', () => {
    for (const responseSchema of [list, { type: 'STRING', enum: ['a'] }]) {
      const request = chat({ contents: hi, generationConfig: { responseMimeType: 'application/json', responseSchema } });
      expect(request).not.toHaveProperty('response_format');
      expect(told(request)).toMatchObject({ role: 'system', content: expect.stringMatching(/nothing but JSON/) });
    }
    const config = { responseMimeType: 'application/json', responseSchema: list };
    expect(told(chat({ contents: hi, generationConfig: config }))!.content).toContain(JSON.stringify(inJson));
  });

  it('is told in words where the upstream knows of JSON alone', () => {
    const responseSchema = { type: 'OBJECT', properties: { a: { type: 'STRING' } } };
    const body = { contents: hi, generationConfig: { responseMimeType: 'application/json', responseSchema } };
    const request = repaired(body, 'This response_format type is unavailable now');
    expect(request).toMatchObject({ response_format: { type: 'json_object' } });
    expect(told(request)!.content).toContain('{"type":"object","properties":{"a":{"type":"string"}}}');
  });
});

describe('a call that was refused', () => {
  const generationConfig = {
    temperature: 1,
    topP: 0.95,
    maxOutputTokens: 100,
    thinkingConfig: { thinkingBudget: 0 },
  };
  const history = [hi[0], model({ functionCall: { name: 'f', args: {} } }), user({ functionResponse: { name: 'f', response: {} } })];
  const signedHistory = [
    hi[0],
    model({ functionCall: { name: 'f', args: {} }, thoughtSignature: 'c2ln' }),
    user({ functionResponse: { name: 'f', response: {} } }),
  ];
  const NO_SIGNATURE = { google: { thought_signature: 'skip_thought_signature_validator' } };

  it('is sent without what a reasoning model does not take', () => {
    const message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    const request = repaired({ contents: hi, generationConfig }, message);
    expect(request).toMatchObject({ max_completion_tokens: 100, reasoning_effort: 'none' });
    for (const name of ['max_tokens', 'temperature', 'top_p']) expect(request).not.toHaveProperty(name);
  });

  it('is sent without a temperature where the model has one alone', () => {
    const config = { ...generationConfig, temperature: 0 };
    const request = repaired({ contents: hi, generationConfig: config }, 'invalid temperature: only 1 is allowed for this model');
    expect(request).toMatchObject({ max_tokens: 100 });
    for (const name of ['temperature', 'top_p']) expect(request).not.toHaveProperty(name);
  });

  it('is sent without an effort that the model does not have', () => {
    const message = 'Budget 0 is invalid. This model only works in thinking mode.';
    expect(repaired({ contents: hi, generationConfig }, message)).not.toHaveProperty('reasoning_effort');
  });

  it('is sent with schemas of functions in full where OpenAI misses something in them', () => {
    const parametersJsonSchema = (more: object) => ({ type: 'object', properties: { list: { type: 'array', ...more } } });
    const tools = [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: parametersJsonSchema({}) }] }];
    const message = "Invalid schema for function 'f': In context=('properties', 'list'), array schema missing items.";
    const [tool] = repaired({ contents: hi, tools }, message)!.tools as { function: object }[];
    expect(tool!.function).toMatchObject({ parameters: parametersJsonSchema({ items: {} }) });
  });

  it('is sent with a stand-in for signatures that are missing', () => {
    const message = 'Function call is missing a thought_signature in functionCall parts.';
    expect(repaired({ contents: history }, message)).toMatchObject({
      messages: [{}, { tool_calls: [{ extra_content: NO_SIGNATURE }] }, {}],
    });
  });

  it('is sent with signatures in OpenRouter’s form, where they were not found in Google’s', () => {
    const message = 'Function call is missing a thought_signature in functionCall parts.';
    expect(repaired({ contents: signedHistory }, message)).toMatchObject({
      messages: [{}, { reasoning_details: [{ type: 'reasoning.encrypted', data: 'c2ln', id: 'call_1' }] }, {}],
    });
  });

  it('is sent without signatures that are somebody else’s', () => {
    const request = repaired({ contents: signedHistory }, 'Thought signature is not valid.');
    expect(request).toMatchObject({ messages: [{}, { tool_calls: [{ extra_content: NO_SIGNATURE }] }, {}] });
    expect(repaired({ contents: signedHistory }, "Unknown name 'extra_content'")).not.toMatchObject({
      messages: [{}, { tool_calls: [{ extra_content: {} }] }, {}],
    });
  });

  it('has thoughts with its calls, or none, as the upstream wants it', () => {
    const thoughtful = [hi[0], model({ text: 'Hm.', thought: true }, { functionCall: { name: 'f', args: {} } }), ...history.slice(2)];
    const missing = 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 1';
    expect(chat({ contents: thoughtful })).toMatchObject({ messages: [{}, { reasoning_content: 'Hm.' }, {}] });
    expect(repaired({ contents: thoughtful }, missing)).toBeUndefined();
    expect(repaired({ contents: history, generationConfig }, missing)).toMatchObject({
      reasoning_effort: 'none',
      messages: [{}, { reasoning_content: ' ' }, {}],
    });
    const { messages } = repaired({ contents: thoughtful }, "property 'reasoning_content' is unsupported") as { messages: object[] };
    expect(messages[1]).not.toHaveProperty('reasoning_content');
  });

  it('is not sent again unchanged', () => {
    expect(repaired({ contents: hi }, "Unsupported parameter: 'max_tokens'. Reasoning is mandatory.")).toBeUndefined();
  });

  it.each(['temperature must be at most 2', 'max_tokens is too large: 100000. This model supports at most 4096', 'Bad request', ''])(
    'stays refused where the caller is at fault: %s',
    (message) => {
      expect(repaired({ contents: hi, generationConfig }, message)).toBeUndefined();
    },
  );

  it('has its signatures replaced over its own wire too, once', () => {
    const bridge = parsed(geminiNative, `${NATIVE_URL}generateContent`, { contents: history }).over('gemini')!;
    expect(bridge.repaired!('Bad request')).toBeUndefined();
    const again = bridge.repaired!('Function call is missing a thought_signature')!;
    expect(JSON.parse(again.request({ model: 'x', moved: false }).body).contents[1].parts).toEqual([
      { functionCall: { name: 'f', args: {} }, thoughtSignature: 'skip_thought_signature_validator' },
    ]);
    expect(again.repaired!('Function call is missing a thought_signature')).toBeUndefined();
  });

  it.each([
    'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
    'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
  ])('has calls and their responses in pairs over its own wire where one is lost: %s', (message) => {
    const call = (name: string, id?: string) => ({ functionCall: { name, args: {}, ...(id !== undefined && { id }) } });
    const response = (name: string, said: object, id?: string) => ({
      functionResponse: { ...(id !== undefined && { id }), name, response: said },
    });
    const lost = (name: string, id?: string) => response(name, { error: 'No result was given.' }, id);
    const again = (...contents: object[]) => {
      const bridge = parsed(geminiNative, `${NATIVE_URL}generateContent`, { contents }).over('gemini')!.repaired!(message);
      return bridge && (JSON.parse(bridge.request({ model: 'x', moved: false }).body).contents as unknown);
    };
    const text = { text: 'Go on' };
    expect(
      again(
        model(call('f', '1'), call('f', '2')),
        user(text, response('f', { b: 1 }, '2'), response('g', { c: 1 })),
        model(call('f')),
        model(call('g')),
        { role: 'function', parts: [response('g', {})] },
        user(response('f', { a: 1 })),
        model(call('h')),
      ),
    ).toEqual([
      user({ text: '(no text)' }),
      model(call('f', '1'), call('f', '2')),
      user(lost('f', '1'), response('f', { b: 1 }, '2'), text, { text: 'The result of a tool that was called earlier:\n{"c":1}' }),
      model(call('f'), call('g')),
      user(response('f', { a: 1 }), response('g', {})),
      model(call('h')),
      user(lost('h')),
    ]);
    expect(again(user(text), model(call('f')), user(response('f', {})))).toBeUndefined();
  });
});
