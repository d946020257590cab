import { describe, expect, it } from 'vitest';
import { call, events, json } from './support';

const PATH = '/v1/completions';
const asking = (prompt: unknown, more: Record<string, unknown> = {}) => ({ model: 'm', prompt, ...more });

describe('legacy completions', () => {
  it('end after 16 tokens unless told otherwise', async () => {
    const answer = await json(PATH, asking('Hello there, how are you?'));
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^cmpl-sandbox/),
      object: 'text_completion',
      model: 'm',
      choices: [{ index: 0, logprobs: null, finish_reason: 'length' }],
      usage: { completion_tokens: 16 },
    });
    expect((await json(PATH, asking('Hello', { max_tokens: 100 }))).choices[0].finish_reason).toBe('stop');
  });

  it('echo the prompt, streamed or not', async () => {
    const { choices } = await json(PATH, asking('Hello', { echo: true, max_tokens: 2 }));
    expect(choices[0].text).toBe('HelloThis is');
    const { events: stream } = await events(PATH, asking('Hello', { echo: true, max_tokens: 2, stream: true }));
    expect(stream.map(({ data }) => data.choices?.[0].text)).toEqual(['Hello', 'This', ' is', '', undefined]);
    expect((await json(PATH, asking('Hello', { echo: true, max_tokens: 0 }))).choices[0].text).toBe('Hello');
  });

  it('answer each prompt n times', async () => {
    const { choices, usage } = await json(PATH, asking(['One', 'Two'], { n: 2, max_tokens: 100, suffix: 'end' }));
    expect(choices.map((choice: { index: number }) => choice.index)).toEqual([0, 1, 2, 3]);
    expect(choices.map((choice: { text: string }) => /"(\w+)"/.exec(choice.text)![1])).toEqual(['One', 'One', 'Two', 'Two']);
    expect(usage.prompt_tokens).toBe(2);
  });

  it('take tokens', async () => {
    expect((await json(PATH, asking([1, 2, 3]))).usage.prompt_tokens).toBe(3);
    expect(
      (
        await json(
          PATH,
          asking([
            [1, 2],
            [3, 4],
          ]),
        )
      ).choices,
    ).toHaveLength(2);
  });

  it('stream usage only when asked', async () => {
    const plain = await events(PATH, asking('Hello', { stream: true }));
    expect(plain.text).not.toContain('usage');
    expect(plain.text.endsWith('data: [DONE]\n\n')).toBe(true);
    const { events: stream } = await events(
      PATH,
      asking('Hello there, how are you?', { stream: true, stream_options: { include_usage: true } }),
    );
    expect(stream.at(-2)!.data).toMatchObject({ choices: [], usage: { completion_tokens: 16 } });
    expect(stream[0]!.data.usage).toBeNull();
  });

  it.each([{ model: '' }, { prompt: 5 }, { n: 0 }, { n: 129 }, { max_tokens: -1 }])('are refused for %j', async (more) => {
    expect((await call(PATH, asking('Hello', more))).status).toBe(400);
  });
});
