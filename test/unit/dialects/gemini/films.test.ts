import { describe, expect, it } from 'vitest';
import { fail } from '../../../../src/core/errors';
import { type FilmOperation, inFilmsWords, jobOfDownload, operationView, readFilmRequest } from '../../../../src/dialects/gemini/films';

const png = (data: string) => ({ bytesBase64Encoded: data, mimeType: 'image/png' });
const ask = (instance: Record<string, unknown>, parameters?: unknown, beside: Record<string, unknown> = {}) =>
  readFilmRequest({ instances: [{ prompt: 'waves', ...instance }], ...(parameters !== undefined && { parameters }), ...beside }, 'm');
const read = (...asked: Parameters<typeof ask>) => {
  const fields = ask(...asked);
  if (!fields.ok) throw new Error(fields.error.message);
  return fields.value;
};

describe('a film by predictLongRunning', () => {
  it('is asked for by words, a shape, and how long it is to be', () => {
    const shape = { aspectRatio: '9:16', durationSeconds: 8, resolution: '720p', negativePrompt: 'rain', seed: 7, generateAudio: false };
    expect(read({}, shape, { webhook_url: 'https://example.com/hook' })).toEqual({
      model: 'm',
      prompt: 'waves',
      reference_images: [],
      aspect_ratio: '9:16',
      duration: 8,
      resolution: '720p',
      negative_prompt: 'rain',
      seed: 7,
      generate_audio: false,
    });
  });

  it.each([
    ["the SDK's bytes", png('QQ=='), { data: 'QQ==', mimeType: 'image/png' }],
    ["the documents' bytes", { inlineData: { mimeType: 'image/webp', data: 'QQ==' } }, { data: 'QQ==', mimeType: 'image/webp' }],
    ['bytes of no type', { bytesBase64Encoded: 'QQ==' }, { data: 'QQ==', mimeType: 'image/png' }],
    ['an address', { gcsUri: 'https://example.com/a.png' }, 'https://example.com/a.png'],
    ['a file', { fileData: { fileUri: 'https://example.com/b.png' } }, 'https://example.com/b.png'],
  ])('has its frames and references as %s', (_, image, source) => {
    const asked = { image, lastFrame: image, referenceImages: [{ image, referenceType: 'ASSET' }, { image }] };
    expect(read(asked)).toMatchObject({ image: source, last_image: source, reference_images: [source, source] });
  });

  it('takes null for what is left out, and what asks for what is made anyhow', () => {
    const none = { image: null, lastFrame: null, referenceImages: null, video: null };
    const usual = { sampleCount: 1, personGeneration: 'ALLOW_ALL', enhancePrompt: true, seed: null, fps: null };
    expect(read(none, usual, { webhookConfig: null })).toEqual({ model: 'm', prompt: 'waves', reference_images: [] });
    expect(read({}, null)).toMatchObject({ prompt: 'waves' });
  });

  it.each([
    ['parameters.sampleCount', { sampleCount: 2 }],
    ['parameters.personGeneration', { personGeneration: 'dont_allow' }],
    ['parameters.enhancePrompt', { enhancePrompt: false }],
    ['parameters.generateAudio', { generateAudio: 'no' }],
    ['parameters.fps', { fps: 24 }],
    ['parameters.toString', { toString: 1 }],
    ['parameters', []],
  ])('is refused for %s: %j', (param, parameters) => {
    expect(ask({}, parameters)).toMatchObject({ ok: false, error: { kind: 'invalid_request', param } });
  });

  it.each([
    ['instances[0].video', { video: { uri: 'https://example.com/a.mp4' } }],
    ['instances[0].image', { image: [png('QQ==')] }],
    ['instances[0].image', { image: { mimeType: 'image/png', bytesBase64Encoded: 5 } }],
    ['instances[0].lastFrame', { lastFrame: 'https://example.com/a.png' }],
    ['instances[0].referenceImages', { referenceImages: png('QQ==') }],
    ['instances[0].referenceImages[0].image', { referenceImages: [png('QQ==')] }],
    [
      'instances[0].referenceImages[1].referenceType',
      { referenceImages: [{ image: png('QQ==') }, { image: png('QQ=='), referenceType: 'STYLE' }] },
    ],
    ...[['asset'], {}, { toString: 1, valueOf: 1 }].map((referenceType): [string, Record<string, unknown>] => [
      'instances[0].referenceImages[0].referenceType',
      { referenceImages: [{ image: png('QQ=='), referenceType }] },
    ]),
  ])('is refused for %s: %j', (param, instance) => {
    expect(ask(instance)).toMatchObject({ ok: false, error: { param } });
  });

  it.each([
    ['instances', {}],
    ['instances', { instances: 'a' }],
    ['instances', { instances: [{ prompt: 'a' }, { prompt: 'b' }] }],
    ['instances', { instances: ['a'] }],
    ['webhookConfig', { instances: [{}], webhookConfig: { uris: ['https://example.com/hook'] } }],
  ])('is refused for %s beside its own: %j', (param, body) => {
    expect(readFilmRequest(body, 'm')).toMatchObject({ ok: false, error: { param } });
  });

  it("has its errors in the words of Google's format", () => {
    const wrong = (param: string) => inFilmsWords(fail('invalid_request', `The field \`${param}\` is wrong.`, { param }).error).message;
    expect(['prompt', 'last_image', 'reference_images', 'duration'].map(wrong)).toEqual([
      'The field `instances[0].prompt` is wrong.',
      'The field `instances[0].lastFrame` is wrong.',
      'The field `instances[0].referenceImages` is wrong.',
      'The field `parameters.durationSeconds` is wrong.',
    ]);
  });
});

describe('an operation', () => {
  const film: FilmOperation = {
    id: 'job_Zz09',
    requestId: 'req_1',
    model: 'm',
    creditsUsed: 16,
    isOver: true,
    error: undefined,
    contentType: 'video/mp4',
    origin: 'https://example.com',
  };

  it('says nothing of an end before there is one', () => {
    expect(operationView({ ...film, isOver: false })).toEqual({
      name: 'models/m/operations/job_Zz09',
      metadata: { '@type': expect.stringMatching(/Metadata$/), requestId: 'req_1', creditsUsed: 16 },
    });
  });

  it("has its film at an address of which Google's client finds the name", () => {
    const { done, response } = operationView(film) as {
      done: boolean;
      response: Record<string, { generatedSamples: { video: { uri: string } }[] }>;
    };
    const [{ video }] = response.generateVideoResponse!.generatedSamples as [{ video: { uri: string } }];
    expect([done, video]).toEqual([
      true,
      { uri: expect.stringMatching(/^https:\/\/example\.com\/v1beta\/files\//), encoding: 'video/mp4' },
    ]);
    // As the SDK does, which takes what is not HTTPS for a name: github.com/googleapis/js-genai, src/_transformers.ts
    const name = /[a-z0-9]+/.exec(video.uri.split('files/')[1]!)![0];
    for (const colon of [':', '%3A']) expect(jobOfDownload(`/v1beta/files/${name}${colon}download`)).toBe(film.id);
    const local = video.uri.replace('https', 'http').replace(/\?.*/, '');
    expect(jobOfDownload(`/api/v1/v1beta/files/${local}`)).toBe(film.id);
  });

  it.each(['/v1beta/files/abc:download', '/v1beta/files/:download', '/v1beta/files/zz:download', '/v1beta/files/6a'])(
    'has no film at %s',
    (path) => expect(jobOfDownload(path)).toBeUndefined(),
  );

  it.each([
    [13, fail('internal', 'why').error],
    [3, fail('upstream_rejected', 'why').error],
    [14, fail('job_failed', 'why').error],
    [13, fail('upstream_overloaded', 'why').error],
    [1, fail('conflict', 'why', { status: 499 }).error],
  ])('ends with the code %i where the job did: %j', (code, error) => {
    expect(operationView({ ...film, error })).toMatchObject({
      done: true,
      error: { code, message: 'why', details: [{ domain: 'gateway' }] },
    });
    expect(operationView({ ...film, error })).not.toHaveProperty('response');
  });
});
