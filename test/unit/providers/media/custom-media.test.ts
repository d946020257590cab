import { describe, expect, it } from 'vitest';
import type { MediaAdapter, MediaInput } from '../../../../src/providers/media/types';
import { buildRegistry } from '../../../../src/providers/registry';
import { answer, FOX, htmlAnswer, image, OWL, shown, submission, threeD, video } from './support';

const FARM = {
  id: 'custom-farm',
  label: 'Our farm',
  baseUrl: 'https://farm.example.com/api/',
  apiKey: 'farm-key',
  kinds: ['image', 'video', '3d'],
  submit: {
    path: '/v1/{model}/jobs',
    modelField: 'model',
    referenceField: 'client_id',
    callbackField: 'notify_url',
    inputField: 'input',
    fields: {
      prompt: 'text',
      count: { name: 'n', max: 2 },
      size: { name: 'dimensions', form: 'x' },
      duration: { name: 'seconds', form: 'text', offered: [5, 10] },
      firstFrame: 'start',
      references: { name: 'pictures', form: 'list' },
      image: 'picture',
    },
    body: { priority: 'low' },
  },
  answer: { id: 'data.task.id', status: 'data.state', outputs: 'data.files[].url', error: 'data.problem.text' },
  states: { running: ['Simmering'], succeeded: ['Served'], failed: ['Burnt'], canceled: ['Sent back'] },
  poll: { path: '/v1/jobs/{id}' },
  cancel: { path: '/v1/jobs/{id}', method: 'DELETE' },
  models: [
    { id: 'flux-2-pro', upstreamModel: 'us/flux 2' },
    { id: 'kling-v3', upstreamModel: 'kling', upstreamModelWithReferences: 'kling-i2v', fields: { prompt: 'words' }, defaults: { cfg: 5 } },
    { id: 'hunyuan3d-v2-base' },
  ],
};

const registryOf = (...providers: object[]) => buildRegistry({ CUSTOM_MEDIA_PROVIDERS: JSON.stringify(providers) });
const adapterOf = (provider: object): MediaAdapter => registryOf(provider).providers.get('custom-farm')!.spec.media!;
const farm = adapterOf(FARM);
const sent = (model: string, input: MediaInput, rest = {}) => shown(farm.submit(submission(model, input, rest)));
const JOB = { id: '7', model: 'kling', kind: 'video', seconds: 5 };
const data = (fields: object) => ({ data: { task: { id: 7 }, ...fields } });

describe('submit', () => {
  it('asks for pictures under the names that were given', () => {
    expect(
      sent('us/flux 2', image({ count: 4, size: '1536x1024', references: [FOX, OWL], extra: { style: 'ink', num_images: 9 } })),
    ).toMatchInlineSnapshot(`
      {
        "body": {
          "client_id": "job_1",
          "input": {
            "dimensions": "1536x1024",
            "n": 2,
            "pictures": [
              "https://example.com/fox.png",
              "https://example.com/owl.png",
            ],
            "style": "ink",
            "text": "a fox in the snow",
          },
          "model": "us/flux 2",
          "priority": "low",
        },
        "url": "/v1/us/flux%202/jobs",
      }
    `);
  });

  it("asks for films, under the model's own names where it has some", () => {
    const callbackUrl = 'https://gateway.example.com/callbacks/1';
    expect(sent('kling', video({ durationSeconds: 7, firstFrame: FOX }), { callbackUrl, defaults: { cfg: 5 } })).toMatchInlineSnapshot(`
      {
        "body": {
          "client_id": "job_1",
          "input": {
            "cfg": 5,
            "seconds": "5",
            "start": "https://example.com/fox.png",
            "words": "a fox runs",
          },
          "model": "kling",
          "notify_url": "https://gateway.example.com/callbacks/1",
          "priority": "low",
        },
        "url": "/v1/kling/jobs",
      }
    `);
  });

  it('asks for 3D', () => {
    expect(sent('hunyuan3d-v2-base', threeD({ image: FOX }))).toMatchInlineSnapshot(`
      {
        "body": {
          "client_id": "job_1",
          "input": {
            "picture": "https://example.com/fox.png",
          },
          "model": "hunyuan3d-v2-base",
          "priority": "low",
        },
        "url": "/v1/hunyuan3d-v2-base/jobs",
      }
    `);
  });

  it('says everything in the body itself unless told otherwise', () => {
    const flat = adapterOf({ ...FARM, submit: { path: '/run', fields: {}, body: { steps: 4 } } });
    expect(shown(flat.submit(submission('us/flux 2', image({ extra: { steps: 50 } }))))).toMatchInlineSnapshot(`
      {
        "body": {
          "prompt": "a fox in the snow",
          "steps": 4,
        },
        "url": "/run",
      }
    `);
  });

  it('repeats a lost one only where the vendor knows our id', () => {
    expect(farm.lostSubmit).toBe('may_have_started');
    const repeatable = adapterOf({ ...FARM, submit: { ...FARM.submit, idempotencyHeader: 'Idempotency-Key' } });
    expect(repeatable.lostSubmit).toBe('repeatable');
    expect(repeatable.submit(submission('kling', video())).headers).toEqual({ 'Idempotency-Key': 'job_1' });
  });

  it('brings the key as the vendor wants it', () => {
    expect(farm.authorize('k')).toEqual({ authorization: 'Bearer k' });
    expect(adapterOf({ ...FARM, auth: { header: 'X-Key' } }).authorize('k')).toEqual({ 'X-Key': 'k' });
    expect(adapterOf({ ...FARM, auth: { header: 'Authorization', prefix: 'Key ' } }).authorize('k')).toEqual({ Authorization: 'Key k' });
  });
});

describe('the answer to a submit', () => {
  const read = (status: number, body: unknown) => farm.readSubmit(answer(status, body), submission('kling', video()));

  it.each([200, 201, 202])('names the job (%d)', (status) => {
    expect(read(status, data({ state: 'queued' }))).toEqual({ state: 'running', job: JOB });
  });

  it('names the job even in a state that nobody knows, or in none', () => {
    expect(read(200, data({ state: 'pondering' }))).toEqual({ state: 'running', job: JOB });
    expect(read(200, data({}))).toEqual({ state: 'running', job: JOB });
    expect(read(200, data({ state: 'success' }))).toEqual({ state: 'running', job: JOB });
  });

  it('may be the result', () => {
    expect(read(200, data({ state: 'served', files: [{ url: 'https://farm.example.com/1.mp4' }] }))).toEqual({
      state: 'done',
      result: { files: [{ url: 'https://farm.example.com/1.mp4' }], usage: { seconds: 5 } },
    });
  });

  it('without an id may have started work', () => {
    expect(read(200, { data: {} })).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
    expect(farm.readSubmit(htmlAnswer(200), submission('kling', video()))).toMatchObject({ failure: { mayHaveStarted: true } });
  });

  it.each([
    ['a bad key', 401, 'bad key', { action: 'next_key', mayHaveStarted: false }],
    ['a bad field', 400, 'bad field', { action: 'caller', mayHaveStarted: false }],
    ['a model that is gone', 404, 'no such model', { action: 'next_target', mayHaveStarted: false }],
    ['a spent balance', 403, 'Insufficient balance', { action: 'next_key', mayHaveStarted: false }],
    ['a fault', 500, 'fault', { mayHaveStarted: true }],
  ])('may be a refusal: %s', (_, status, message, failure) => {
    expect(read(status, { error: { message } })).toMatchObject({ state: 'failed', failure });
  });
});

describe('poll', () => {
  const read = (fields: object, status = 200) => farm.readPoll!(answer(status, data(fields)), JOB);

  it('asks about the job, and gives it up', () => {
    expect(farm.poll!({ ...JOB, id: 'a/b' })).toEqual({ method: 'GET', url: '/v1/jobs/a%2Fb' });
    expect(farm.cancel!(JOB)).toEqual({ method: 'DELETE', url: '/v1/jobs/7' });
  });

  it.each(['Simmering', 'simmering', 'queued', 'IN_PROGRESS'])('goes on while %s', (state) => {
    expect(read({ state })).toEqual({ state: 'running', job: JOB });
  });

  it.each(['Served', 'succeeded', 'COMPLETED'])('ends with files when %s', (state) => {
    expect(read({ state, files: [{ url: 'https://farm.example.com/1.mp4' }, { url: 'nothing' }, 3] })).toMatchObject({
      state: 'done',
      result: { files: [{ url: 'https://farm.example.com/1.mp4' }] },
    });
  });

  it.each(['Burnt', 'failed'])('ends in words when %s', (state) => {
    expect(read({ state, problem: { text: 'NSFW content' } })).toMatchObject({
      state: 'failed',
      failure: { action: 'caller', message: 'NSFW content' },
    });
    expect(read({ state })).toMatchObject({ failure: { action: 'next_target', message: 'The provider gave no reason.' } });
  });

  it.each(['Sent back', 'cancelled'])('ends when %s', (state) => {
    expect(read({ state })).toEqual({ state: 'canceled' });
  });

  it('knows states that are numbers, or a yes', () => {
    const counting = adapterOf({ ...FARM, states: { running: ['1', 'false'], succeeded: ['2', 'true'], failed: ['-1'] } });
    const stateOf = (state: unknown): string => counting.readPoll!(answer(200, data({ state })), JOB).state;
    expect([1, 2, -1, false, true, 7].map(stateOf)).toEqual(['running', 'done', 'failed', 'running', 'done', 'unknown']);
  });

  it('learns nothing from any other answer', () => {
    expect(read({ state: 'pondering' })).toMatchObject({ state: 'unknown' });
    expect(read({ state: 'served' }, 503)).toMatchObject({ state: 'unknown' });
    expect(farm.readPoll!(htmlAnswer(200), JOB)).toMatchObject({ state: 'unknown' });
  });

  it('goes by files and errors where there is no state', () => {
    const { readPoll } = adapterOf({
      ...FARM,
      poll: { path: '/jobs/{id}', answer: { outputs: 'images', outputsNeedKey: true, error: 'error' } },
    });
    expect(readPoll!(answer(200, {}), JOB)).toEqual({ state: 'running', job: JOB });
    expect(readPoll!(answer(200, { error: { code: 3 } }), JOB)).toMatchObject({ state: 'failed', failure: { message: '{"code":3}' } });
    expect(readPoll!(answer(200, { images: ['https://farm.example.com/1.png'] }), JOB)).toMatchObject({
      state: 'done',
      result: { files: [{ url: 'https://farm.example.com/1.png', authorized: true }] },
    });
  });
});

describe('a vendor that answers at once', () => {
  const { poll: _, cancel: __, ...rest } = FARM;
  const direct = adapterOf({ ...rest, sources: 'data', submitTimeoutSeconds: 300, answer: { outputs: 'images.0', outputForm: 'base64' } });

  it('is not asked again', () => {
    expect(direct.poll).toBeUndefined();
    expect(direct.cancel).toBeUndefined();
    expect(direct).toMatchObject({ sources: 'bytes', submitTimeoutMs: 300_000 });
  });

  it('has files as base64', () => {
    const read = (body: unknown) => direct.readSubmit(answer(200, body), submission('us/flux 2', image()));
    expect(read({ images: ['iVBORw0KGgo=', 'iVBORw0KGgo='] })).toMatchObject({
      state: 'done',
      result: { files: [{ contentType: 'image/png' }] },
    });
    expect(read({ id: 'x', images: [] })).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
  });
});

describe('CUSTOM_MEDIA_PROVIDERS', () => {
  it("goes before the catalogue's chains", () => {
    const registry = registryOf(FARM);
    expect(registry.configuredProviders).toEqual(['custom-farm']);
    expect(registry.providers.get('custom-farm')).toMatchObject({ baseUrl: 'https://farm.example.com/api', apiKeys: ['farm-key'] });
    expect(registry.models.find('kling-v3')!.chain[0]).toEqual({
      provider: 'custom-farm',
      model: 'kling',
      modelWithReferences: 'kling-i2v',
      defaults: { cfg: 5 },
    });
    expect(registry.models.find('kling-v3')!.chain[1]?.provider).toBe('wavespeed');
  });

  const { submit, ...withoutSubmit } = FARM;
  const [model] = FARM.models;
  it.each([
    ['not JSON', '[', 'CUSTOM_MEDIA_PROVIDERS: not valid JSON'],
    ['no list', FARM, 'CUSTOM_MEDIA_PROVIDERS: Invalid input'],
    ['a missing field', [withoutSubmit], 'CUSTOM_MEDIA_PROVIDERS[0].submit: '],
    ['an unknown field', [{ ...FARM, submit: { ...submit, verb: 'PUT' } }], 'CUSTOM_MEDIA_PROVIDERS[0].submit: Unrecognized key: "verb"'],
    ['a foreign id', [{ ...FARM, id: 'fal' }], 'CUSTOM_MEDIA_PROVIDERS[0].id: must look like'],
    ['an id twice', [FARM, FARM], 'CUSTOM_MEDIA_PROVIDERS[1].id: custom-farm is there twice'],
    ['a whole URL', [{ ...FARM, submit: { ...submit, path: 'https://x.test/' } }], 'CUSTOM_MEDIA_PROVIDERS[0].submit.path: must be a path'],
    ['a host as a path', [{ ...FARM, poll: { path: '//x.test/' } }], 'CUSTOM_MEDIA_PROVIDERS[0].poll.path: must be a path'],
    ['an unknown placeholder', [{ ...FARM, poll: { path: '/{job}' } }], 'CUSTOM_MEDIA_PROVIDERS[0].poll.path: knows no other placeholder'],
    ['an id too early', [{ ...FARM, submit: { ...submit, path: '/{id}' } }], 'CUSTOM_MEDIA_PROVIDERS[0].submit.path: has no {id} yet'],
    ['no place', [{ ...FARM, answer: { outputs: '$.files[*]' } }], 'CUSTOM_MEDIA_PROVIDERS[0].answer.outputs: must look like'],
    ['a header of ours', [{ ...FARM, headers: { Host: 'x' } }], 'CUSTOM_MEDIA_PROVIDERS[0].headers.Host'],
    ['plain http', [{ ...FARM, baseUrl: 'http://farm.example.com' }], 'CUSTOM_MEDIA_PROVIDERS[0].baseUrl: plain http'],
    ['a kind of nothing', [{ ...FARM, kinds: ['smell'] }], 'CUSTOM_MEDIA_PROVIDERS[0].kinds[0]'],
    [
      'a model of nobody',
      [{ ...FARM, models: [{ id: 'mine' }] }],
      'CUSTOM_MEDIA_PROVIDERS[0].models[0].id: the catalogue has no model mine',
    ],
    ['a model without a price', [{ ...FARM, models: [{ id: 'gemini_omni' }] }], 'models[0].id: gemini_omni is listed without a price'],
    ['a model of another kind', [{ ...FARM, models: [{ id: 'audio-tts' }] }], 'models[0].id: audio-tts is a model of the kind tts'],
    ['a chat model', [{ ...FARM, models: [{ id: 'gpt-5' }] }], 'models[0].id: gpt-5 is a model of the kind chat'],
    ['a model twice', [{ ...FARM, models: [model, model] }], 'CUSTOM_MEDIA_PROVIDERS[0].models[1].id: flux-2-pro is there twice'],
  ])('names the field at fault: %s', (_, value, message) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    expect(() => buildRegistry({ CUSTOM_MEDIA_PROVIDERS: text })).toThrow(message);
  });

  it('shares no id with a custom provider of language', () => {
    const language = [{ id: 'custom-farm', baseUrl: 'https://x.test', models: [{ id: 'gpt-5' }] }];
    expect(() => buildRegistry({ CUSTOM_PROVIDERS: language, CUSTOM_MEDIA_PROVIDERS: [FARM] })).toThrow(
      'CUSTOM_MEDIA_PROVIDERS[0].id: custom-farm is there twice',
    );
  });
});
