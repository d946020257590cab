import { describe, expect, it } from 'vitest';
import { fail } from '../../../src/core/errors';
import { inWords } from '../../../src/dialects/in-words';
import { readImagesRequest } from '../../../src/dialects/openrouter/images';
import { readVideosRequest, type VideoFacts, videosPlaces, videoView } from '../../../src/dialects/videos';

const part = (url: string) => ({ type: 'image_url', image_url: { url } });
const FIRST = 'https://example.com/first.png';
const LAST = 'https://example.com/last.png';

describe('a request for a film', () => {
  it.each([
    ['a URL', FIRST],
    ["OpenAI's object", { image_url: FIRST }],
    ['a part', part(FIRST)],
  ])('has its first frame as %s', (_, input_reference) => {
    expect(readVideosRequest({ model: 'm', prompt: 'p', seconds: '8', input_reference })).toEqual({
      ok: true,
      value: { model: 'm', prompt: 'p', seconds: '8', image: FIRST },
    });
  });

  it("has frames, references and a webhook in OpenRouter's words, and nothing that is OpenRouter's alone", () => {
    const frame_images = [
      { ...part(LAST), frame_type: 'last_frame' },
      { ...part(FIRST), frame_type: 'first_frame' },
    ];
    const own = { provider: {}, session_id: 's', trace: { trace_id: 't' }, user: 'u' };
    const words = { frame_images, input_references: [part(FIRST)], callback_url: 'https://example.com/hook' };
    expect(readVideosRequest({ model: 'm', duration: 5, ...words, ...own })).toEqual({
      ok: true,
      value: {
        model: 'm',
        duration: 5,
        image: FIRST,
        last_image: LAST,
        reference_images: [FIRST],
        webhook_url: 'https://example.com/hook',
      },
    });
  });

  it.each([
    ['frame_images', { frame_images: [part(FIRST)] }],
    ['frame_images', { frame_images: part(FIRST) }],
    ['frame_images', { frame_images: [FIRST] }],
    ['frame_images', { frame_images: [FIRST, LAST].map((url) => ({ ...part(url), frame_type: 'first_frame' })) }],
    ['frame_images', { frame_images: [{ ...part(FIRST), frame_type: { toString: 1 } }] }],
    ['frame_images', { input_reference: LAST, frame_images: [{ ...part(FIRST), frame_type: 'first_frame' }] }],
    ['callback_url', { callback_url: 5 }],
  ])('is refused for %s that would be left out: %j', (param, words) => {
    expect(readVideosRequest({ model: 'm', ...words })).toMatchObject({ ok: false, error: { param } });
  });

  it('leaves a picture that has no address to be refused where addresses are read', () => {
    const stored = { file_id: 'file_1' };
    expect(readVideosRequest({ input_reference: stored, input_references: [stored] })).toEqual({
      ok: true,
      value: { image: stored, reference_images: [stored] },
    });
    expect(readImagesRequest({ input_references: stored })).toEqual({ ok: true, value: { image_urls: stored } });
  });

  it('takes null and nothing for fields that are left out', () => {
    const native = { model: 'm', image: FIRST, reference_images: [LAST] };
    const none = { input_reference: '', frame_images: null, input_references: null, callback_url: '' };
    expect(readVideosRequest({ ...native, ...none })).toEqual({ ok: true, value: native });
    const frame_images = [{ ...part(FIRST), frame_type: 'first_frame' }];
    expect(readVideosRequest({ ...none, frame_images })).toEqual({ ok: true, value: { image: FIRST } });
    const pictures = { image_urls: [FIRST] };
    expect(readImagesRequest({ ...pictures, input_references: null })).toEqual({ ok: true, value: pictures });
  });

  it('has its errors in the words that it was written in', () => {
    const places = (words: Record<string, unknown>) => videosPlaces({ image: FIRST, ...words }, false);
    expect(places({})).toEqual({});
    expect(places({ frame_images: [] }).image).toBe('frame_images');
    expect(places({ frame_images: [], input_reference: FIRST }).image).toBe('input_reference');
    const error = fail('invalid_request', 'The field `image` must be a URL.', { param: 'image' }).error;
    expect(inWords(error, places({ input_reference: 5 }))).toMatchObject({
      param: 'input_reference',
      message: 'The field `input_reference` must be a URL.',
    });
    expect(inWords(error, places({}))).toBe(error);
  });

  it('is refused where it says who is to make it', () => {
    for (const read of [readVideosRequest, readImagesRequest])
      expect(read({ model: 'm', provider: { options: { google: {} } } })).toMatchObject({ ok: false, error: { param: 'provider' } });
  });
});

it("a request for a picture has OpenRouter's references and half tier", () => {
  expect(readImagesRequest({ model: 'm', input_references: [part(FIRST)], resolution: '512' })).toEqual({
    ok: true,
    value: { model: 'm', image_urls: [FIRST], resolution: '0.5K' },
  });
  expect(readImagesRequest({ model: 'm', resolution: '2K' })).toEqual({ ok: true, value: { model: 'm', resolution: '2K' } });
});

describe('a film', () => {
  const facts: VideoFacts = {
    id: 'job_1',
    requestId: 'req_1',
    model: 'm',
    state: 'failed',
    createdAtMs: 5_999,
    endedAtMs: 8_001,
    prompt: 'p',
    seconds: 8,
    size: '1280x720',
    urls: [],
    pollUrl: 'https://x/v1/videos/job_1',
    creditsUsed: 0,
    error: { code: 'upstream_failed', message: 'No.' },
  };

  it('says why it failed as its client reads it', () => {
    expect(videoView(facts, false)).toMatchObject({ status: 'failed', error: facts.error, created_at: 5, completed_at: null, progress: 0 });
    expect(videoView(facts, true)).toMatchObject({ error: 'No.' });
  });

  it.each([
    ['queued', 'queued', 'pending'],
    ['running', 'in_progress', 'in_progress'],
    ['canceled', 'failed', 'cancelled'],
    ['expired', 'failed', 'expired'],
    ['failed', 'failed', 'failed'],
    ['completed', 'completed', 'completed'],
  ] as const)('that is %s has the status that its client knows', (state, openais, openrouters) => {
    expect([false, true].map((isOpenrouters) => videoView({ ...facts, state }, isOpenrouters).status)).toEqual([openais, openrouters]);
  });

  it('has no error and a file when it is done', () => {
    const made = { ...facts, state: 'completed', error: null, urls: ['https://x/a.mp4'], creditsUsed: 16 } as const;
    const done = videoView(made, false);
    expect(done).toHaveProperty('error', null);
    expect(videoView(made, true)).not.toHaveProperty('error');
    expect(done).toMatchObject({ status: 'completed', completed_at: 8, progress: 100, seconds: '8', unsigned_urls: ['https://x/a.mp4'] });
    expect(done.usage).toEqual({ cost: 0.16, creditsUsed: 16 });
  });
});
