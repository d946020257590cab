// Every media example of the product's documents, as printed: only the host and the key are others.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { ended, fileAt, openMediaAccount, post } from './support/media';
import { Worker } from './support/worker';

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1' });
  account = await openMediaAccount(worker);
});
afterAll(() => worker?.stop());

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

describe('images', () => {
  it.each([
    [
      { model: 'nano_banana_pro', prompt: 'isometric studio shot of a tiny cyberpunk apartment, neon rim light', n: 1, size: '1024x1024' },
      10,
    ],
    [{ model: 'gemini-3-pro-image-preview', prompt: 'a chrome teapot floating over the ocean at sunset', n: 1 }, 10],
    [{ model: 'gpt-image-2', prompt: 'a chrome teapot floating over the ocean at sunset', size: '1536x1024' }, 3],
    [
      {
        model: 'gpt-image-2',
        prompt: 'same character, snowy mountain background, golden hour',
        size: '1024x1024',
        reference_images: ['https://example.com/source.jpg'],
      },
      3,
    ],
    [
      {
        model: 'gemini-3-1-flash-t2i',
        prompt: 'Place the character (img 1) wearing the jacket (img 2) into the scene from img 3, cinematic light',
        aspect_ratio: '16:9',
        resolution: '2K',
        image_urls: ['https://example.com/character.png', 'https://example.com/jacket.png', 'https://example.com/scene.png'],
      },
      6,
    ],
  ])('POST /images/generations %j', async (body, credits) => {
    const answer = await post(account, '/api/v1/images/generations', body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toHaveLength(1);
    expect(answer.body.creditsUsed).toBe(credits);
    expect(answer.headers.get('x-credits-charged')).toBe(String(credits));
    const file = await fileAt(answer.body.data[0]!.url);
    expect(file.type).toBe('image/png');
    expect(file.bytes.subarray(0, 4)).toEqual(PNG);
  });

  it.each([
    [{ prompt: 'a sunset over the ocean', model: 'gpt-image-2', mode: 'fast' }, 'gpt-image-2', 4],
    [
      { prompt: 'A futuristic cityscape at sunset with flying cars', model: 'gpt-image-2', mode: 'fast', aspect_ratio: '16:9' },
      'gpt-image-2',
      4,
    ],
    [{ prompt: 'a sunset over the ocean', model: 'gemini-3-1-flash-t2i' }, 'gemini-3-1-flash-t2i', 4],
    [{ prompt: 'A futuristic cityscape', model: 'gemini-3-1-flash-t2i', aspect_ratio: '16:9' }, 'gemini-3-1-flash-t2i', 4],
    [{ intent: 'text-to-image-fast', prompt: 'a quiet sunrise over Mt Fuji' }, 'nano-banana-t2i', 2.4],
    [{ model: 'nano-banana-t2i', prompt: 'a quiet sunrise over Mt Fuji' }, 'nano-banana-t2i', 2.4],
  ])('POST /images/generate %j', async (body, model, credits) => {
    const answer = await post(account, '/v1/images/generate', body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ created: expect.any(Number), resultId: expect.stringMatching(/^res_/), creditsUsed: credits });
    expect(answer.body.data).toEqual([{ url: expect.stringContaining('.png'), model }]);
  });
});

describe('video', () => {
  it.each([
    [
      {
        model: 'doubao-seedance-2-0',
        prompt: 'drone shot flying over a foggy forest at dawn, cinematic',
        duration: 5,
        aspect_ratio: '16:9',
        image_url: 'https://example.com/keyframe.jpg',
      },
      100,
    ],
    [{ model: 'kling-v3', prompt: 'a cat walking on the moon', duration: 5, aspect_ratio: '16:9' }, 67],
  ])('POST /video/generations %j', async (body, credits) => {
    const answer = await post(account, '/api/v1/video/generations', body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ creditsUsed: credits, data: [{ url: answer.body.outputUrl }] });
    const file = await fileAt(answer.body.outputUrl!);
    expect(file.type).toBe('video/mp4');
    expect(file.bytes.subarray(4, 8).toString()).toBe('ftyp');
  });

  it.each([
    [{ model: 'wan-2-6-i2v', mode: 'fast', input: { prompt: 'a cat walking', image: 'https://example.com/cat.jpg' } }, 50],
    [
      {
        model: 'veo-3-1-i2v',
        mode: 'fast',
        input: { prompt: 'Camera slowly pans across the scene', image: 'https://hypereal.tech/demo-girl.webp', duration: 5 },
      },
      69,
    ],
    [{ model: 'sora-2-i2v', input: { prompt: 'Camera slowly pans', image: 'https://hypereal.tech/demo-girl.webp', duration: 5 } }, 69],
    [
      {
        model: 'grok-video-t2v',
        prompt: 'a white cube rotating on a black background, clean product demo',
        duration: 6,
        aspect_ratio: '16:9',
      },
      16,
    ],
  ])('POST /videos/generate %j', async (body, credits) => {
    const answer = await post(account, '/api/v1/videos/generate', body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      jobId: expect.stringMatching(/^job_/),
      status: 'processing',
      message: expect.stringContaining('Generation started.'),
      creditsUsed: credits,
      pollUrl: expect.stringContaining(answer.body.jobId),
    });
    const job = await ended(account, answer.body.jobId);
    expect(job).toMatchObject({ status: 'completed', type: 'video', model: body.model, creditsUsed: credits, jobId: answer.body.jobId });
    const polled = await fetch(`${answer.body.pollUrl}?model=${body.model}&type=video`, {
      headers: { authorization: `Bearer ${account.key}` },
    });
    expect(((await polled.json()) as { outputUrl: string }).outputUrl).toBe(job.outputUrl);
  });
});

describe('audio and 3D', () => {
  it.each([
    ['/api/v1/audio/generations', { model: 'audio-tts', text: 'Welcome to Hypereal. One key, every model.', voice_id: 'en_male_calm' }],
    [
      '/api/v1/audio/generations',
      { model: 'audio-clone', text: 'This is my cloned voice.', audio: 'https://example.com/reference-30s.mp3' },
    ],
    ['/api/v1/audio/generate', { model: 'audio-tts', input: { text: '(happy) Welcome to Hypereal!', format: 'mp3' } }],
    ['/api/media/generate', { model: 'audio-tts', input: { text: '(happy) Welcome to Hypereal!', format: 'mp3' } }],
    ['/api/media/generate', { model: 'audio-clone', input: { text: 'Clone my voice!', audio: 'https://example.com/voice.mp3' } }],
  ])('POST %s %j speaks', async (path, body) => {
    const answer = await post(account, path, body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ success: true, creditsUsed: 2 });
    const file = await fileAt(answer.body.data[0]!.url);
    expect(file.type).toBe('audio/wav');
    expect(file.bytes.subarray(0, 4).toString()).toBe('RIFF');
  });

  it('POST /audio/generations hears', async () => {
    const answer = await post(account, '/api/v1/audio/generations', { model: 'audio-asr', audio: 'https://example.com/recording.mp3' });
    expect(answer.body).toMatchObject({
      success: true,
      text: expect.any(String),
      duration: 2.5,
      segments: [{ text: 'Hello,', start: 0, end: 0.8 }, expect.anything()],
      creditsUsed: 1,
    });
  });

  it.each([
    ['/api/v1/3d/generate', { model: 'hunyuan3d-v2-base', input: { image: 'https://example.com/object.png' } }],
    ['/api/media/generate', { model: 'hunyuan3d-v2-base', input: { image: 'https://example.com/object.png' } }],
    [
      '/api/v1/3d/generate',
      {
        model: 'tripo3d-multiview-to-3d',
        input: {
          front_image_url: 'https://example.com/front.png',
          back_image_url: 'https://example.com/back.png',
          left_image_url: 'https://example.com/left.png',
          right_image_url: 'https://example.com/right.png',
        },
      },
    ],
  ])('POST %s %j', async (path, body) => {
    const answer = await post(account, path, body);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ success: true, creditsUsed: 45 });
    const file = await fileAt(answer.body.outputUrl!);
    expect(file.type).toBe('model/gltf-binary');
    expect(file.bytes.subarray(0, 4).toString()).toBe('glTF');
  });
});

it('leaves books in which everything is settled', async () => {
  const { heldMicro } = await account.settled();
  expect(heldMicro).toBe(0);
  expect((await account.calls()).every(({ state }) => state === 'settled')).toBe(true);
});
