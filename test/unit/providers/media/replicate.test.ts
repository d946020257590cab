import { describe, expect, it } from 'vitest';
import type { MediaInput } from '../../../../src/providers/media/types';
import { replicateMedia as replicate } from '../../../../src/providers/replicate/media';
import { answer, callback, FOX, htmlAnswer, image, OWL, shown, sign, submission, video } from './support';

const sent = (model: string, input: MediaInput) => shown(replicate.submit(submission(model, input)));
const MODEL = 'bytedance/seedance-1-pro';
const ID = 'gm3qorzdhgbfurvjtvhg6dckhu';
const JOB = { id: ID, model: MODEL, seconds: 5 };

/** Printed in https://replicate.com/docs/reference/http. */
const prediction = (fields: Record<string, unknown> = {}) => ({
  id: ID,
  model: MODEL,
  version: 'hidden',
  input: { prompt: 'a fox runs' },
  logs: '',
  output: null,
  data_removed: false,
  error: null,
  status: 'starting',
  created_at: '2026-01-01T00:00:00.000Z',
  urls: { cancel: `https://api.replicate.com/v1/predictions/${ID}/cancel`, get: `https://api.replicate.com/v1/predictions/${ID}` },
  ...fields,
});

describe('submit', () => {
  it('asks for pictures', () => {
    expect(sent('google/nano-banana-pro', image({ size: '2048x2048', outputFormat: 'jpeg' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "input": {
            "aspect_ratio": "1:1",
            "output_format": "jpg",
            "prompt": "a fox in the snow",
            "resolution": "2K",
          },
        },
        "url": "/models/google/nano-banana-pro/predictions",
      }
    `);
    expect(sent('bytedance/seedream-4', image({ aspectRatio: '4:3', resolution: '2K', references: [FOX, OWL] }))).toMatchInlineSnapshot(`
      {
        "body": {
          "input": {
            "aspect_ratio": "4:3",
            "image_input": [
              "https://example.com/fox.png",
              "https://example.com/owl.png",
            ],
            "prompt": "a fox in the snow",
            "size": "2K",
          },
        },
        "url": "/models/bytedance/seedream-4/predictions",
      }
    `);
    expect(sent('black-forest-labs/flux-kontext-pro', image({ references: [FOX], seed: 3 }))).toMatchInlineSnapshot(`
      {
        "body": {
          "input": {
            "input_image": "https://example.com/fox.png",
            "prompt": "a fox in the snow",
            "seed": 3,
          },
        },
        "url": "/models/black-forest-labs/flux-kontext-pro/predictions",
      }
    `);
  });

  it('asks for a film', () => {
    expect(sent(MODEL, video({ firstFrame: FOX, lastFrame: OWL, resolution: '1080p' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "input": {
            "duration": 5,
            "image": "https://example.com/fox.png",
            "last_frame_image": "https://example.com/owl.png",
            "prompt": "a fox runs",
            "resolution": "1080p",
          },
        },
        "url": "/models/bytedance/seedance-1-pro/predictions",
      }
    `);
    expect(sent('minimax/hailuo-02', video({ firstFrame: FOX }))).toMatchInlineSnapshot(`
      {
        "body": {
          "input": {
            "duration": 6,
            "first_frame_image": "https://example.com/fox.png",
            "prompt": "a fox runs",
          },
        },
        "url": "/models/minimax/hailuo-02/predictions",
      }
    `);
    expect(JSON.parse(replicate.submit(submission('google/veo-3.1-fast', video({ references: [FOX] }))).body as string)).toMatchObject({
      input: { image: 'https://example.com/fox.png' },
    });
    expect(sent('google/veo-3.1', video({ references: [FOX, OWL], durationSeconds: 8 }))).toMatchInlineSnapshot(`
      {
        "body": {
          "input": {
            "duration": 8,
            "prompt": "a fox runs",
            "reference_images": [
              "https://example.com/fox.png",
              "https://example.com/owl.png",
            ],
          },
        },
        "url": "/models/google/veo-3.1/predictions",
      }
    `);
  });

  it('asks for a version by its hash', () => {
    expect(sent('someone/sdxl:39ed52f2', image())).toMatchInlineSnapshot(`
      {
        "body": {
          "input": {
            "prompt": "a fox in the snow",
          },
          "version": "39ed52f2",
        },
        "url": "/predictions",
      }
    `);
  });

  it('asks to be told of the end alone', () => {
    const request = replicate.submit(submission(MODEL, video(), { callbackUrl: 'https://gateway.test/callbacks/1/2' }));
    expect(JSON.parse(String(request.body))).toMatchObject({
      webhook: 'https://gateway.test/callbacks/1/2',
      webhook_events_filter: ['completed'],
    });
  });
});

describe('the answer to a submit', () => {
  const read = (given: ReturnType<typeof answer>) => replicate.readSubmit(given, submission(MODEL, video()));

  it('names the job, or is the result', () => {
    expect(read(answer(201, prediction()))).toEqual({ state: 'running', job: JOB });
    const done = prediction({ status: 'succeeded', output: 'https://replicate.delivery/out.mp4' });
    expect(read(answer(201, done))).toMatchObject({ state: 'done', result: { usage: { seconds: 5 } } });
  });

  it.each([
    [
      'a bad key',
      401,
      { title: 'Unauthenticated', detail: 'You did not pass a valid authentication token', status: 401 },
      'next_key',
      false,
    ],
    [
      'no money',
      402,
      { title: 'Insufficient credit', detail: 'You have insufficient credit to run this model.', status: 402 },
      'next_key',
      false,
    ],
    ['an unknown model', 404, { detail: 'The requested resource could not be found.', status: 404 }, 'next_target', false],
    ['a bad field', 422, { title: 'Input validation failed', detail: '- input: prompt is required\n', status: 422 }, 'caller', false],
    ['a bad version', 422, { title: 'Invalid version or not permitted', detail: 'It does not exist.', status: 422 }, 'next_target', false],
    ['too many requests', 429, { detail: 'Request was throttled. Expected available in 1 second.', status: 429 }, 'backoff_key', false],
    ['no capacity', 503, { detail: 'Service unavailable' }, 'retry', false],
    ['a fault', 500, { detail: 'Internal server error' }, 'retry', true],
    ['a success without an id', 201, {}, 'next_target', true],
  ])('may be a failure: %s', (_, status, body, action, mayHaveStarted) => {
    expect(read(answer(status, body))).toMatchObject({ state: 'failed', failure: { action, mayHaveStarted } });
  });
});

describe('a poll', () => {
  const poll = (fields: Record<string, unknown>) => replicate.readPoll!(answer(200, prediction(fields)), JOB);

  it('asks about the prediction', () => {
    expect(replicate.poll!(JOB)).toEqual({ method: 'GET', url: `/predictions/${ID}` });
    expect(replicate.cancel!(JOB)).toEqual({ url: `/predictions/${ID}/cancel` });
  });

  it.each(['starting', 'processing'])('goes on: %s', (status) => {
    expect(poll({ status })).toEqual({ state: 'running', job: JOB });
  });

  it.each([
    ['a URL', 'https://replicate.delivery/a.mp4', [{ url: 'https://replicate.delivery/a.mp4' }]],
    [
      'a list',
      ['https://replicate.delivery/a.png', 'https://replicate.delivery/b.png'],
      [{ url: 'https://replicate.delivery/a.png' }, { url: 'https://replicate.delivery/b.png' }],
    ],
    ['an object', { video: 'https://replicate.delivery/a.mp4', seed: 7 }, [{ url: 'https://replicate.delivery/a.mp4' }]],
    ['a file of the API', 'https://api.replicate.com/v1/files/1', [{ url: 'https://api.replicate.com/v1/files/1', authorized: true }]],
    ['nothing', null, []],
  ])('is done with %s', (_, output, files) => {
    expect(poll({ status: 'succeeded', output })).toEqual({ state: 'done', result: { files, usage: { seconds: 5 } } });
  });

  it('is a failure, or canceled', () => {
    expect(poll({ status: 'failed', error: 'CUDA out of memory' })).toMatchObject({ state: 'failed', failure: { action: 'next_target' } });
    expect(poll({ status: 'failed', error: 'NSFW content detected. Try running it again.' })).toMatchObject({
      failure: { action: 'caller' },
    });
    expect(poll({ status: 'failed', error: 'The input or output was flagged as sensitive. (E005)' })).toMatchObject({
      failure: { action: 'caller' },
    });
    const late = { action: 'next_target', message: 'The provider did not start in time.' };
    expect(poll({ status: 'aborted' })).toMatchObject({ state: 'failed', failure: late });
    expect(poll({ status: 'canceled' })).toEqual({ state: 'canceled' });
  });

  it('says nothing by anything else', () => {
    expect(poll({ status: 'thinking' })).toMatchObject({ state: 'unknown' });
    expect(replicate.readPoll!(answer(404, { detail: 'Not found.' }), JOB)).toMatchObject({ state: 'unknown' });
    expect(replicate.readPoll!(htmlAnswer(502), JOB)).toMatchObject({ state: 'unknown' });
  });
});

describe('a callback', () => {
  const { verify, read } = replicate.callback!;
  const done = prediction({ status: 'succeeded', output: 'https://replicate.delivery/a.mp4' });
  const atMs = 1_767_225_600_000;

  it('is believed when one of its signatures is good, and fresh', async () => {
    const key = new TextEncoder().encode('a key of the account');
    const secret = `whsec_${btoa(String.fromCharCode(...key))}`;
    const signature = await sign(key, `msg_1.${atMs / 1_000}.${JSON.stringify(done)}`, 'base64');
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(atMs / 1_000) };
    const good = callback(done, { ...headers, 'webhook-signature': `v1,AAAA v1,${signature}` });
    expect(await verify!(good, secret, atMs)).toBe(true);
    expect(await verify!(good, `whsec_${btoa('another key')}`, atMs)).toBe(false);
    expect(await verify!(good, secret, atMs - 301_000)).toBe(false);
    expect(await verify!(callback(done, { ...headers, 'webhook-signature': 'v1,AAAA' }), secret, atMs)).toBe(false);
    expect(await verify!(callback(done, { ...headers, 'webhook-signature': `v2,${signature}` }), secret, atMs)).toBe(false);
    expect(await verify!(good, 'whsec_', atMs)).toBe(false);
  });

  it('brings the step of its own job only', () => {
    expect(read!(callback(done), JOB)).toMatchObject({ state: 'done' });
    expect(read!(callback({ ...done, id: 'another' }), JOB)).toBeUndefined();
  });
});
