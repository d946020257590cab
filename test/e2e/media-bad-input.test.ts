// Requests that must be refused with the name of the bad field, with no hold made and nothing stored.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { call, openMediaAccount, post } from './support/media';
import { Worker } from './support/worker';

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1', BODY_LIMIT_BYTES: 100_000, HOURLY_LIMITS: '{"audio":2}' });
  account = await openMediaAccount(worker);
});
afterAll(() => worker?.stop());

const IMAGE = { model: 'gpt-image-2', prompt: 'a cat' };
const FIVE = Array.from({ length: 5 }, (_, index) => `https://example.com/${index}.png`);
const DATA_URL = 'data:image/png;base64,iVBORw0KGgo=';

describe('a refusal', () => {
  it.each([
    ['/v1/images/generations', { prompt: 'a cat' }, 'model'],
    ['/v1/images/generations', { model: 'gpt-image-2' }, 'prompt'],
    ['/v1/images/generations', { ...IMAGE, prompt: '  ' }, 'prompt'],
    ['/v1/images/generations', { ...IMAGE, prompt: 7 }, 'prompt'],
    ['/v1/images/generations', { ...IMAGE, model: 'no-such-model' }, 'model'],
    ['/v1/images/generations', { ...IMAGE, model: 'kling-v3' }, 'model'],
    ['/v1/images/generations', { ...IMAGE, model: 'gpt-5.4' }, 'model'],
    ['/v1/images/generations', { ...IMAGE, size: '512x512' }, 'size'],
    ['/v1/images/generations', { ...IMAGE, n: 'many' }, 'n'],
    ['/v1/images/generations', { ...IMAGE, response_format: 'gif' }, 'response_format'],
    ['/v1/images/generations', { ...IMAGE, response_format: { toString: 1 } }, 'response_format'],
    ['/v1/images/generations', { ...IMAGE, output_format: 'svg', svg: { model: 'gpt-5.5-pro' } }, 'output_format'],
    ['/v1/images/generations', { ...IMAGE, reference_images: FIVE }, 'reference_images'],
    ['/v1/images/generations', { ...IMAGE, model: 'gemini-3-1-flash-t2i', image_urls: FIVE }, 'image_urls'],
    ['/v1/images/generations', { ...IMAGE, reference_images: [DATA_URL] }, 'reference_images'],
    ['/v1/images/generations', { ...IMAGE, reference_images: ['http://example.com/a.png'] }, 'reference_images'],
    ['/v1/images/generations', { ...IMAGE, model: 'gemini-3-1-flash-t2i', image_urls: ['data:image/png;base64,!!'] }, 'image_urls'],
    ['/v1/images/generations', { ...IMAGE, model: 'gemini-3-1-flash-t2i', aspect_ratio: '7:5' }, 'aspect_ratio'],
    ['/v1/images/generations', { ...IMAGE, model: 'gemini-3-1-flash-t2i', resolution: '8K' }, 'resolution'],
    ['/v1/images/generate', { ...IMAGE, mode: 'slow' }, 'mode'],
    ['/v1/images/generate', { intent: 'make-me-rich', prompt: 'a cat' }, 'intent'],
    ['/v1/images/edits', { ...IMAGE }, 'image'],
    ['/v1/images/generations', { ...IMAGE, stream: true, partial_images: 4 }, 'partial_images'],
    ['/v1/images/generations', { ...IMAGE, stream: true, partial_images: 1.5 }, 'partial_images'],
    ['/v1/images/generations', { ...IMAGE, seed: 'x' }, 'seed'],
    ['/v1/images/generate', { prompt: 'a cat' }, 'model'],
    ['/v1/images/generate', { ...IMAGE, model: ['gpt-image-2'] }, 'model'],
    ['/v1/video/generations', { prompt: 'a cat' }, 'model'],
    ['/v1/video/generations', { model: 'kling-v3' }, 'prompt'],
    ['/v1/video/generations', { model: 'kling-v3', prompt: 'a cat', duration: 'long' }, 'duration'],
    ['/v1/video/generations', { model: 'kling-v3', prompt: 'a cat', image_url: 'ftp://example.com/a.png' }, 'image_url'],
    ['/v1/videos/generate', { input: { prompt: 'a cat' } }, 'model'],
    ['/v1/videos/generate', { model: 'kling-v3', input: { prompt: 'a cat', webhook_url: 7 } }, 'webhook_url'],
    ['/v1/images/generations', { model: 'gpt-image-2', input: { prompt: 'a cat', response_format: 'gif' } }, 'response_format'],
    ['/v1/images/edits', { model: 'nano_banana', input: { prompt: 'a cat', images: [] } }, 'image'],
    ['/v1/videos/generate', { model: 'kling-v3', prompt: 'a cat', webhook_url: 7 }, 'webhook_url'],
    ['/v1/audio/generations', { text: 'hi' }, 'model'],
    ['/v1/audio/generations', { model: 'audio-tts', text: 'hi', format: 'midi' }, 'format'],
    ['/v1/audio/generations', { model: 'audio-asr', audio: 'not a url' }, 'audio'],
    ['/v1/audio/transcriptions', { model: 'audio-asr', file: 'https://example.com/a.mp3', response_format: 'xml' }, 'response_format'],
    [
      '/v1/audio/transcriptions',
      { model: 'audio-asr', file: 'https://example.com/a.mp3', response_format: { toString: 1 } },
      'response_format',
    ],
    ['/v1/3d/generate', { image: 'https://example.com/a.png' }, 'model'],
    ['/api/media/generate', { input: { text: 'hi' } }, 'model'],
    ['/v1/gpu/sdxl', { input: 'a cat' }, 'input'],
    ['/v1/video/generations', { model: 'kling-v3', prompt: 'a cat', duration: 0 }, 'duration'],
    ['/v1/video/generations', { model: 'kling-v3', prompt: 'a cat', duration: 61 }, 'duration'],
    ['/v1/videos/generate', { model: 'veo-3-1-i2v', prompt: 'a cat' }, 'image'],
    ['/v1/videos/generate', { model: 'gemini_omni', prompt: 'a cat' }, 'model'],
    ['/v1/videos/generate', { model: 'kling-v3', prompt: 'a cat', webhook_url: 'http://localhost/hook' }, 'webhook_url'],
    ['/v1/audio/generations', { model: 'audio-tts' }, 'text'],
    ['/v1/audio/generations', { model: 'audio-clone', text: 'hi' }, 'audio'],
    ['/v1/audio/generations', { model: 'audio-asr' }, 'audio'],
    ['/v1/audio/speech', { model: 'audio-asr', input: 'hi' }, 'model'],
    ['/v1/3d/generate', { model: 'hunyuan3d-v2-base' }, 'image'],
    ['/v1/3d/generate', { model: 'tripo3d-multiview-to-3d', input: { back_image_url: 'https://example.com/b.png' } }, 'front_image_url'],
  ])('POST %s %j names %s', async (path, body, param) => {
    const refused = await post(account, path, body);
    expect(refused.status, refused.text).toBe(400);
    expect(refused.body.refusal).toMatchObject({ type: 'invalid_request_error', param });
  });

  it.each([
    ['/v1/images/generations', IMAGE, 'init_image'],
    ['/v1/video/generations', { model: 'kling-v3', prompt: 'a cat' }, 'first_frame'],
  ])('POST %s of a form with a file that nobody reads names it', async (path, body, name) => {
    const form = new FormData();
    for (const [field, value] of Object.entries(body)) form.set(field, value);
    form.set(name, new Blob(['a file']), 'a.png');
    const refused = await post(account, path, form);
    expect(refused.status, refused.text).toBe(400);
    expect(refused.body.refusal).toMatchObject({ type: 'invalid_request_error', param: name });
  });

  it('is for an empty file, and not for a field of which no file was chosen', async () => {
    const edit = (mask: File): Promise<{ status: number; body: unknown }> => {
      const form = new FormData();
      form.set('model', 'nano_banana');
      form.set('prompt', 'a cat');
      form.set('image', new Blob(['a picture']), 'a.png');
      form.set('mask', mask);
      return openMediaAccount(worker).then((caller) => post(caller, '/v1/images/edits', form));
    };
    expect(await edit(new File([], 'mask.png'))).toMatchObject({ status: 400, body: { refusal: { param: 'mask' } } });
    expect(await edit(new File([], ''))).toMatchObject({ status: 200 });
  });

  it('says what a number may be, and no limits where it is brought into them', async () => {
    const said = async (path: string, body: object) => (await post(account, path, body)).body.refusal.message;
    expect(await said('/v1/images/generations', { ...IMAGE, n: 'many' })).toBe('The field `n` must be a number.');
    const film = { model: 'kling-v3', prompt: 'a cat', duration: 'long' };
    expect(await said('/v1/video/generations', film)).toBe('The field `duration` must be a number from 1 to 60.');
  });

  it.each([
    'https://localhost/a.png',
    'https://127.0.0.1/a.png',
    'https://2130706433/a.png',
    'https://0x7f.1/a.png',
    'https://0177.0.0.1/a.png',
    'https://10.0.0.8/a.png',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/a.png',
    'https://[::ffff:10.0.0.1]/a.png',
    'https://[fd00::1]/a.png',
    'https://metadata.google.internal/a.png',
    'https://intranet/a.png',
    'https://user:secret@example.com/a.png',
    'file:///etc/passwd',
    'ftp://example.com/a.png',
  ])('meets %s in every field that holds a URL', async (url) => {
    for (const body of [
      { ...IMAGE, reference_images: [url] },
      { model: 'nano_banana', prompt: 'a cat', image: url },
    ]) {
      const refused = await post(account, '/v1/images/generations', body);
      expect(refused.status).toBe(400);
      expect(JSON.stringify(refused.body.refusal)).not.toContain('secret');
    }
    expect((await post(account, '/v1/videos/generate', { model: 'kling-v3', prompt: 'a cat', webhook_url: url })).status).toBe(400);
  });

  it('is 413 for a body that is too large, 415 for a type that is no JSON, and 401 without a key', async () => {
    expect((await post(account, '/v1/images/generations', { ...IMAGE, prompt: 'x'.repeat(120_000) })).status).toBe(413);
    expect(
      (await call(account, 'POST', '/v1/images/generations', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status,
    ).toBe(415);
    expect((await call(account, 'POST', '/v1/images/generations', '[]')).status).toBe(400);
    expect((await call(account, 'POST', '/v1/images/generations', IMAGE, { authorization: 'Bearer nothing' })).status).toBe(401);
  });

  it('is for what a body says, and not for the type that curl gives to it', async () => {
    const curls = { 'content-type': 'application/x-www-form-urlencoded' };
    const paths = ['images/generations', 'images/generate', 'video/generations', 'videos/generate', 'audio/generations', '3d/generate'];
    for (const path of paths) {
      const refused = await call(account, 'POST', `/v1/${path}`, '{"prompt":"a cat"}', curls);
      expect([path, refused.status, refused.body.refusal.param]).toEqual([path, 400, 'model']);
    }
    expect((await call(account, 'POST', '/v1/gpu/sdxl', ' {"input":"a cat"}', curls)).body.refusal.param).toBe('input');
    const other = await openMediaAccount(worker);
    expect((await call(other, 'POST', '/v1/images/generations', JSON.stringify(IMAGE), curls)).status).toBe(200);
  });

  it('is 403 below the Starter tier, 402 without the credits', async () => {
    const free = await openMediaAccount(worker, 1_000, 'free');
    const refused = await post(free, '/v1/images/generations', IMAGE);
    expect([refused.status, refused.body.refusal.type]).toEqual([403, 'access_denied']);
    expect((await post(free, '/v1/3d/generate', { model: 'hunyuan3d-v2-base', image: 'https://example.com/a.png' })).status).toBe(200);
    const poor = await openMediaAccount(worker, 5);
    const short = await post(poor, '/v1/images/generations', { ...IMAGE, n: 2 });
    expect(short.status).toBe(402);
    expect(short.body).toMatchObject({ required: 6, available: 5 });
  });

  it('is 429 beyond the hour of its family, and of no other', async () => {
    const caller = await openMediaAccount(worker);
    const speak = () => post(caller, '/v1/audio/generations', { model: 'audio-tts', text: 'Hello' });
    expect([(await speak()).status, (await speak()).status]).toEqual([200, 200]);
    const limited = await speak();
    expect(limited.status).toBe(429);
    expect(limited.headers.get('x-ratelimit-limit')).toBe('2');
    expect((await post(caller, '/v1/images/generations', { model: 'nano_banana', prompt: 'a cat' })).status).toBe(200);
  });

  it('is not for the names and places that pictures to change may have', async () => {
    const caller = await openMediaAccount(worker);
    const edit = (body: unknown) => post(caller, '/v1/images/edits', body);
    for (const name of ['image', 'image_url', 'input_image', 'input_images', 'reference_image_urls']) {
      const edited = await edit({ model: 'nano_banana', prompt: 'a cat', [name]: DATA_URL });
      expect([name, edited.status]).toEqual([name, 200]);
    }
    const inside = await edit({ model: 'nano_banana', input: { prompt: 'a cat', image: DATA_URL, response_format: 'b64_json' } });
    expect(inside.body.data[0]).toMatchObject({ b64_json: expect.any(String) });
    const key = { authorization: `Bearer ${caller.key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ model: 'nano_banana', input: { prompt: 'a cat', stream: true } });
    const streamed = await fetch(`${caller.baseUrl}/images/generations`, { method: 'POST', headers: key, body });
    expect(streamed.headers.get('content-type')).toContain('text/event-stream');
    expect(await streamed.text()).toContain('[DONE]');
  });

  it('is not for a form as .NET writes it, with names without quotes', async () => {
    const caller = await openMediaAccount(worker);
    const part = (head: string, content: string) => `--XyZ\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
    const send = (path: string, parts: string[]) =>
      post(caller, path, `${parts.join('')}--XyZ--\r\n`, { 'content-type': 'multipart/form-data; boundary="XyZ"' });
    const named = "filename=a.png; filename*=utf-8''%E4%BD%A0%20a.png";
    const fields = [part('name=model', 'nano_banana'), part('name=prompt', 'a cat')];
    const edited = await send('/v1/images/edits', [...fields, part(`name=image; ${named}`, 'a picture')]);
    expect(edited.status, edited.text).toBe(200);
    const stored = await send('/v1/storage', [part(`name=file; ${named}`, 'a picture')]);
    expect(stored).toMatchObject({ status: 201, body: { filename: '\u4f60 a.png', size: 9 } });
  });

  it('is not for a form that is streamed, unless that proves too large', async () => {
    const caller = await openMediaAccount(worker);
    const send = (path: string, name: string, bytes: number) => {
      const form = new FormData();
      form.set('model', 'nano_banana');
      form.set('prompt', 'a cat');
      form.set(name, new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'a.png');
      const { body, headers } = new Response(form);
      return fetch(`${caller.baseUrl}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${caller.key}`, 'content-type': headers.get('content-type')! },
        body,
        duplex: 'half',
      } as RequestInit);
    };
    for (const [path, name, good] of [
      ['/storage', 'file', 201],
      ['/images/edits', 'image', 200],
    ] as const) {
      expect([path, (await send(path, name, 1_000)).status]).toEqual([path, good]);
      expect([path, (await send(path, name, 200_000)).status]).toEqual([path, 413]);
    }
  });

  it('holds nothing and keeps nothing', async () => {
    expect(await account.money()).toEqual({ spentMicro: 0, heldMicro: 0 });
    expect((await call(account, 'GET', '/v1/jobs')).body.data).toEqual([]);
  });
});
