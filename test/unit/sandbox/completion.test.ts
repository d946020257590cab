import { describe, expect, it } from 'vitest';
import { answerTo, asking, send, streamed, type Usage } from './support';

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'kelvin'] }, days: { type: 'integer', minimum: 2 } },
      required: ['city', 'unit', 'days'],
    },
  },
};
const clock = { type: 'function', function: { name: 'get_time' } };

function expectToAddUp(usage: Usage | null | undefined): void {
  expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
  expect(usage!.prompt_tokens_details.cached_tokens).toBeLessThanOrEqual(usage!.prompt_tokens);
  expect(usage!.completion_tokens_details.reasoning_tokens).toBeLessThanOrEqual(usage!.completion_tokens);
}

describe('text answers', () => {
  it('says that it is the sandbox and quotes the last user message', async () => {
    const answer = await answerTo('What is the capital of France?');
    expect(answer).toMatchObject({ object: 'chat.completion', model: 'gpt-5.4' });
    expect(answer.choices).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'This is the sandbox, answering for gpt-5.4: no provider was called. You said: "What is the capital of France?".',
          refusal: null,
          annotations: [],
        },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]);
    expect(Math.abs(answer.created - Date.now() / 1000)).toBeLessThan(5);
    expectToAddUp(answer.usage);
  });

  it('answers the same to the same body, and under another id to another', async () => {
    const [first, second, other] = [await answerTo('Hello'), await answerTo('Hello'), await answerTo('Hello!')];
    expect({ ...second, created: 0 }).toEqual({ ...first, created: 0 });
    expect(other.id).not.toBe(first.id);
    expect(first.id).toMatch(/^chatcmpl-sandbox[0-9a-f]{24}$/);
  });

  it('quotes a bounded part of a long message without breaking a character', async () => {
    const answer = await answerTo('😀'.repeat(5000));
    expect(answer.choices[0]!.message.content).toContain(`"${'😀'.repeat(300)}…"`);
  });

  it('counts images', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const text = { type: 'text', text: 'Look' };
    const one = await answerTo('', { messages: [{ role: 'user', content: [text, image] }] });
    const two = await answerTo('', { messages: [{ role: 'user', content: [text, image, image] }] });
    expect(one.choices[0]!.message.content).toContain('You said: "Look". You sent 1 image.');
    expect(two.choices[0]!.message.content).toContain('You sent 2 images.');
    expect(two.usage!.prompt_tokens).toBeGreaterThan(one.usage!.prompt_tokens);
  });

  it('gives as many choices as asked', async () => {
    const answer = await answerTo('Hello', { n: 3 });
    expect(answer.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(answer.choices[2]!.message.content).toContain('This is choice 3 of 3.');
    expectToAddUp(answer.usage);
  });

  it.each(['max_tokens', 'max_completion_tokens'])('cuts at %s', async (limit) => {
    const answer = await answerTo('Hello', { [limit]: 5 });
    expect(answer.choices[0]).toMatchObject({ message: { content: 'This is the sandbox, answering' }, finish_reason: 'length' });
    expect(answer.usage!.completion_tokens).toBe(5);
  });

  it('names the magic words that it did not understand', async () => {
    const answer = await answerTo('sandbox:satus=429');
    expect(answer.choices[0]!.message.content).toContain('These magic words mean nothing here: sandbox:satus=429.');
  });

  it('reads magic words in the last user message only', async () => {
    const messages = [
      { role: 'system', content: 'sandbox:status=500' },
      { role: 'user', content: 'sandbox:status=500' },
      { role: 'assistant', content: 'sandbox:status=500' },
      { role: 'user', content: [{ type: 'text', text: 'Again' }] },
    ];
    expect((await send(asking('', { messages }))).status).toBe(200);
  });

  it.each([
    ['sandbox:tokens=0', 0],
    ['sandbox:tokens=3', 3],
    ['sandbox:tokens=200', 200],
    ['sandbox:tokens=999999', 100_000],
  ])('makes the answer of %s that long', async (text, tokens) => {
    const answer = await answerTo(text);
    expect(answer.usage!.completion_tokens).toBe(tokens);
    expect(answer.choices[0]!.finish_reason).toBe('stop');
    expect(answer.choices[0]!.message.content!.length).toBeGreaterThanOrEqual(tokens * 2);
  });

  it('shares the largest answer among its choices', async () => {
    const answer = await answerTo('sandbox:tokens=100000', { n: 128 });
    expect(answer.usage!.completion_tokens).toBe(128 * Math.floor(100_000 / 128));
    expect(answer.choices[0]!.finish_reason).toBe('length');
  });

  it.each([
    ['sandbox:length', 'length'],
    ['sandbox:length sandbox:tokens=20', 'length'],
  ])('ends %s early', async (text, reason) => {
    const [whole, cut] = [await answerTo(text.replaceAll('sandbox:length', 'sandbox-length')), await answerTo(text)];
    expect(cut.choices[0]!.finish_reason).toBe(reason);
    expect(whole.choices[0]!.finish_reason).toBe('stop');
    if (text.includes('tokens')) expect(cut.usage!.completion_tokens).toBe(20);
    else expect(cut.usage!.completion_tokens).toBeLessThan(whole.usage!.completion_tokens);
  });

  it('refuses', async () => {
    const { choices } = await answerTo('sandbox:refusal');
    expect(choices[0]).toMatchObject({ message: { content: null, refusal: expect.stringContaining('refuse') }, finish_reason: 'stop' });
  });

  it('reasons before it answers, and counts it', async () => {
    const answer = await answerTo('sandbox:reasoning');
    expect(answer.choices[0]!.message.reasoning_content).toContain('does not think');
    expect(answer.choices[0]!.message.content).toContain('This is the sandbox');
    expect(answer.usage!.completion_tokens_details.reasoning_tokens).toBe(17);
    expectToAddUp(answer.usage);
  });
});

describe('usage', () => {
  it('grows with the prompt by about a token per four characters', async () => {
    const [short, long] = [await answerTo('a'), await answerTo('a'.repeat(4001))];
    expect(long.usage!.prompt_tokens - short.usage!.prompt_tokens).toBe(1000);
  });

  it('counts tools as a part of the prompt', async () => {
    const [without, with_] = [await answerTo('Hello'), await answerTo('Hello', { tools: [weather] })];
    expect(with_.usage!.prompt_tokens).toBeGreaterThan(without.usage!.prompt_tokens + 20);
  });

  it('reports what an earlier turn has sent as cached', async () => {
    const earlier = { role: 'user', content: 'a'.repeat(8000) };
    const messages = [earlier, { role: 'assistant', content: 'b' }, { role: 'user', content: 'Go on' }];
    const { usage } = await answerTo('', { messages });
    expect(usage!.prompt_tokens_details.cached_tokens).toBe(1920);
    expectToAddUp(usage);
    expect((await answerTo('', { messages: [earlier] })).usage!.prompt_tokens_details.cached_tokens).toBe(0);
  });

  it.each([
    ['sandbox:usage=1000/50', 1000, 50],
    ['sandbox:zero-usage', 0, 0],
  ])('reports what %s says', async (text, prompt, completion) => {
    const { usage } = await answerTo(text);
    expect(usage).toMatchObject({ prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion });
    const { chunks } = await streamed(text, { stream_options: { include_usage: true } });
    expect(chunks.at(-1)!.usage).toEqual(usage);
  });

  it('is absent after sandbox:no-usage', async () => {
    expect(await answerTo('sandbox:no-usage')).not.toHaveProperty('usage');
    const { chunks, text } = await streamed('sandbox:no-usage', { stream_options: { include_usage: true } });
    expect(chunks.some((chunk) => 'usage' in chunk || chunk.choices.length === 0)).toBe(false);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });
});

describe('tool calls', () => {
  it.each([
    ['sandbox:tool', {}],
    ['Hello', { tool_choice: 'required' }],
    ['Hello', { tool_choice: { type: 'function', function: { name: 'get_weather' } } }],
    [
      'Hello',
      {
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'get_weather' } }] },
        },
      },
    ],
  ])('are made for %s %j', async (text, more) => {
    const [choice] = (await answerTo(text, { tools: [weather, clock], ...more })).choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(choice!.message.tool_calls).toHaveLength(1);
    expect(choice!.message.tool_calls![0]).toMatchObject({
      id: expect.stringMatching(/^call_/),
      type: 'function',
      function: { name: 'get_weather' },
    });
    expect(JSON.parse(choice!.message.tool_calls![0]!.function.arguments)).toEqual({ city: 'sandbox', unit: 'celsius', days: 2 });
  });

  it('are made of the named function', async () => {
    const { choices } = await answerTo('Hello', {
      tools: [weather, clock],
      tool_choice: { type: 'function', function: { name: 'get_time' } },
    });
    expect(choices[0]!.message.tool_calls!.map((call) => call.function)).toEqual([{ name: 'get_time', arguments: '{}' }]);
  });

  it('are made in parallel, each with its own id', async () => {
    const { choices } = await answerTo('sandbox:tools=3', { tools: [weather, clock], n: 2 });
    const calls = choices.flatMap((choice) => choice.message.tool_calls!);
    expect(calls.map((call) => call.function.name)).toEqual([
      'get_weather',
      'get_time',
      'get_weather',
      'get_weather',
      'get_time',
      'get_weather',
    ]);
    expect(new Set(calls.map((call) => call.id)).size).toBe(6);
  });

  it.each([
    ['without tools', 'sandbox:tool', {}, 'There was no tool to call.'],
    ['when tool_choice is none', 'sandbox:tool', { tools: [weather], tool_choice: 'none' }, 'There was no tool to call.'],
    ['unasked', 'Hello', { tools: [weather] }, 'You said: "Hello".'],
  ])('are not made %s', async (_, text, more, expected) => {
    const [choice] = (await answerTo(text, more)).choices;
    expect(choice!.finish_reason).toBe('stop');
    expect(choice!.message.content).toContain(expected);
  });

  it('are made one at a time when the request says so', async () => {
    const { choices } = await answerTo('sandbox:tools=3', { tools: [weather], parallel_tool_calls: false });
    expect(choices[0]!.message.tool_calls).toHaveLength(1);
  });

  it('end with the result, and begin anew with the next message', async () => {
    const { message } = (await answerTo('sandbox:tool', { tools: [weather] })).choices[0]!;
    const result = { role: 'tool', tool_call_id: message.tool_calls![0]!.id, content: '21 degrees' };
    const messages = [{ role: 'user', content: 'sandbox:tool' }, message, result];
    const more = { tools: [weather], tool_choice: 'required' };
    const after = await answerTo('', { ...more, messages });
    expect(after.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.stringContaining('The tool answered: "21 degrees".') },
    });
    const again = await answerTo('', { ...more, messages: [...messages, { role: 'user', content: 'sandbox:tool' }] });
    expect(again.choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('are cut at the token limit', async () => {
    const { choices } = await answerTo('sandbox:tool', { tools: [weather], max_tokens: 2 });
    expect(choices[0]).toMatchObject({ finish_reason: 'length', message: { tool_calls: [{ function: { arguments: '{"city":"san' } }] } });
  });
});

describe('structured output', () => {
  it('satisfies the schema, streamed or not', async () => {
    const schema = {
      type: 'object',
      properties: { tags: { type: 'array', items: { type: 'string' } }, score: { type: 'number' } },
      required: ['tags', 'score'],
    };
    const more = { response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } } };
    const { choices } = await answerTo('Hello', more);
    expect(JSON.parse(choices[0]!.message.content!)).toEqual({ tags: ['sandbox'], score: 1 });
    expect(JSON.parse((await streamed('Hello', more)).content)).toEqual({ tags: ['sandbox'], score: 1 });
  });

  it('is any object when there is no schema', async () => {
    const { choices } = await answerTo('Hello "you"', { response_format: { type: 'json_object' } });
    expect(JSON.parse(choices[0]!.message.content!)).toEqual({ sandbox: true, message: expect.stringContaining('Hello "you"') });
  });
});
