// Every media example in the product's documents as printed: only the host and the key are replaced.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { call, ended, fileAt, openMediaAccount, post } from './support/media';
import { Upstream } from './support/upstream';
import { until } from './support/wait';
import { json } from './support/wire';
import { Worker } from './support/worker';

let worker: Worker;
let account: Account;
/** The customer's server in the documents: it answers `{"received": true}`. */
let hooks: Upstream;
beforeAll(async () => {
  hooks = await Upstream.start();
  hooks.desk('hooks').replyAlways(() => json({ received: true }));
  worker = await Worker.start({ LOCAL: '1', PRIVATE_ADDRESSES: 'allowed' });
  account = await openMediaAccount(worker);
});
afterAll(async () => {
  await worker?.stop();
  await hooks?.stop();
});

type Answer = Awaited<ReturnType<typeof post>>;

/** The call has one ledger line, settled to what the answer says, with a receipt that names the job. */
async function charged({ headers, body }: Pick<Answer, 'headers' | 'body'>, credits: number): Promise<void> {
  const id = headers.get('x-request-id')!;
  expect(headers.get('x-job-id')).toBe(body.jobId ?? body.id);
  const line = await until('the line of the call', async () => (await account.calls()).find((one) => one.id === id));
  expect(line).toMatchObject({ state: 'settled', outcome: 'actual', amountCredits: -credits });
  expect((await account.calls()).filter((one) => one.id === id)).toHaveLength(1);
  expect(await account.generation(id)).toMatchObject({ creditsUsed: credits, jobId: headers.get('x-job-id'), ending: 'succeeded' });
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

// Concurrent, since they mostly wait for a job and look only at the lines of their own calls.
describe.concurrent('images', () => {
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
    await charged(answer, credits);
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
    await charged(answer, credits);
    expect((await fileAt(answer.body.data[0]!.url)).bytes.subarray(0, 4)).toEqual(PNG);
  });
});

it('says what each size costs, and which tier pictures, films and sounds take', async () => {
  const of = async (id: string) => (await call(account, 'GET', `/v1/models/${id}`)).body;
  expect(await of('gpt-image-2')).toMatchObject({
    minimum_tier: 'starter',
    pricing: { per: 'image', credits: 3, tier_credits: { '1K': 3, '2K': 6, '4K': 12 }, prices_by_quality: { low: 1, medium: 1, high: 4 } },
  });
  expect(await of('kling-v3')).toMatchObject({ minimum_tier: 'starter', pricing: { per: 'second', credits: 13.4 } });
  expect(await of('hunyuan3d-v2-base')).toMatchObject({ minimum_tier: 'free' });
});

describe.concurrent('video', () => {
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
    await charged(answer, credits);
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
    await charged(answer, credits);
    expect((await fileAt(job.outputUrl!)).bytes.subarray(4, 8).toString()).toBe('ftyp');
  });
});

describe.concurrent('audio and 3D', () => {
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
    await charged(answer, 2);
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
    await charged(answer, 1);
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
    await charged(answer, 45);
    const file = await fileAt(answer.body.outputUrl!);
    expect(file.type).toBe('model/gltf-binary');
    expect(file.bytes.subarray(0, 4).toString()).toBe('glTF');
  });
});

describe.concurrent('a webhook', () => {
  const hookUrl = (name: string): string => `${hooks.desk('hooks').baseUrl}/${name}`;

  /** The webhook that the customer's server received, exactly once. */
  async function told(name: string): Promise<Record<string, unknown>> {
    const of = () => hooks.desk('hooks').seen.filter(({ path }) => path.endsWith(`/${name}`));
    const [hook] = await until(`the webhook ${name}`, () => of().length > 0 && of());
    expect(of()).toHaveLength(1);
    expect(hook!.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': expect.stringMatching(/^msg_/),
      'webhook-signature': expect.stringMatching(/^v1,/),
    });
    return hook!.json();
  }

  it('comes as the documents print it', async () => {
    const body = {
      model: 'veo-3-1-i2v',
      mode: 'fast',
      input: { prompt: 'Camera slowly pans across the scene', image: 'https://hypereal.tech/demo-girl.webp', duration: 5 },
      webhook_url: hookUrl('documents'),
    };
    const answer = await post(account, '/v1/videos/generate', body);
    expect(answer.body).toMatchObject({
      jobId: expect.stringMatching(/^job_/),
      status: 'processing',
      message: 'Generation started. Result will be sent to your webhook URL.',
      creditsUsed: 69,
    });
    const { outputUrl } = await ended(account, answer.body.jobId);
    expect(await told('documents')).toEqual({
      status: 'completed',
      outputUrl,
      jobId: answer.body.jobId,
      type: 'video',
      model: 'veo-3-1-i2v',
      creditsUsed: 69,
    });
    await charged(answer, 69);
  });

  const image = { model: 'nano_banana', prompt: 'a fox' };
  it.each([
    ['/v1/images/generations', image, 'image', 2.4],
    ['/v1/images/generate', image, 'image', 2.4],
    ['/v1/images/edits', { ...image, image: 'https://example.com/fox.png' }, 'image', 2.4],
    ['/v1/video/generations', { model: 'veo3.1-fast', prompt: 'a fox' }, 'video', 16],
    ['/v1/videos/generate', { model: 'veo3.1-fast', prompt: 'a fox' }, 'video', 16],
    ['/v1/audio/generations', { model: 'audio-tts', text: 'Hello' }, 'audio', 2],
    ['/v1/audio/generate', { model: 'audio-clone', text: 'Hello', audio: 'https://example.com/voice.mp3' }, 'audio', 2],
    ['/v1/audio/speech', { model: 'audio-tts', input: 'Hello', voice: 'alloy' }, 'audio', 2],
    ['/v1/audio/transcriptions', { model: 'audio-asr', file: 'https://example.com/voice.mp3' }, 'audio', 1],
    ['/v1/3d/generate', { model: 'hunyuan3d-v2-base', image: 'https://example.com/fox.png' }, '3d', 45],
    ['/api/media/generate', { model: 'audio-tts', input: { text: 'Hello' } }, 'audio', 2],
    ['/v1/gpu/sdxl', { input: { prompt: 'a fox' } }, 'gpu', 50],
    ['/v1/gpu/wan-video', { input: { prompt: 'a fox sandbox:gpu=10s' } }, 'gpu', 20],
  ])('of POST %s tells what its ledger line and its file say', async (path, body, type, credits) => {
    const name = `of${path.replaceAll('/', '-')}`;
    const response = await fetch(`${worker.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, webhook_url: hookUrl(name) }),
    });
    await response.arrayBuffer();
    expect(response.ok).toBe(true);
    const jobId = response.headers.get('x-job-id')!;
    const said = await told(name);
    expect(said).toMatchObject({ status: 'completed', jobId, type, creditsUsed: credits });
    await charged({ headers: response.headers, body: { jobId } as Answer['body'] }, credits);
    const job = await ended(account, jobId);
    expect(job).toMatchObject({ outputUrl: said.outputUrl, creditsUsed: credits });
    if (said.outputUrl === null) expect(said.text).toEqual(expect.any(String));
    else expect((await fileAt(String(said.outputUrl))).bytes.length).toBeGreaterThan(100);
  });

  it('of a deployment is pinned to it', async () => {
    const deployment = {
      slug: 'my-comfy-workflow',
      name: 'My Comfy',
      dockerImage: 'runpod/worker-comfyui:dev-cuda12.1.1',
      gpuTypes: 'ADA_48_PRO,AMPERE_80',
      webhookUrl: hookUrl('deployment'),
    };
    expect((await post(account, '/v1/deployments', deployment)).status).toBe(201);
    const input = {
      prompt: 'a cinematic portrait of an astronaut sandbox:gpu=18420ms',
      seed: 42,
      workflow_overrides: { 'Sampler.steps': 30 },
    };
    const run = await post(account, '/v1/gpu/run/my-comfy-workflow', { input });
    const id = String(run.body.id);
    expect(await told('deployment')).toMatchObject({ status: 'completed', jobId: id, type: 'gpu', creditsUsed: 56 });
    await charged(run, 56);
    const { body } = await call(account, 'GET', `/v1/gpu/jobs/${id}`);
    expect(body).toMatchObject({ job_id: id, status: 'succeeded', executionMs: 18_420, creditsCharged: 56 });
  });
});

it('leaves books in which everything is settled', async () => {
  const { heldMicro } = await account.settled();
  expect(heldMicro).toBe(0);
  expect((await account.calls()).every(({ state }) => state === 'settled')).toBe(true);
});
