import { describe, expect, it } from 'vitest';
import { falMedia as fal } from '../../../../src/providers/fal/media';
import type { MediaInput } from '../../../../src/providers/media/types';
import { answer, callback, FOX, htmlAnswer, image, OWL, PNG, PNG_BASE64, shown, submission, threeD, video } from './support';

const sent = (model: string, input: MediaInput) => shown(fal.submit(submission(model, input)));
const MODEL = 'fal-ai/veo3.1/fast';
const QUEUE = 'https://queue.fal.run/fal-ai/veo3.1/requests/764cabcf';
const URLS = { statusUrl: `${QUEUE}/status`, responseUrl: QUEUE, cancelUrl: `${QUEUE}/cancel` };
const JOB = { id: '764cabcf', model: MODEL, kind: 'video', ...URLS, seconds: 4 };

/** Printed in https://fal.ai/docs/documentation/model-apis/inference/queue. */
const queued = {
  status: 'IN_QUEUE',
  request_id: '764cabcf',
  response_url: QUEUE,
  status_url: `${QUEUE}/status`,
  cancel_url: `${QUEUE}/cancel`,
  queue_position: 0,
};

describe('submit', () => {
  it('asks for pictures', () => {
    expect(sent('fal-ai/nano-banana-2', image({ count: 10, aspectRatio: '16:9', resolution: '0.5K', seed: 0 }))).toMatchInlineSnapshot(`
      {
        "body": {
          "aspect_ratio": "16:9",
          "num_images": 4,
          "prompt": "a fox in the snow",
          "resolution": "0.5K",
          "seed": 0,
        },
        "url": "/fal-ai/nano-banana-2",
      }
    `);
    expect(sent('openai/gpt-image-2', image({ size: '1536x1024', quality: 'high', outputFormat: 'webp' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "image_size": {
            "height": 1024,
            "width": 1536,
          },
          "num_images": 1,
          "output_format": "webp",
          "prompt": "a fox in the snow",
          "quality": "high",
        },
        "url": "/openai/gpt-image-2",
      }
    `);
    expect(sent('fal-ai/bytedance/seedream/v4.5/text-to-image', image({ aspectRatio: '1:1', resolution: '4K' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "image_size": {
            "height": 4096,
            "width": 4096,
          },
          "num_images": 1,
          "prompt": "a fox in the snow",
        },
        "url": "/fal-ai/bytedance/seedream/v4.5/text-to-image",
      }
    `);
  });

  it('asks for no size that the model does not make', () => {
    const sizeOf = (model: string, input: MediaInput) =>
      (JSON.parse(String(fal.submit(submission(model, input)).body)) as { image_size: unknown }).image_size;
    const seedream = 'fal-ai/bytedance/seedream/v4.5/text-to-image';
    expect(sizeOf(seedream, image({ size: '1024x1024' }))).toEqual({ width: 1_920, height: 1_920 });
    expect(sizeOf(seedream, image({ aspectRatio: '16:9' }))).toEqual({ width: 2_560, height: 1_456 });
    expect(sizeOf(seedream, image({ size: '2560x1440' }))).toEqual({ width: 2_560, height: 1_440 });
    expect(sizeOf('fal-ai/bytedance/seedream/v4/edit', image({ size: '512x512' }))).toEqual({ width: 960, height: 960 });
    expect(sizeOf('openai/gpt-image-2', image({ size: '4096x4096' }))).toEqual({ width: 2_880, height: 2_880 });
    expect(sizeOf('openai/gpt-image-2', image({ aspectRatio: '16:9', resolution: '4K' }))).toEqual({ width: 3_840, height: 2_160 });
  });

  it('edits pictures, which may come as data', () => {
    const bytes = { bytes: PNG, contentType: 'image/png' };
    expect(sent('openai/gpt-image-2/edit', image({ references: [FOX, bytes], mask: OWL }))).toMatchInlineSnapshot(`
      {
        "body": {
          "image_urls": [
            "https://example.com/fox.png",
            "data:image/png;base64,iVBORw0KGgo=",
          ],
          "mask_url": "https://example.com/owl.png",
          "num_images": 1,
          "prompt": "a fox in the snow",
        },
        "url": "/openai/gpt-image-2/edit",
      }
    `);
  });

  it('asks for a film', () => {
    expect(sent(MODEL, video({ resolution: '1080p', negativePrompt: 'blur' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "duration": "4s",
          "negative_prompt": "blur",
          "prompt": "a fox runs",
          "resolution": "1080p",
        },
        "url": "/fal-ai/veo3.1/fast",
      }
    `);
    expect(
      sent('fal-ai/kling-video/v2.6/pro/image-to-video', video({ durationSeconds: 12, firstFrame: FOX, lastFrame: OWL })),
    ).toMatchInlineSnapshot(`
      {
        "body": {
          "duration": "12",
          "end_image_url": "https://example.com/owl.png",
          "prompt": "a fox runs",
          "start_image_url": "https://example.com/fox.png",
        },
        "url": "/fal-ai/kling-video/v2.6/pro/image-to-video",
      }
    `);
    expect(sent('xai/grok-imagine-video/image-to-video', video({ references: [FOX] }))).toMatchInlineSnapshot(`
      {
        "body": {
          "duration": 5,
          "image_url": "https://example.com/fox.png",
          "prompt": "a fox runs",
        },
        "url": "/xai/grok-imagine-video/image-to-video",
      }
    `);
  });

  it('asks for a 3D model', () => {
    expect(sent('fal-ai/hunyuan3d/v2', threeD({ image: FOX }))).toMatchInlineSnapshot(`
      {
        "body": {
          "input_image_url": "https://example.com/fox.png",
        },
        "url": "/fal-ai/hunyuan3d/v2",
      }
    `);
    expect(sent('tripo3d/tripo/v2.5/multiview-to-3d', threeD({ views: { front: FOX, left: OWL } }))).toMatchInlineSnapshot(`
      {
        "body": {
          "front_image_url": "https://example.com/fox.png",
          "left_image_url": "https://example.com/owl.png",
        },
        "url": "/tripo3d/tripo/v2.5/multiview-to-3d",
      }
    `);
  });

  it('names the callback in the query, and carries the key under its own scheme', () => {
    const { url } = fal.submit(submission(MODEL, video(), { callbackUrl: 'https://gateway.test/callbacks/1/2' }));
    expect(url).toBe('/fal-ai/veo3.1/fast?fal_webhook=https%3A%2F%2Fgateway.test%2Fcallbacks%2F1%2F2');
    expect(fal.authorize('id:secret')).toEqual({ authorization: 'Key id:secret' });
  });
});

describe('the answer to a submit', () => {
  const read = (given: ReturnType<typeof answer>) => fal.readSubmit(given, submission(MODEL, video()));

  it('names the job, and where it is asked about', () => {
    expect(read(answer(200, queued))).toEqual({ state: 'running', job: JOB });
  });

  it('leaves out addresses of others', () => {
    const step = read(answer(200, { ...queued, status_url: 'https://evil.test/status', response_url: 7, cancel_url: undefined }));
    expect(step).toEqual({ state: 'running', job: { id: '764cabcf', model: MODEL, kind: 'video', seconds: 4 } });
  });

  it.each([
    ['a bad key', 401, { detail: 'Cannot access application: invalid credentials' }, 'next_key', false],
    ['no money', 403, { detail: 'User is locked. Reason: Exhausted balance. Top up your balance.' }, 'next_key', false],
    ['an unknown model', 404, { detail: 'Application "veo9" not found' }, 'next_target', false],
    ['a bad field', 422, { detail: [{ loc: ['body', 'prompt'], msg: 'field required', type: 'missing' }] }, 'caller', false],
    ['too many requests', 429, { detail: 'Too many requests' }, 'backoff_key', false],
    ['no capacity', 503, { detail: 'no runner', error_type: 'runner_scheduling_failure' }, 'retry', false],
    ['a fault', 500, { detail: 'Internal Server Error' }, 'retry', true],
    ['a timeout', 504, { detail: 'Request timed out', error_type: 'request_timeout' }, 'next_target', true],
    ['a success without an id', 200, { status: 'IN_QUEUE' }, 'next_target', true],
  ])('may be a failure: %s', (_, status, body, action, mayHaveStarted) => {
    expect(read(answer(status, body))).toMatchObject({ state: 'failed', failure: { action, mayHaveStarted } });
  });
});

describe('a poll of the status', () => {
  const poll = (body: unknown, status = 202) => fal.readPoll!(answer(status, body), JOB);

  it('goes where the vendor said, or where its requests lie', () => {
    expect(fal.poll!(JOB)).toEqual({ method: 'GET', url: `${QUEUE}/status` });
    expect(fal.poll!({ id: '764cabcf', model: MODEL })).toEqual({ method: 'GET', url: '/fal-ai/veo3.1/requests/764cabcf/status' });
    expect(fal.poll!({ id: '764cabcf', model: MODEL, step: 'result' })).toEqual({ method: 'GET', url: '/fal-ai/veo3.1/requests/764cabcf' });
  });

  it.each(['IN_QUEUE', 'IN_PROGRESS'])('goes on: %s', (status) => {
    expect(poll({ ...queued, status })).toEqual({ state: 'running', job: JOB });
  });

  it('goes on to the result at once', () => {
    const step = poll({ status: 'COMPLETED', request_id: '764cabcf', metrics: { inference_time: 3.7 } }, 200);
    expect(step).toEqual({ state: 'running', job: { ...JOB, step: 'result' }, pollAfterMs: 0 });
  });

  it('is a failure that the status tells', () => {
    const failed = poll({ status: 'COMPLETED', error: 'Runner disconnected', error_type: 'runner_disconnected' }, 200);
    expect(failed).toMatchObject({ state: 'failed', failure: { action: 'next_target', code: 'runner_disconnected' } });
    expect(poll({ status: 'COMPLETED', error: 'Cancelled', error_type: 'client_cancelled' }, 200)).toEqual({ state: 'canceled' });
  });

  it('says nothing by anything else', () => {
    expect(poll({ status: 'DREAMING' }, 200)).toMatchObject({ state: 'unknown' });
    expect(poll({ detail: 'Request not found' }, 404)).toMatchObject({ state: 'unknown' });
    expect(fal.readPoll!(htmlAnswer(502), JOB)).toMatchObject({ state: 'unknown' });
  });
});

describe('a result', () => {
  const result = (body: unknown, kind = 'image', status = 200) => fal.readPoll!(answer(status, body), { ...JOB, kind, step: 'result' });

  it('has pictures', () => {
    const images = [{ url: 'https://v3.fal.media/1.png', content_type: 'image/png' }, { url: `data:image/png;base64,${PNG_BASE64}` }];
    expect(result({ images, description: '' })).toMatchObject({
      state: 'done',
      result: { files: [{ url: 'https://v3.fal.media/1.png', contentType: 'image/png' }, { contentType: 'image/png' }] },
    });
  });

  it('leaves out pictures that the safety checker blacked out', () => {
    const images = [{ url: 'https://v3.fal.media/1.png' }, { url: 'https://v3.fal.media/2.png' }];
    expect(result({ images, has_nsfw_concepts: [true, false] })).toEqual({ state: 'done', result: { files: [{ url: images[1]!.url }] } });
    expect(result({ images, has_nsfw_concepts: [true, true] })).toMatchObject({ state: 'failed', failure: { action: 'caller' } });
  });

  it('has a film, and how long it is', () => {
    const film = { url: 'https://v3.fal.media/1.mp4', content_type: 'video/mp4' };
    expect(result({ video: film }, 'video')).toEqual({
      state: 'done',
      result: { files: [{ url: film.url, contentType: 'video/mp4' }], usage: { seconds: 4 } },
    });
    expect(result({ video: { ...film, duration: 3.9 } }, 'video')).toMatchObject({ result: { usage: { seconds: 3.9 } } });
  });

  it.each([
    ['a mesh', { model_mesh: { url: 'https://v3.fal.media/mesh.glb' } }, 'mesh.glb'],
    ['textures', { base_model: { url: 'https://v3.fal.media/base.glb' }, pbr_model: { url: 'https://v3.fal.media/pbr.glb' } }, 'pbr.glb'],
    ['formats', { model_urls: { glb: { url: 'https://v3.fal.media/a.glb' }, obj: { url: 'https://v3.fal.media/a.obj' } } }, 'a.glb'],
  ])('has one 3D model: %s', (_, body, name) => {
    expect(result(body, '3d')).toEqual({ state: 'done', result: { files: [{ url: `https://v3.fal.media/${name}` }] } });
  });

  it.each([
    ['refused content', 422, { detail: [{ loc: ['body', 'prompt'], msg: 'flagged', type: 'content_policy_violation' }] }, 'caller'],
    ['a bad picture', 422, { detail: [{ loc: ['body', 'image_url'], msg: 'The image is too small.', type: 'image_too_small' }] }, 'caller'],
    ['a fault of the model', 500, { detail: [{ loc: ['body'], msg: 'Internal error', type: 'internal_server_error' }] }, 'next_target'],
    ['a fault around it', 504, { detail: 'Request timed out', error_type: 'request_timeout' }, 'next_target'],
    ['a refusal in plain words', 400, { detail: 'Unsupported duration' }, 'next_target'],
  ])('may be a failure: %s', (_, status, body, action) => {
    expect(result(body, 'image', status)).toMatchObject({ state: 'failed', failure: { action, mayHaveStarted: true } });
  });

  it('may not be there yet, or not be told', () => {
    expect(result({ status: 'IN_PROGRESS' }, 'image', 202)).toMatchObject({ state: 'running' });
    expect(result({ detail: 'Request is still in progress' }, 'image', 400)).toMatchObject({ state: 'unknown' });
    expect(result({ detail: 'Internal Server Error' }, 'image', 500)).toMatchObject({ state: 'unknown' });
    expect(result({ detail: 'Request not found' }, 'image', 404)).toMatchObject({ state: 'unknown' });
    expect(result({ detail: 'Too many requests' }, 'image', 429)).toMatchObject({ state: 'unknown' });
    expect(fal.readPoll!(htmlAnswer(503), { ...JOB, step: 'result' })).toMatchObject({ state: 'unknown' });
    expect(fal.readPoll!(htmlAnswer(200), { ...JOB, step: 'result' })).toMatchObject({ state: 'unknown' });
    expect(result('{"images":[{"url":"https://v3.fal.me')).toMatchObject({ state: 'unknown' });
  });
});

it('cancels by a PUT', () => {
  expect(fal.cancel!(JOB)).toEqual({ method: 'PUT', url: `${QUEUE}/cancel` });
  expect(fal.cancel!({ id: '764cabcf', model: MODEL })).toEqual({ method: 'PUT', url: '/fal-ai/veo3.1/requests/764cabcf/cancel' });
});

it('takes a callback for news alone', () => {
  expect(fal.callback?.verify).toBeUndefined();
  expect(fal.callback?.read?.(callback({ status: 'OK' }), JOB)).toBeUndefined();
});
