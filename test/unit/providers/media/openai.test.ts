import { describe, expect, it } from 'vitest';
import { openaiMedia as openai } from '../../../../src/providers/openai/media';
import { answer, htmlAnswer, image, PNG, PNG_BASE64, shown, submission } from './support';

const MODEL = 'gpt-image-2';
const sent = (input: Parameters<typeof image>[0], model = MODEL) => shown(openai.submit(submission(model, image(input))));
const sizeOf = (input: Parameters<typeof image>[0], model = MODEL) =>
  JSON.parse(String(openai.submit(submission(model, image(input))).body)).size;
const picture = { bytes: PNG, contentType: 'image/png' };

/** Printed in https://platform.openai.com/docs/api-reference/images/create. */
const made = {
  created: 1_713_833_628,
  data: [{ b64_json: PNG_BASE64 }],
  background: 'opaque',
  output_format: 'png',
  size: '1024x1024',
  quality: 'high',
  usage: { total_tokens: 100, input_tokens: 50, output_tokens: 50, input_tokens_details: { text_tokens: 10, image_tokens: 40 } },
};

describe('submit', () => {
  it('asks for pictures', () => {
    expect(sent({ size: 'auto', count: 3, quality: 'low', outputFormat: 'jpeg', extra: { background: 'opaque' } })).toMatchInlineSnapshot(`
      {
        "body": {
          "background": "opaque",
          "model": "gpt-image-2",
          "n": 3,
          "output_format": "jpeg",
          "prompt": "a fox in the snow",
          "quality": "low",
          "size": "auto",
        },
        "url": "/images/generations",
      }
    `);
  });

  it('asks for a stream where states on the way are wanted', async () => {
    expect(sent({ partials: 2 })).toMatchObject({ body: { stream: true, partial_images: 2 } });
    const edit = openai.submit(submission(MODEL, image({ references: [picture], partials: 1 }))).body as FormData;
    expect([edit.get('stream'), edit.get('partial_images')]).toEqual(['true', '1']);
  });

  it('asks for a size that the model makes', () => {
    expect(sizeOf({})).toBeUndefined();
    expect(sizeOf({ size: '1536x1024' })).toBe('1536x1024');
    expect(sizeOf({ aspectRatio: '16:9', resolution: '2K' })).toBe('2736x1536');
    expect(sizeOf({ size: '4096x4096' })).toBe('2880x2880');
    expect(sizeOf({ aspectRatio: '9:16' }, 'gpt-image-1.5')).toBe('1024x1536');
    expect(sizeOf({ size: '1024x1024' }, 'gpt-image-1.5')).toBe('1024x1024');
  });

  it('edits pictures in a form', async () => {
    const input = image({ references: [picture, { bytes: PNG, contentType: 'image/webp' }], mask: picture, extra: { background: 'auto' } });
    const { url, body } = openai.submit(submission(MODEL, input));
    expect(url).toBe('/images/edits');
    const form = body as FormData;
    expect([...form.keys()]).toEqual(['background', 'model', 'prompt', 'n', 'image[]', 'image[]', 'mask']);
    expect(form.get('n')).toBe('1');
    const files = [...form.getAll('image[]'), form.get('mask')] as File[];
    expect(files.map(({ name, type }) => [name, type])).toEqual([
      ['image-1.png', 'image/png'],
      ['image-2.webp', 'image/webp'],
      ['mask.png', 'image/png'],
    ]);
    expect(new Uint8Array(await files[0]!.arrayBuffer())).toEqual(PNG);
  });
});

describe('the answer', () => {
  const read = (given: ReturnType<typeof answer>) => openai.readSubmit(given, submission(MODEL, image()));

  it('has the pictures', () => {
    expect(read(answer(200, made))).toEqual({ state: 'done', result: { files: [{ bytes: PNG, contentType: 'image/png' }] } });
  });

  it('may say what became of the prompt', () => {
    const data = [{ url: 'https://oai.test/1.png', revised_prompt: 'A red fox' }];
    expect(read(answer(200, { data }))).toEqual({
      state: 'done',
      result: { files: [{ url: 'https://oai.test/1.png' }], revisedPrompt: 'A red fox' },
    });
  });

  it.each([
    [
      'a bad key',
      401,
      { error: { message: 'Incorrect API key provided: sk-1.', type: 'invalid_request_error', code: 'invalid_api_key' } },
      'next_key',
      false,
    ],
    [
      'a bad size',
      400,
      { error: { message: 'Invalid size', type: 'image_generation_user_error', code: 'invalid_value', param: 'size' } },
      'caller',
      false,
    ],
    [
      'refused content',
      400,
      { error: { message: 'Your request was rejected by the safety system.', code: 'moderation_blocked' } },
      'caller',
      false,
    ],
    [
      'a spent limit',
      400,
      { error: { message: 'Billing hard limit has been reached', code: 'billing_hard_limit_reached' } },
      'next_key',
      false,
    ],
    ['a spent quota', 429, { error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' } }, 'next_key', false],
    ['too many requests', 429, { error: { message: 'Rate limit reached', code: 'rate_limit_exceeded' } }, 'backoff_key', false],
    ['an unknown model', 404, { error: { message: 'The model does not exist', code: 'model_not_found' } }, 'next_target', false],
    ['a fault', 500, { error: { message: 'The server had an error', type: 'server_error' } }, 'retry', false],
    ['no capacity', 503, { error: { message: 'The engine is overloaded' } }, 'retry', false],
    ['no picture', 200, { created: 1, data: [] }, 'next_target', false],
  ])('may be a failure: %s', (_, status, body, action, mayHaveStarted) => {
    expect(read(answer(status, body))).toMatchObject({ state: 'failed', failure: { action, mayHaveStarted } });
  });

  it('may be lost on its way', () => {
    expect(read(htmlAnswer(504))).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
  });
});

it('is not polled', () => {
  expect(openai.poll).toBeUndefined();
  expect(openai.sources).toBe('bytes');
});

describe('an event of a stream', () => {
  const read = (json: unknown) => openai.readEvent!(json, submission(MODEL, image({ partials: 2 })));
  const common = { created_at: 1_763_600_000, size: '1024x1024', quality: 'high', background: 'opaque', output_format: 'png' };

  it.each(['image_generation', 'image_edit'])('%s: a state on the way, then the picture', (name) => {
    expect(read({ type: `${name}.partial_image`, b64_json: PNG_BASE64, partial_image_index: 0, ...common })).toEqual({
      state: 'partial',
      file: { bytes: PNG, contentType: 'image/png' },
    });
    const usage = { total_tokens: 100, input_tokens: 50, output_tokens: 50, input_tokens_details: { text_tokens: 10, image_tokens: 40 } };
    expect(read({ type: `${name}.completed`, b64_json: PNG_BASE64, usage, ...common })).toEqual({
      state: 'done',
      result: { files: [{ bytes: PNG, contentType: 'image/png' }] },
    });
  });

  it('tells of a failure, after which nothing is sent again', () => {
    const error = {
      type: 'image_generation_user_error',
      code: 'moderation_blocked',
      message: 'Your request was rejected by the safety system.',
    };
    expect(read({ type: 'error', error })).toMatchObject({
      state: 'failed',
      failure: { mayHaveStarted: true, code: 'moderation_blocked' },
    });
    expect(read({ type: 'something.new' })).toBeUndefined();
  });
});
