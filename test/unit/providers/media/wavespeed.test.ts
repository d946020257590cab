import { describe, expect, it } from 'vitest';
import type { MediaInput } from '../../../../src/providers/media/types';
import { wavespeedMedia as wavespeed } from '../../../../src/providers/wavespeed/media';
import { answer, callback, FOX, htmlAnswer, image, OWL, PNG_BASE64, shown, sign, submission, threeD, video } from './support';

const sent = (model: string, input: MediaInput) => shown(wavespeed.submit(submission(model, input)));
const T2I = 'google/nano-banana-pro/text-to-image';
const JOB = { id: 'pred_abc123', model: T2I, kind: 'image' };

/** Printed in https://wavespeed.ai/docs/get-result. */
const prediction = (fields: Record<string, unknown>) => ({
  code: 200,
  message: 'success',
  data: { id: 'pred_abc123', model: T2I, outputs: [], created_at: '2026-01-01T12:00:00.000Z', ...fields },
});
const submitted = prediction({ status: 'created', urls: { get: 'https://api.wavespeed.ai/api/v3/predictions/pred_abc123' } });

describe('submit', () => {
  it('asks for a picture by ratio and tier', () => {
    expect(sent(T2I, image({ aspectRatio: '16:9', resolution: '2K', outputFormat: 'png' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "aspect_ratio": "16:9",
          "output_format": "png",
          "prompt": "a fox in the snow",
          "resolution": "2k",
        },
        "url": "/google/nano-banana-pro/text-to-image",
      }
    `);
  });

  it('makes ratio and tier of a size', () => {
    expect(sent(T2I, image({ size: '2048x1152' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "aspect_ratio": "16:9",
          "prompt": "a fox in the snow",
          "resolution": "2k",
        },
        "url": "/google/nano-banana-pro/text-to-image",
      }
    `);
    expect(sent('openai/gpt-image-2/text-to-image', image({ size: '1024x1536' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "aspect_ratio": "2:3",
          "prompt": "a fox in the snow",
        },
        "url": "/openai/gpt-image-2/text-to-image",
      }
    `);
  });

  it('makes a size of ratio and tier, and none below what the model makes', () => {
    expect(sent('bytedance/seedream-v4.5', image({ aspectRatio: '16:9', resolution: '2K' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "prompt": "a fox in the snow",
          "size": "2736*1536",
        },
        "url": "/bytedance/seedream-v4.5",
      }
    `);
    expect(sent('bytedance/seedream-v5.0-lite', image({ size: '1024x1024' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "prompt": "a fox in the snow",
          "size": "1440*1440",
        },
        "url": "/bytedance/seedream-v5.0-lite",
      }
    `);
  });

  it('leaves what was not asked for to the model', () => {
    expect(sent('bytedance/seedream-v4', image())).toMatchInlineSnapshot(`
      {
        "body": {
          "prompt": "a fox in the snow",
        },
        "url": "/bytedance/seedream-v4",
      }
    `);
  });

  it('edits several pictures, or the first of them', () => {
    expect(sent('google/nano-banana-2/edit', image({ references: [FOX, OWL], resolution: '0.5K' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "images": [
            "https://example.com/fox.png",
            "https://example.com/owl.png",
          ],
          "prompt": "a fox in the snow",
          "resolution": "1k",
        },
        "url": "/google/nano-banana-2/edit",
      }
    `);
    expect(sent('wavespeed-ai/flux-kontext-max/multi', image({ references: [FOX, OWL], seed: 0 }))).toMatchInlineSnapshot(`
      {
        "body": {
          "images": [
            "https://example.com/fox.png",
            "https://example.com/owl.png",
          ],
          "prompt": "a fox in the snow",
          "seed": 0,
        },
        "url": "/wavespeed-ai/flux-kontext-max/multi",
      }
    `);
  });

  it('asks for no size of a film but those that there are', () => {
    const sizeOf = (shape: object) =>
      (JSON.parse(String(wavespeed.submit(submission('alibaba/wan-2.6/text-to-video', video(shape))).body)) as { size: unknown }).size;
    expect(sizeOf({ resolution: '480p' })).toBe('1280*720');
    expect(sizeOf({ aspectRatio: '9:16', resolution: '540p' })).toBe('720*1280');
    expect(sizeOf({ resolution: '1080p' })).toBe('1920*1080');
    expect(sizeOf({ aspectRatio: '1:1' })).toBe('720*720');
  });

  it('asks for a film by size, ratio or resolution', () => {
    expect(
      sent('alibaba/wan-2.6/text-to-video', video({ aspectRatio: '9:16', resolution: '1080p', negativePrompt: 'blur', seed: 7 })),
    ).toMatchInlineSnapshot(`
      {
        "body": {
          "duration": 5,
          "negative_prompt": "blur",
          "prompt": "a fox runs",
          "seed": 7,
          "size": "1080*1920",
        },
        "url": "/alibaba/wan-2.6/text-to-video",
      }
    `);
    expect(
      sent('google/veo3.1-fast/image-to-video', video({ firstFrame: FOX, lastFrame: OWL, durationSeconds: 8 })),
    ).toMatchInlineSnapshot(`
      {
        "body": {
          "duration": 8,
          "image": "https://example.com/fox.png",
          "last_image": "https://example.com/owl.png",
          "prompt": "a fox runs",
        },
        "url": "/google/veo3.1-fast/image-to-video",
      }
    `);
    expect(sent('kwaivgi/kling-v3.0-pro/image-to-video', video({ references: [FOX], lastFrame: OWL }))).toMatchInlineSnapshot(`
      {
        "body": {
          "duration": 5,
          "end_image": "https://example.com/owl.png",
          "image": "https://example.com/fox.png",
          "prompt": "a fox runs",
        },
        "url": "/kwaivgi/kling-v3.0-pro/image-to-video",
      }
    `);
    expect(sent('bytedance/seedance-2.0/text-to-video', video({ references: [FOX, OWL], aspectRatio: '21:9' }))).toMatchInlineSnapshot(`
      {
        "body": {
          "aspect_ratio": "21:9",
          "duration": 5,
          "prompt": "a fox runs",
          "reference_images": [
            "https://example.com/fox.png",
            "https://example.com/owl.png",
          ],
        },
        "url": "/bytedance/seedance-2.0/text-to-video",
      }
    `);
  });

  it('asks for no more seconds than are paid for, but for one', () => {
    const seconds = (model: string, durationSeconds: number) =>
      JSON.parse(String(wavespeed.submit(submission(model, video({ durationSeconds }))).body)).duration;
    expect(seconds('google/veo3.1/text-to-video', 5)).toBe(4);
    expect(seconds('minimax/hailuo-02/standard', 5)).toBe(6);
    expect(seconds('minimax/hailuo-02/standard', 1)).toBe(1);
    expect(seconds('kwaivgi/kling-v2.6-pro/text-to-video', 60)).toBe(60);
  });

  it('asks for a 3D model of one picture or of four', () => {
    expect(sent('wavespeed-ai/hunyuan3d/v2-base', threeD({ image: FOX }))).toMatchInlineSnapshot(`
      {
        "body": {
          "image": "https://example.com/fox.png",
        },
        "url": "/wavespeed-ai/hunyuan3d/v2-base",
      }
    `);
    expect(sent('tripo3d/v2.5/multiview-to-3d', threeD({ views: { front: FOX, back: OWL } }))).toMatchInlineSnapshot(`
      {
        "body": {
          "back_image_url": "https://example.com/owl.png",
          "front_image_url": "https://example.com/fox.png",
        },
        "url": "/tripo3d/v2.5/multiview-to-3d",
      }
    `);
  });

  it("puts the caller's fields over the target's, and under what is billed", () => {
    const extra = { generate_audio: false, duration: 60, num_frames: 999, enable_sync_mode: true };
    const request = wavespeed.submit(
      submission('google/veo3.1/text-to-video', video({ durationSeconds: 8, extra }), {
        defaults: { generate_audio: true, resolution: '720p' },
      }),
    );
    expect(shown(request)).toMatchInlineSnapshot(`
      {
        "body": {
          "duration": 8,
          "generate_audio": false,
          "prompt": "a fox runs",
          "resolution": "720p",
        },
        "url": "/google/veo3.1/text-to-video",
      }
    `);
  });

  it('names the callback in the query', () => {
    const { url } = wavespeed.submit(submission(T2I, image(), { callbackUrl: 'https://gateway.test/callbacks/job_1/token?a=b' }));
    expect(url).toBe(`/${T2I}?webhook=https%3A%2F%2Fgateway.test%2Fcallbacks%2Fjob_1%2Ftoken%3Fa%3Db`);
  });
});

describe('the answer to a submit', () => {
  const read = (given: ReturnType<typeof answer>, input: MediaInput = image()) => wavespeed.readSubmit(given, submission(T2I, input));

  it('names the job', () => {
    expect(read(answer(200, submitted))).toEqual({ state: 'running', job: JOB });
  });

  it('keeps the seconds that were asked for', () => {
    const step = wavespeed.readSubmit(answer(200, submitted), submission('google/veo3.1/text-to-video', video()));
    expect(step).toMatchObject({ state: 'running', job: { seconds: 4 } });
  });

  it('may be the result', () => {
    const done = prediction({ status: 'completed', outputs: ['https://cdn.wavespeed.ai/image.png'] });
    expect(read(answer(200, done))).toEqual({ state: 'done', result: { files: [{ url: 'https://cdn.wavespeed.ai/image.png' }] } });
  });

  it.each([
    ['a bad field', 400, { code: 400, message: 'size: must be one of 1024*1024', data: null }, 'caller', false],
    ['no such model', 400, { code: 400, message: 'model not found', data: null }, 'next_target', false],
    ['a bad key', 401, { code: 401, message: 'invalid api key', data: null }, 'next_key', false],
    ['no money', 402, { code: 402, message: 'insufficient balance', data: null }, 'next_key', false],
    ['refused content', 403, { code: 403, message: 'Content flagged by the moderation system', data: null }, 'caller', false],
    ['an unknown address', 404, { code: 404, message: 'product not found', data: null }, 'next_target', false],
    ['too many requests', 429, { code: 429, message: 'rate limited', data: null }, 'backoff_key', false],
    ['no capacity', 503, { code: 503, message: 'no workers', data: null }, 'retry', false],
    ['a fault', 500, { code: 500, message: 'internal error', data: null }, 'retry', true],
    ['a fault that is called a success', 200, { code: 500, message: 'internal error', data: null }, 'retry', true],
    ['a refusal that is called a success', 200, { code: 400, message: 'prompt: required', data: null }, 'caller', false],
    ['a success without an id', 200, { code: 200, data: {} }, 'next_target', true],
  ])('may be a failure: %s', (_, status, body, action, mayHaveStarted) => {
    expect(read(answer(status, body))).toMatchObject({ state: 'failed', failure: { action, mayHaveStarted } });
  });

  it('may be a web page of something in between', () => {
    expect(read(htmlAnswer(502))).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
    expect(read(htmlAnswer(200))).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
  });
});

describe('a poll', () => {
  const poll = (fields: Record<string, unknown>, job: typeof JOB & { seconds?: number } = JOB) =>
    wavespeed.readPoll!(answer(200, prediction(fields)), job);

  it('asks for the result', () => {
    expect(wavespeed.poll!(JOB)).toEqual({ method: 'GET', url: '/predictions/pred_abc123/result' });
    expect(wavespeed.cancel).toBeUndefined();
  });

  it.each(['created', 'queued', 'pending', 'processing', 'Processing', 'in-progress'])('goes on: %s', (status) => {
    expect(poll({ status })).toEqual({ state: 'running', job: JOB });
  });

  it.each(['completed', 'succeeded', 'SUCCESS'])('is done: %s', (status) => {
    const outputs = ['https://cdn.wavespeed.ai/1.png', `data:image/png;base64,${PNG_BASE64}`];
    expect(poll({ status, outputs })).toMatchObject({
      state: 'done',
      result: { files: [{ url: outputs[0] }, { contentType: 'image/png' }] },
    });
  });

  it('tells the seconds of a film', () => {
    const step = poll({ status: 'completed', outputs: ['https://cdn.wavespeed.ai/1.mp4'] }, { ...JOB, kind: 'video', seconds: 4 });
    expect(step).toMatchObject({ state: 'done', result: { usage: { seconds: 4 } } });
  });

  it('takes the model alone of what 3D comes with', () => {
    const outputs = ['https://cdn.wavespeed.ai/preview.png', 'https://cdn.wavespeed.ai/model.glb'];
    expect(poll({ status: 'completed', outputs }, { ...JOB, kind: '3d' })).toEqual({
      state: 'done',
      result: { files: [{ url: outputs[1] }] },
    });
  });

  it('is a failure in the words of the vendor', () => {
    expect(poll({ status: 'failed', error: 'GPU out of memory' })).toMatchObject({
      state: 'failed',
      failure: { action: 'next_target', message: 'GPU out of memory' },
    });
    expect(poll({ status: 'failed', error: 'NSFW content detected' })).toMatchObject({ state: 'failed', failure: { action: 'caller' } });
    expect(poll({ status: 'timeout' })).toMatchObject({ state: 'failed' });
    expect(poll({ status: 'cancelled' })).toEqual({ state: 'canceled' });
  });

  it('says nothing by anything else', () => {
    expect(poll({ status: 'levitating' })).toMatchObject({ state: 'unknown' });
    expect(wavespeed.readPoll!(htmlAnswer(502), JOB)).toMatchObject({ state: 'unknown' });
    expect(wavespeed.readPoll!(answer(404, { code: 404, message: 'not found' }), JOB)).toMatchObject({ state: 'unknown' });
    expect(wavespeed.readPoll!(answer(200, '{', 'application/json'), JOB)).toMatchObject({ state: 'unknown' });
  });
});

describe('a callback', () => {
  const body = { id: 'pred_abc123', status: 'completed', outputs: ['https://cdn.wavespeed.ai/1.png'] };
  const atMs = 1_758_798_328_000;
  const signedWith = async (secret: string, sentBody: unknown = body) => {
    const content = `evt_1.${atMs / 1_000}.${JSON.stringify(body)}`;
    const signature = `v3,${await sign(new TextEncoder().encode(secret), content, 'hex')}`;
    return callback(sentBody, { 'webhook-id': 'evt_1', 'webhook-timestamp': String(atMs / 1_000), 'webhook-signature': signature });
  };
  const { verify, read } = wavespeed.callback!;

  it('is believed when it is signed, and fresh', async () => {
    const good = await signedWith('0123abcd');
    expect(await verify!(good, 'whsec_0123abcd', atMs)).toBe(true);
    expect(await verify!(good, 'whsec_other', atMs)).toBe(false);
    expect(await verify!(good, 'whsec_0123abcd', atMs + 301_000)).toBe(false);
    expect(await verify!(await signedWith('0123abcd', { ...body, outputs: [] }), 'whsec_0123abcd', atMs)).toBe(false);
    expect(await verify!(callback(body), 'whsec_0123abcd', atMs)).toBe(false);
  });

  it('brings the step of its own job only', () => {
    expect(read!(callback(body), JOB)).toEqual({ state: 'done', result: { files: [{ url: body.outputs[0] }] } });
    expect(read!(callback(prediction({ status: 'failed', error: 'no' })), JOB)).toMatchObject({ state: 'failed' });
    expect(read!(callback({ ...body, id: 'pred_other' }), JOB)).toBeUndefined();
    expect(read!(callback({ ...body, status: '?' }), JOB)).toBeUndefined();
  });
});
