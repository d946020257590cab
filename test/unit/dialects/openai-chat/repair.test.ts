import { describe, expect, it } from 'vitest';
import { openaiChat } from '../../../../src/dialects/openai-chat/dialect';
import type { Bridge } from '../../../../src/dialects/types';

const bodyOf = (bridge: Bridge | undefined): string | undefined => bridge?.request({ model: 'm', moved: false }).body;

function repaired(body: string, message: string): string | undefined {
  const parsed = openaiChat.parse({ body, url: 'https://gateway.test/v1/chat/completions', headers: new Headers() });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return bodyOf(parsed.value.over('openai-chat')!.repaired!(message));
}

const HI = '"messages":[{"role":"user","content":"max_tokens \\u00e9"}]';

it('a choice of any tool is called as the provider calls it', () => {
  const body = (choice: string) => `{"model":"m","tool_choice" : ${choice},${HI}}`;
  const message = "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.";
  expect(repaired(body('"any"'), message)).toBe(body('"required"'));
  expect(repaired(body('"every"'), message)).toBeUndefined();
});

describe('the bound of an answer', () => {
  const USE_THE_OTHER = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";

  it('goes under the name that the model takes, and nothing else is touched', () => {
    const body = (name: string) => `{ "model":"m", "max_${name}"  : 256.0 ,"seed":12345678901234567890,\n${HI}}`;
    expect(repaired(body('tokens'), USE_THE_OTHER)).toBe(body('completion_tokens'));
    expect(repaired(body('completion_tokens'), 'max_completion_tokens: Extra inputs are not permitted')).toBe(body('tokens'));
    expect(repaired(body('completion_tokens'), 'Unknown parameter max_completion_tokens, use max_tokens')).toBe(body('tokens'));
  });

  it.each([
    ['its value is what is refused', '"max_tokens":256', 'max_tokens is too large: 256. This model supports at most 128'],
    ['there is none', '"seed":1', USE_THE_OTHER],
    ['both names are there', '"max_tokens":256,"max_completion_tokens":256', USE_THE_OTHER],
    ['the other one is refused', '"max_completion_tokens":256', "Unsupported parameter: 'max_tokens'"],
    ['something else is refused', '"max_tokens":256', 'temperature must be at most 2'],
  ])('stays where %s', (_name, field, message) => {
    expect(repaired(`{"model":"m",${field},${HI}}`, message)).toBeUndefined();
  });
});

it.each([
  ['temperature', 'invalid temperature: only 1 is allowed for this model'],
  ['top_p', 'invalid top_p: only 0.95 is allowed for this model'],
  ['temperature', "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported."],
  ['presence_penalty', "Unsupported parameter: 'presence_penalty' is not supported with this model."],
])('%s is left out where the model has one value for it alone', (name, message) => {
  expect(repaired(`{"model":"m","${name}":0.7,"n":1,${HI}}`, message)).toBe(`{"model":"m","n":1,${HI}}`);
  expect(repaired(`{"model":"m","${name}":7,${HI}}`, `Invalid '${name}': decimal above maximum value.`)).toBeUndefined();
});

it.each([
  'Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`, expected one of `system`, `user`',
  "developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.0.role'",
])('a developer’s message is the system’s where there is no such role: %s', (message) => {
  const body = (role: string) =>
    `{"model":"m","messages":[{ "content":"a\\u00e9", "role" :"${role}"},{"role":"user","content":"developer"}]}`;
  expect(repaired(body('developer'), message)).toBe(body('system'));
  expect(repaired(body('system'), message)).toBeUndefined();
});

describe('what the system says', () => {
  const SYSTEM = { role: 'system', content: 'Be brief.' };
  const USER = '{"role":"user","content":"\\u00e9" , "name":"a"}';
  const later = [{ role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] }, SYSTEM];
  const body = (...messages: (object | string)[]) =>
    `{"model":"m","messages":[${messages.map((turn) => (typeof turn === 'string' ? turn : JSON.stringify(turn))).join(',')}]}`;

  it.each([
    'invalid params, invalid chat setting (2013)',
    'invalid params, chat content has invalid message role: system (2013)',
    'System message must be at the beginning.',
  ])('is one message, and a reminder of the user’s later on, where no more is taken: %s', (message) => {
    const reminder = (text: string) => ({ role: 'user', content: `<system-reminder>\n${text}\n</system-reminder>` });
    expect(repaired(body(SYSTEM, ...later, USER, later[0]!), message)).toBe(
      body({ role: 'system', content: 'Be brief.\n\nBe kind.\n\nBe brief.' }, USER, reminder('Be kind.')),
    );
    expect(repaired(body(USER, SYSTEM), message)).toBe(body(USER, reminder('Be brief.')));
    expect(repaired(body(SYSTEM, USER), message)).toBeUndefined();
  });
});

it('a call with unreadable arguments is made readable where it would end the conversation', () => {
  const message = 'invalid params, invalid function arguments json string, tool_call_id: call_function_l3 (2013)';
  const body = (...given: string[]) => {
    const calls = given.map((args) => `{"id":"c","function":{"arguments":${JSON.stringify(args)} ,"name":"f"}}`);
    return `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[${calls.join(',')}]}]}`;
  };
  expect(repaired(body('{"a":1.0}', '{"path":"/a', ''), message)).toBe(
    body('{"a":1.0}', JSON.stringify({ unreadable: '{"path":"/a' }), '{}'),
  );
  expect(repaired(body('{"a":1.0}'), message)).toBeUndefined();
});

it('ids of calls that another model has given are short enough, and the same for a call and its result', () => {
  const long = (n: number) => `functions.mcp__github__create_pull_request_review:${n}`;
  const body = (...ids: [string, string]) =>
    `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[${ids.map((id) => `{"id":"${id}" }`).join(',')},{"id":"c"}]},${ids
      .reverse()
      .map((id) => `{"tool_call_id" : "${id}","role":"tool"}`)
      .join(',')}]}`;
  const message =
    "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 52 instead.";
  expect(repaired(body(long(1), long(2)), message)).toBe(body('long_call_1', 'long_call_2'));
  expect(repaired(body('a', 'b'), message)).toBeUndefined();
});

it('pictures of a model that draws are the user’s where an assistant has none', () => {
  const image = '{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}';
  const body = (...turns: string[]) => `{"model":"m","messages":[${[...turns, '{"role":"user","content":"And?"}'].join(',')}]}`;
  const message = "Unknown parameter: 'messages[0].images'.";
  const shown = `{"role":"user","content":[{"type":"text","text":"The images of the answer above:"},${image}]}`;
  expect(repaired(body(`{"role":"assistant","content":"So.","images":[${image}]}`), message)).toBe(
    body('{"role":"assistant","content":"So."}', shown),
  );
  expect(repaired(body('{"role":"assistant","content":"So."}'), message)).toBeUndefined();
  expect(repaired(body(`{"role":"assistant","content":"So.","images":[${image}]}`), 'Too many images: 1 > 0')).toBeUndefined();
});

it.each([
  "Invalid 'messages[2]'. Image URLs are only allowed for messages with role 'user', but this message with role 'tool' contains an image URL.",
  'Failed to deserialize the JSON body into the target type: data did not match any variant of untagged enum ChatCompletionRequestToolMessageContent',
])('pictures are the user’s, behind all results, where nobody else may have any: %s', (message) => {
  const image = (data: string) => `{"type":"image_url","image_url":{"url":"data:image/png;base64,${data}"}}`;
  const text = '{"type":"text" ,"text":"\\u00e9"}';
  const body = (...turns: string[]) => `{"model":"m","messages":[${turns.join(',')}]}`;
  const user = `{"role":"user","content":[${image('USER')}]}`;
  const drew = (content: string) => `{"role":"assistant","content":${content}}`;
  const called = '{"role":"assistant","content":null,"tool_calls":[{"id":"a"},{"id":"b"}]}';
  const result = (id: string, content: string) => `{"role":"tool","tool_call_id":"${id}","content":${content}}`;
  const shown = (intro: string, ...images: string[]) =>
    `{"role":"user","content":[{"type":"text","text":"The images ${intro}:"},${images.join(',')}]}`;
  expect(
    repaired(
      body(user, drew(`[${image('DREW')}]`), user, called, result('a', `[${text},${image('A')}]`), result('b', `[${image('B')}]`)),
      message,
    ),
  ).toBe(
    body(
      ...[user, drew('""'), shown('of the answer above', image('DREW')), user, called],
      ...[result('a', `[${text}]`), result('b', '""'), shown('that the tool gave back', image('A'), image('B'))],
    ),
  );
  expect(repaired(body(user, drew(`[${text}]`), called), message)).toBeUndefined();
  expect(repaired(body(user, drew(`[${image('DREW')}]`)), 'Invalid image URL.')).toBeUndefined();
});

it('a message without content is one with nothing in it, where null is none', () => {
  const body = (content: string) =>
    `{"model":"m","messages":[{"role":"user","content":"null"},{"role":"assistant","content": ${content} ,"tool_calls":[]}]}`;
  const message = 'Expected string or list of content parts, got: null';
  expect(repaired(body('null'), message)).toBe(body('""'));
  expect(repaired(body('"A"'), message)).toBeUndefined();
});

it.each([
  "Invalid request: the message at position 1 with role 'assistant' must not be empty",
  'Invalid assistant message: content or tool_calls must be set',
])('a turn in which the assistant said nothing is left out where it may not be: %s', (message) => {
  const body = (...turns: string[]) => `{"model":"m","messages":[${['{"role":"user","content":""}', ...turns].join(',')}]}`;
  const said = [
    '{"role":"assistant","content":"","tool_calls":[{"id":"c"}]}',
    '{"role":"assistant","content":[{"type":"text","text":"a"}]}',
  ];
  const silent = [
    '{"role":"assistant","content":" ","reasoning_content":"Hm"}',
    '{"role":"assistant","content":[]}',
    '{"role":"assistant"}',
  ];
  expect(repaired(body(...silent, ...said), message)).toBe(body(...said));
  expect(repaired(body(...said), message)).toBeUndefined();
});

describe('how an answer is picked', () => {
  const body = (fields: string) => `{"model":"m",${fields}"stop":["x"],${HI}}`;
  const sampling = '"temperature":0.5,"top_p":1,"presence_penalty":0, "frequency_penalty":0,"top_k":40,';

  it.each([
    "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
    "Unsupported parameter: 'top_p' is not supported with this model.",
    'Unrecognized request arguments supplied: min_p, top_k',
    'invalid temperature: only 1 is allowed for this model',
  ])('is left to the model where it takes no wishes, all at once: %s', (message) => {
    expect(repaired(body(sampling), message)).toBe(body(''));
    expect(repaired(body(''), message)).toBeUndefined();
  });

  it('stays where a value is out of bounds', () => {
    const message = "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.";
    expect(repaired(body('"temperature":3,'), message)).toBeUndefined();
  });
});

describe('what an answer is as good without', () => {
  const body = (fields: string) => `{"model":"m",${fields}${HI}}`;

  it.each([
    'Invalid JSON payload received. Unknown name "frequency_penalty": Cannot find field. Invalid JSON payload received. Unknown name "seed": Cannot find field.',
    'prompt_cache_key: Extra inputs are not permitted',
    "property 'metadata' is unsupported",
    'Unrecognized request argument supplied: safety_identifier',
  ])('is left out where it is not known: %s', (message) => {
    const notes = '"user":"u","seed":1,"store":false,"prompt_cache_key":"k","safety_identifier":"s",';
    const sampling = message.includes('penalty') ? '"frequency_penalty":0,' : '';
    const sent = repaired(body(`${message.includes('metadata') ? '"metadata":{"a":"b"},' : notes}${sampling}"stop":["x"],`), message);
    expect(sent).toBe(body('"stop":["x"],'));
  });

  it.each([
    ['"parallel_tool_calls":false,', 'Unknown name "parallel_tool_calls": Cannot find field.'],
    ['"enable_thinking":false,"chat_template_kwargs":{"thinking":false},', 'Unrecognized request argument supplied: enable_thinking'],
    ['"thinking":{"type":"disabled"},', "property 'thinking' is unsupported"],
    ['"reasoning_effort":"low",', "Unsupported parameter: 'reasoning_effort' is not supported with this model."],
    ['"metadata":{"tags":["a"]},', "Invalid type for 'metadata.tags': expected a string, but got an array instead."],
    ['"metadata":{"a":"b"},', "The 'metadata' parameter is only allowed when 'store' is enabled."],
  ])('goes by itself where it says how to answer, or is not as it is taken: %s', (field, message) => {
    expect(repaired(body(`"seed":1,${field}`), message)).toBe(body('"seed":1,'));
  });

  it('is what LiteLLM alone is told', () => {
    const told = '"tags":["a"],"num_retries":2,"cache":{"no-cache":true},"litellm_session_id":"s",';
    expect(repaired(body(`${told}"seed":1,`), 'Unrecognized request arguments supplied: cache, tags')).toBe(body('"seed":1,'));
  });

  it('stays where its value is what is refused', () => {
    const message = "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'low'.";
    expect(repaired(body('"reasoning_effort":"minimal",'), message)).toBeUndefined();
    expect(
      repaired(body('"seed":1.5,'), "Invalid type for 'seed': expected an integer, but got a decimal number instead."),
    ).toBeUndefined();
  });
});

it.each([
  "Invalid schema for function 'f': In context=(), object schema missing properties.",
  "Invalid schema for function 'f': In context=('properties', 'targets'), array schema missing items.",
  "Invalid schema for function 'f': None is not of type 'object'.",
  `Invalid schema for function 'f': schema must be a JSON Schema of 'type: "object"', got 'type: "None"'.`,
])('the schema of a function is whole where it lacks what OpenAI asks for: %s', (message) => {
  const body = (...schemas: unknown[]) =>
    `{"model":"m","tools":[${schemas.map((parameters) => `{"type":"function","function":{"name":"f" ,"parameters":${JSON.stringify(parameters)}}}`).join(', ')}],${HI}}`;
  const nothing = { type: 'object', properties: {} };
  const given = {
    type: 'object',
    properties: {
      type: { type: 'string' },
      list: { type: ['array', 'null'] },
      one: { anyOf: [{ type: 'object' }, { type: 'array', items: true }] },
    },
    $defs: { a: { type: 'array', items: { type: 'array' } } },
  };
  const whole = {
    type: 'object',
    properties: {
      type: { type: 'string' },
      list: { type: ['array', 'null'], items: {} },
      one: { anyOf: [nothing, { type: 'array', items: {} }] },
    },
    $defs: { a: { type: 'array', items: { type: 'array', items: {} } } },
  };
  expect(repaired(body({ type: 'object' }, null, {}, given, whole), message)).toBe(
    body(...[nothing, { type: 'object', properties: {} }, nothing, whole, whole]),
  );
  expect(repaired(body(nothing, whole), message)).toBeUndefined();
  expect(
    repaired(body({ type: 'object' }), "Invalid schema for function 'f': 'x' is not valid under any of the given schemas."),
  ).toBeUndefined();
});

describe('calls of tools and their results', () => {
  const body = (...turns: string[]) => `{"model":"m","messages":[${turns.join(',')}]}`;
  const calls = (...ids: string[]) => `{"role":"assistant","tool_calls":[${ids.map((id) => `{"id":"${id}"}`).join(',')}] }`;
  const result = (id: string, content: string) => `{"role":"tool","tool_call_id":"${id}","content":${JSON.stringify(content)}}`;
  const lost = (id: string) => result(id, 'No result was given.');
  const user = (content: string) => `{"role":"user","content":${JSON.stringify(content)}}`;
  const alone = (said: string) => user(`The result of a tool that was called earlier:\n${said}`);
  const LOST = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";

  it.each([
    LOST,
    `<400> InternalError.Algo.InvalidParameter: An assistant message with "tool_calls" must be followed by tool messages responding to each "tool_call_id".`,
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    'Invalid request: tool_call_id call_1 is not found',
    'invalid params, tool call result does not follow tool call (2013)',
    'Not the same number of function calls and responses',
    'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
  ])('are pairs, one behind the other, where one of them is lost or elsewhere: %s', (message) => {
    const given = [
      result('gone', 'x'),
      calls('a', 'b'),
      user('Stop'),
      result('b', 'y'),
      result('b', 'again'),
      calls('a'),
      result('a', 'z'),
    ];
    expect(repaired(body(...given, calls('c')), message)).toBe(
      body(
        ...[alone('x'), calls('a', 'b'), lost('a'), result('b', 'y'), user('Stop'), alone('again')],
        ...[calls('a'), result('a', 'z'), calls('c'), lost('c')],
      ),
    );
  });

  it('are gone through once, however many there are', () => {
    const turns = Array.from({ length: 20_000 }, (_, index) => calls(`call_${index}`));
    expect(repaired(body(...turns), LOST)).toBe(body(...turns.flatMap((turn, index) => [turn, lost(`call_${index}`)])));
  });

  it('stay as they are where all is there, and where something else is refused', () => {
    expect(repaired(body(user('a'), calls('a', 'b'), result('a', 'x'), result('b', 'y')), LOST)).toBeUndefined();
    expect(repaired(body(calls('a')), 'tool_calls must be a list')).toBeUndefined();
  });
});

describe('the schema of a function', () => {
  const body = (...schemas: object[]) =>
    `{"model":"m","tools":[${schemas.map((parameters) => `{"type":"function","function":{"name":"f" ,"parameters":${JSON.stringify(parameters)}}}`).join(', ')}],${HI}}`;
  const message = `Invalid JSON payload received. Unknown name "$schema" at 'tools[0].function_declarations[0].parameters': Cannot find field.`;

  it('has nothing of what its upstream does not know, and properties of such names', () => {
    const given = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
      properties: {
        const: { type: 'integer', exclusiveMinimum: 0 },
        list: { type: 'array', items: { anyOf: [{ const: 'a' }, { type: 'object', propertyNames: { pattern: 'x' } }] } },
      },
    };
    const known = {
      type: 'object',
      properties: {
        const: { minimum: 0, type: 'integer' },
        list: { type: 'array', items: { anyOf: [{ enum: ['a'] }, { type: 'object' }] } },
      },
    };
    const plain = { type: 'object', properties: {} };
    expect(repaired(body(given, plain), message)).toBe(body(known, plain));
    expect(repaired(body(known), message)).toBeUndefined();
    expect(repaired(body(given), 'Unknown name "x": Cannot find field.')).toBeUndefined();
  });

  it('has nothing else that is named', () => {
    const odd = `Unknown name "deprecated" at 'tools[0].function_declarations[0].parameters.properties[0].value': Cannot find field.`;
    const given = { type: 'object', properties: { a: { type: 'string', deprecated: true } } };
    expect(repaired(body(given), odd)).toBe(body({ type: 'object', properties: { a: { type: 'string' } } }));
  });
});

describe('lists with nothing in them', () => {
  const body = (fields: string, ...more: string[]) =>
    `{"model":"m",${fields}"messages":[{"role":"user","content":"tools"}${more.map((turn) => `,${turn}`).join('')}]}`;
  const turn = (calls: string) => `{"role":"assistant","content":"A"${calls}}`;

  it.each([
    "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    "[] is too short - 'tools'",
    "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    'When using `tool_choice`, `tools` must be set.',
  ])('are left out with what says how to choose from them: %s', (message) => {
    expect(repaired(body('"tools": [ ],"tool_choice":"auto","parallel_tool_calls":true,'), message)).toBe(body(''));
    expect(repaired(body(''), message)).toBeUndefined();
  });

  it('are left out of an assistant’s turns', () => {
    const message =
      "Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.";
    expect(repaired(body('', turn(',"tool_calls":[]')), message)).toBe(body('', turn('')));
    expect(repaired(body('', turn(',"tool_calls":[{"id":"c"}]')), message)).toBeUndefined();
  });

  it.each([
    ['"stop":[],', "Invalid 'stop': empty array. Expected an array with minimum length 1, but got an empty array instead."],
    ['"stop":null,', "Unsupported parameter: 'stop' is not supported with this model."],
    ['"logprobs":false,', "Unsupported parameter: 'logprobs' is not supported with this model."],
    ['"logit_bias":{ },', 'Invalid JSON payload received. Unknown name "logit_bias": Cannot find field.'],
    ['"a(*\\u00e9-":null,', 'Unrecognized request argument supplied: x. Unknown name "a(*é-".'],
    ['"n":1,', 'Invalid JSON payload received. Unknown name "n": Cannot find field.'],
  ])('are left out wherever they stand, as is what asks for nothing: %s', (field, message) => {
    expect(repaired(body(field), message)).toBe(body(''));
    expect(repaired(body('"stop":["x"],"logprobs":true,"logit_bias":{"1":2},"n":2,'), message)).toBeUndefined();
  });

  it('leave a choice that forces a call, and tools that are there', () => {
    const message = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
    expect(repaired(body('"tools":[],"tool_choice":"required",'), message)).toBe(body('"tool_choice":"required",'));
    expect(repaired(body('"tools":[{"type":"function"}],"tool_choice":"auto",'), message)).toBeUndefined();
  });
});

it('what a stream would bring goes along with a stream alone', () => {
  const sent = (fields: string): string | undefined => {
    const body = `{"model":"m",${fields}${HI}}`;
    const parsed = openaiChat.parse({ body, url: 'https://gateway.test/v1/chat/completions', headers: new Headers() });
    return parsed.ok ? bodyOf(parsed.value.over('openai-chat')) : undefined;
  };
  expect(sent('"stream":false,"stream_options":{"include_usage":true},')).toBe(`{"model":"m","stream":false,${HI}}`);
  expect(sent('"stream_options":null,')).toBe(`{"model":"m",${HI}}`);
});

describe('what OpenRouter alone knows', () => {
  const body = (fields: string) => `{"model":"m",${fields}${HI}}`;

  it.each([
    'Unrecognized request arguments supplied: include_reasoning, usage',
    "Unknown parameter: 'usage'.",
    "Unknown parameter: 'reasoning'.",
  ])('is left out, all at once, and how much to think is said as OpenAI has it: %s', (message) => {
    const asked = (reasoning: string) => body(`"usage":{"include":true},"reasoning":${reasoning},"include_reasoning":true,`);
    const effort = (value: string) => body('').replace(/}$/, `,"reasoning_effort":"${value}"}`);
    expect(repaired(asked('{"effort":"low"}'), message)).toBe(effort('low'));
    expect(repaired(asked('{"enabled":false}'), message)).toBe(effort('none'));
    expect(repaired(asked('{"max_tokens":500}'), message)).toBe(body(''));
    expect(repaired(body('"reasoning_effort":"high",'), message)).toBeUndefined();
  });

  it('goes with what only says how, and with routing that has nothing in it', () => {
    const message = 'Unrecognized request arguments supplied: provider, route, transforms';
    expect(repaired(body('"transforms":["middle-out"],"route":"fallback","provider":{ },"plugins":[],'), message)).toBe(body(''));
    expect(repaired(body('"provider":{"order":["a"]},"plugins":[{"id":"web"}],'), message)).toBeUndefined();
  });

  it('stays where something else is refused', () => {
    const asked = body('"temperature":2,"reasoning":{"effort":"low"},');
    expect(repaired(asked, "Unsupported parameter: 'seed' is not supported with reasoning models.")).toBeUndefined();
    expect(repaired(asked, "Invalid value for 'reasoning': must be an object")).toBeUndefined();
  });
});

describe('signatures of thoughts', () => {
  const MISSING = 'Function call is missing a thought_signature in functionCall parts.';
  const STAND_IN = '"extra_content":{"google":{"thought_signature":"skip_thought_signature_validator"}}';
  const call = (more = '') => `{"id":"c","type":"function","function":{"name":"f","arguments":"{ \\"a\\":1.0}"}${more}}`;
  const body = (...calls: string[]) =>
    `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[${calls.join()}]}]}`;
  const own = ',"extra_content":{"google":{"thought_signature":"c2ln"}}';

  it('that are missing get a stand-in', () => {
    expect(repaired(body(call(), call(own)), MISSING)).toBe(body(call(`,${STAND_IN}`), call(own)));
    expect(repaired(body(call(own)), MISSING)).toBeUndefined();
  });

  it('of another model are replaced, or left out where nobody knows them', () => {
    expect(repaired(body(call(own)), 'Thought signature is not valid.')).toBe(body(call(`,${STAND_IN}`)));
    expect(repaired(body(call(own)), "Unknown parameter: 'messages[1].tool_calls[0].extra_content'")).toBe(body(call()));
  });
});

describe('thoughts of past turns', () => {
  const body = (more: string) => `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[]${more}}]}`;

  it.each([
    'thinking is enabled but reasoning_content is missing in assistant tool call message at index 1',
    'The `reasoning_content` in the thinking mode must be passed back to the API.',
  ])('that were dropped get a stand-in, which may not be empty: %s', (message) => {
    expect(repaired(body(''), message)).toBe(body(',"reasoning_content":" "'));
    expect(repaired(body(',"reasoning_content":""'), message)).toBe(body(',"reasoning_content":" "'));
    expect(repaired(body(',"reasoning_content":"Hm."'), message)).toBeUndefined();
  });

  it.each([
    "property 'reasoning_content' is unsupported",
    "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
  ])('are left out where the upstream does not know them: %s', (message) => {
    expect(repaired(body(',"reasoning_content":"Hm."'), message)).toBe(body(''));
  });
});

it('stays as it is where a refusal lists what would have been good', () => {
  const body = '{"model":"m","seed":1,"user":"u","thread":7,"messages":[{"role":"robot","content":"Hi"}]}';
  for (const message of [
    'unknown field `thread`, expected one of `model`, `messages`, `seed`, `user`',
    'messages[0].role: unknown variant `robot`, expected one of `system`, `user`, `assistant`, `tool`',
  ])
    expect(repaired(body, message)).toBeUndefined();
});
