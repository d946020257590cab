// Each vendor's adapter in the Worker, against an upstream that answers as that vendor does.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeWav } from '../../src/providers/sandbox/media/wav';
import type { Account } from './support/account';
import { call, ended, fileAt, type MediaAnswer, openMediaAccount, post } from './support/media';
import {
  base64,
  FILES,
  falJob,
  googlePicture,
  inTurn,
  replicatePrediction,
  runpodRun,
  Vendors,
  wavespeedJob,
  wavespeedPrediction,
} from './support/media-vendors';
import { until } from './support/wait';
import { failure, inMicro, json } from './support/wire';

let vendors: Vendors;
let account: Account;
beforeAll(async () => {
  vendors = await Vendors.start();
});
afterAll(() => vendors?.stop());
beforeEach(async () => {
  vendors.reset();
  account = await openMediaAccount(vendors.worker);
});

/** The gateway stores the whole files, and ledger and webhook agree with the answer. */
async function delivered(answer: { status: number; text: string; body: MediaAnswer }, files: readonly string[], credits: number) {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.body.creditsUsed).toBe(credits);
  const { body: job } = await call(account, 'GET', `/v1/jobs/${answer.body.jobId}`);
  expect(job.status).toBe('completed');
  expect(job.outputUrls).toHaveLength(files.length);
  for (const [index, name] of files.entries()) {
    const file = await fileAt(vendors.here(job.outputUrls[index]!));
    expect(file.bytes.equals(FILES[name]!), `${name} as it was`).toBe(true);
  }
  expect((await account.settled()).spentMicro).toBe(inMicro(credits));
  const receipt = await account.lastGeneration();
  expect(receipt).toMatchObject({ outcome: 'actual', creditsUsed: credits, jobId: answer.body.jobId });
  return receipt;
}

const hooked = (body: Record<string, unknown>, name: string) => ({ ...body, webhook_url: vendors.hookUrl(name) });

async function told(name: string): Promise<Record<string, unknown>> {
  const hook = await until(`the webhook ${name}`, () => vendors.seen('hooks').find(({ path }) => path.endsWith(`/${name}`)));
  expect(hook.headers['user-agent']).toMatch(/^\S+\/\d/);
  return hook.json();
}

describe('vendors that answer with the result', () => {
  it('OpenAI: pictures as base64, as many as asked for', async () => {
    const data = [{ b64_json: base64('1.png') }, { b64_json: base64('2.png') }];
    vendors.script('openai', () =>
      json({ created: 1_763_600_000, background: 'opaque', data, output_format: 'png', quality: 'high', size: '1024x1024', usage: {} }),
    );
    const asked = { model: 'gpt-image-2', prompt: 'a fox', n: 2, size: '1024x1024' };
    const answer = await post(account, '/v1/images/generations', hooked(asked, 'openai'));
    const receipt = await delivered(answer, ['1.png', '2.png'], 6);
    expect(receipt).toMatchObject({ provider: 'openai', usage: { images: 2 } });
    expect(await told('openai')).toMatchObject({ status: 'completed', jobId: answer.body.jobId, creditsUsed: 6 });
    const [request] = vendors.seen('openai');
    expect(request!.headers.authorization).toBe('Bearer the-key-of-openai');
    expect([request!.path, request!.json()]).toEqual([
      '/v1/images/generations',
      { model: 'gpt-image-2', prompt: 'a fox', n: 2, size: '1024x1024', quality: 'medium' },
    ]);
  });

  it('OpenAI: an edit is a form with the picture that lies elsewhere', async () => {
    vendors.script('openai', () => json({ created: 1_763_600_000, data: [{ b64_json: base64('2.png') }] }));
    const body = { model: 'gpt-image-2', prompt: 'more snow', reference_images: [vendors.fileUrl('1.png')] };
    await delivered(await post(account, '/v1/images/generations', body), ['2.png'], 3);
    const [request] = vendors.seen('openai');
    expect(request!.path).toBe('/v1/images/edits');
    expect(request!.body).toContain('name="image[]"; filename="image-1.png"');
    // Many hosts send nothing to a client without a user agent.
    expect(vendors.seen('files')[0]!.headers['user-agent']).toMatch(/^\S+\/\d/);
  });

  it.each(['images[]', 'reference_images[0]', 'image'])('OpenAI: goes by the pictures of a form that calls them %s', async (name) => {
    vendors.script('openai', () => json({ created: 1_763_600_000, data: [{ b64_json: base64('2.png') }] }));
    const form = new FormData();
    form.append('model', 'gpt-image-2');
    form.append('prompt', 'more snow');
    form.append(name, new Blob([FILES['1.png']!]), 'one');
    form.append(name.replace('0', '1'), new Blob([FILES['2.png']!]), 'two');
    await delivered(await post(account, '/v1/images/generations', form), ['2.png'], 3);
    const [request] = vendors.seen('openai');
    expect(request!.body.match(/name="image\[\]"; filename="image-\d.png"/g)).toHaveLength(2);
  });

  it('Google: the picture within the answer', async () => {
    vendors.script('google', () => googlePicture('1.png'));
    const asked = { model: 'gemini-3-1-flash-t2i', prompt: 'a fox', resolution: '2K', aspect_ratio: '16:9' };
    await delivered(await post(account, '/v1/images/generations', asked), ['1.png'], 6);
    const [request] = vendors.seen('google');
    expect(request!.path).toBe('/v1/models/gemini-3.1-flash-image:generateContent');
    expect(request!.headers['x-goog-api-key']).toBe('the-key-of-google');
    expect(request!.json()).toMatchObject({ generationConfig: { imageConfig: { aspectRatio: '16:9', imageSize: '2K' } } });
  });

  it("Google: a refusal of the prompt is the caller's, free, and nobody else is asked", async () => {
    vendors.script('google', () => json({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: {} }));
    const refused = await post(account, '/v1/images/generations', { model: 'nano_banana_2', prompt: 'no' });
    expect([refused.status, refused.body.refusal.type]).toEqual([400, 'invalid_request_error']);
    expect(vendors.seen('fal')).toEqual([]);
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('Fish Audio: the bytes of speech, and a transcript', async () => {
    vendors.script('fish-audio', ({ path }) =>
      path.endsWith('/asr')
        ? json({ text: 'Hello there.', duration: 2.5, segments: [{ text: 'Hello there.', start: 0, end: 2.4 }] })
        : { headers: { 'content-type': 'audio/mpeg', 'transfer-encoding': 'chunked' }, steps: [FILES['speech.mp3']!] },
    );
    const spoken = await post(account, '/v1/audio/generations', { model: 'audio-tts', text: 'Hello there.' });
    await delivered(spoken, ['speech.mp3'], 2);
    expect(vendors.seen('fish-audio')[0]!.headers.model).toBe('s2.1-pro');
    const bare = await fetch(`${account.baseUrl}/audio/speech`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'audio-tts', input: 'Hello there.', voice: 'alloy' }),
    });
    expect(Buffer.from(await bare.arrayBuffer()).equals(FILES['speech.mp3']!)).toBe(true);
    const cloned = { model: 'audio-clone', text: 'Hello', audio: vendors.fileUrl('speech.mp3') };
    expect((await post(account, '/v1/audio/generations', cloned)).status).toBe(200);
    expect(vendors.seen('fish-audio').at(-1)!.headers['content-type']).toBe('application/msgpack');
    const heard = await post(account, '/v1/audio/generations', { model: 'audio-asr', audio: vendors.fileUrl('speech.mp3') });
    expect(heard.body).toMatchObject({ text: 'Hello there.', duration: 2.5, creditsUsed: 1 });
    expect((await account.settled()).spentMicro).toBe(inMicro(7));
  });

  it('Fish Audio: hears a long recording at the price of so many requests, wherever it comes from', async () => {
    const wav = Buffer.from(makeWav(101, 1));
    vendors.script('files', () => ({ headers: { 'content-type': 'audio/wav' }, steps: [wav] }));
    vendors.script('fish-audio', () => json({ text: 'Hello there.', duration: 101 }));
    for (const audio of [vendors.fileUrl('long.wav'), `data:audio/wav;base64,${wav.toString('base64')}`]) {
      const heard = await post(account, '/v1/audio/generations', { model: 'audio-asr', audio });
      expect(heard).toMatchObject({ status: 200, body: { text: 'Hello there.', creditsUsed: 2 } });
    }
    expect(await account.settled()).toEqual({ spentMicro: inMicro(4), heldMicro: 0 });
  });

  it('Fish Audio: is sent no recording whose length its account cannot pay, found when it was read', async () => {
    const poor = await openMediaAccount(vendors.worker, 1);
    vendors.script('files', () => ({ headers: { 'content-type': 'audio/wav' }, steps: [Buffer.from(makeWav(101, 1))] }));
    const sent = vendors.seen('fish-audio').length;
    const refused = await post(poor, '/v1/audio/generations', { model: 'audio-asr', audio: vendors.fileUrl('long.wav') });
    expect(refused, refused.text).toMatchObject({ status: 402 });
    expect(vendors.seen('fish-audio')).toHaveLength(sent);
    expect(await poor.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});

describe('vendors of jobs', () => {
  it('fal: status first, then the result, by the URLs that it gave', async () => {
    const images = ['1.png', '2.png'].map((name) => ({ url: vendors.fileUrl(name), content_type: 'image/png' }));
    vendors.script('fal', falJob('fal-ai/nano-banana', { images, description: '' }));
    const answer = await post(account, '/v1/images/generations', hooked({ model: 'nano_banana', prompt: 'a fox', n: 2 }, 'fal'));
    expect(await delivered(answer, ['1.png', '2.png'], 4.8)).toMatchObject({ provider: 'fal' });
    expect(await told('fal')).toMatchObject({ status: 'completed', outputUrls: [expect.anything(), expect.anything()] });
    const [submit, ...polls] = vendors.seen('fal');
    expect(submit!.headers.authorization).toBe('Key the-key-of-fal');
    expect(submit!.json()).toEqual({ prompt: 'a fox', num_images: 2 });
    expect(new Set(polls.map(({ path }) => path))).toEqual(
      new Set(['/v1/fal-ai/nano-banana/requests/req_1/status', '/v1/fal-ai/nano-banana/requests/req_1']),
    );
    expect(vendors.seen('files').every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('WaveSpeed: a film by the second, and a 3D model', async () => {
    vendors.script('wavespeed', wavespeedJob(vendors.fileUrl('film.mp4')));
    const film = { model: 'kling-v3', prompt: 'a fox', duration: 6, image: 'https://example.com/fox.jpg' };
    await delivered(await post(account, '/v1/video/generations', film), ['film.mp4'], 80.4);
    expect(vendors.seen('wavespeed')[0]!.json()).toMatchObject({ duration: 6, image: 'https://example.com/fox.jpg' });
    account = await openMediaAccount(vendors.worker);
    vendors.script('wavespeed', wavespeedJob(vendors.fileUrl('1.png'), vendors.fileUrl('model.glb')));
    const model = { model: 'hunyuan3d-v2-base', image: 'https://example.com/fox.jpg' };
    await delivered(await post(account, '/v1/3d/generate', model), ['model.glb'], 45);
  });

  it('Replicate, after WaveSpeed and fal had no balance: nothing was started there', async () => {
    vendors.script('wavespeed', () => json({ code: 402, message: 'Insufficient credits.' }, { status: 402 }));
    vendors.script('fal', () => json({ detail: 'User is locked. Reason: Exhausted balance.' }, { status: 403 }));
    const polls = inTurn(replicatePrediction('processing'), replicatePrediction('succeeded', vendors.fileUrl('film.mp4')));
    vendors.script('replicate', ({ method }) => (method === 'POST' ? replicatePrediction('starting') : polls()));
    const film = { model: 'kling-2-6', prompt: 'a fox', duration: 5 };
    const receipt = await delivered(await post(account, '/v1/video/generations', film), ['film.mp4'], 37);
    expect(receipt.attempts!.map(({ provider, status }) => [provider, status])).toEqual([
      ['wavespeed', 402],
      ['fal', 403],
      ['replicate', 201],
    ]);
    expect(vendors.seen('replicate')[0]!.path).toBe('/v1/models/kwaivgi/kling-v2.6/predictions');
  });

  it('a run that fails is free, and its reason is told', async () => {
    vendors.script('wavespeed', ({ method }) =>
      method === 'POST' ? wavespeedPrediction('created') : wavespeedPrediction('failed', [], { error: 'CUDA out of memory' }),
    );
    const answer = await post(account, '/v1/videos/generate', hooked({ model: 'kling-v3', prompt: 'a fox' }, 'failed'));
    expect(await ended(account, answer.body.jobId)).toMatchObject({ status: 'failed', creditsUsed: 0 });
    expect(await told('failed')).toMatchObject({ status: 'failed', error: expect.stringContaining('CUDA out of memory') });
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});

describe("an operator's own vendor", () => {
  const job = (state: string, files: string[] = []) => json({ job: { id: 'own_1', state, files: files.map((href) => ({ href })) } });

  it('that takes our id is asked again when its answer is lost, and by nothing else', async () => {
    const submits = inTurn({ steps: [], first: 'reset' }, job('queued'));
    vendors.script('custom-mine', ({ method }) => (method === 'POST' ? submits() : job('done', [vendors.fileUrl('film.mp4')])));
    const answer = await post(account, '/v1/video/generations', { model: 'vidu-q3-pro', prompt: 'a fox' });
    await delivered(answer, ['film.mp4'], 2);
    const sent = vendors.seen('custom-mine').filter(({ method }) => method === 'POST');
    expect(sent.map(({ headers }) => headers['idempotency-key'])).toEqual([answer.body.jobId, answer.body.jobId]);
    expect(sent[0]!.json()).toMatchObject({ model: 'house-film', client_id: answer.body.jobId, prompt: 'a fox' });
    expect(vendors.seen('wavespeed')).toEqual([]);
  });
});

describe('RunPod', () => {
  it('makes an endpoint, runs it, changes it and removes it', async () => {
    vendors.script('runpod-deployments', ({ method }) =>
      method === 'DELETE' ? json('', { status: 204, steps: [] }) : json({ id: 'ep_1' }),
    );
    vendors.script('runpod', runpodRun({ images: [{ filename: 'a.png', type: 'base64', data: base64('1.png') }] }, 18_420));
    const deployment = { slug: 'comfy', name: 'Comfy', dockerImage: 'runpod/worker-comfyui:5.1.0', gpuTypes: 'ADA_48_PRO', minWorkers: 1 };
    const made = await post(account, '/v1/deployments', deployment);
    expect(made.status, made.text).toBe(201);
    const run = await post(account, '/v1/gpu/run/comfy', { input: { workflow: { seed: 1 } }, sync: true });
    expect(run.body, run.text).toMatchObject({ status: 'succeeded', creditsCharged: 56, executionMs: 18_420 });
    const [output] = (run.body as unknown as { outputs: string[] }).outputs;
    expect((await fileAt(vendors.here(output!))).bytes.equals(FILES['1.png']!)).toBe(true);
    expect(vendors.seen('runpod')[0]).toMatchObject({ path: '/v1/ep_1/run' });
    expect(vendors.seen('runpod')[0]!.json()).toMatchObject({ input: { workflow: { seed: 1 } }, policy: { executionTimeout: 600_000 } });
    // The worker that always runs is charged as well, for as long as its provider was asked for it.
    const { spentMicro } = await account.settled();
    expect(spentMicro).toBeGreaterThanOrEqual(inMicro(56));
    expect(spentMicro).toBeLessThan(inMicro(57));
    expect((await call(account, 'PATCH', '/v1/deployments/comfy', { maxWorkers: 5 })).status).toBe(200);
    expect((await call(account, 'DELETE', '/v1/deployments/comfy')).status).toBe(200);
    const asked = vendors.seen('runpod-deployments');
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/serverless',
      'PATCH /v1/serverless/ep_1',
      'PATCH /v1/serverless/ep_1',
      'DELETE /v1/serverless/ep_1',
    ]);
    expect(asked.every(({ headers }) => headers.authorization === 'Bearer the-key-of-runpod')).toBe(true);
  });

  it("runs a model of the catalogue on the operator's endpoint, by the second", async () => {
    vendors.script('runpod', runpodRun({ video: `data:video/mp4;base64,${base64('film.mp4')}` }, 156_000));
    const run = await post(account, '/v1/gpu/wan-video', { input: { prompt: 'a fox' }, sync: true });
    expect(run.body, run.text).toMatchObject({ status: 'succeeded', costCredits: 312 });
    expect(vendors.seen('runpod')[0]!.path).toBe('/v1/ep_wan/run');
    expect((await account.settled()).spentMicro).toBe(inMicro(312));
  });

  it('refuses a deployment in its own words, and nothing is left of it', async () => {
    vendors.script('runpod-deployments', () => failure(400, 'no such image'));
    const deployment = { slug: 'broken', name: 'Broken', dockerImage: 'me/mine:1', gpuTypes: 'ADA_24' };
    const refused = await post(account, '/v1/deployments', deployment);
    expect([refused.status, refused.body.refusal.message]).toEqual([502, expect.stringContaining('no such image')]);
    expect((await call(account, 'GET', '/v1/deployments')).body.data).toEqual([]);
  });
});
