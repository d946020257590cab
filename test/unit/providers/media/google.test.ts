import { describe, expect, it } from 'vitest';
import { googleMedia as google } from '../../../../src/providers/google/media';
import { answer, htmlAnswer, image, PNG, PNG_BASE64, shown, submission } from './support';

const MODEL = 'gemini-3.1-flash-image';
const sent = (input: Parameters<typeof image>[0], model = MODEL) => shown(google.submit(submission(model, image(input))));

/** The shape in https://ai.google.dev/api/generate-content. */
const content = (parts: unknown[], finishReason = 'STOP') => ({
  candidates: [{ content: { role: 'model', parts }, finishReason, index: 0 }],
  usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 1_120, totalTokenCount: 1_128 },
  modelVersion: MODEL,
});
const inlineData = { mimeType: 'image/png', data: PNG_BASE64 };

describe('submit', () => {
  it('asks for a picture by ratio and tier', () => {
    expect(sent({ aspectRatio: '21:9', resolution: '0.5K', seed: 5 })).toMatchInlineSnapshot(`
      {
        "body": {
          "contents": [
            {
              "parts": [
                {
                  "text": "a fox in the snow",
                },
              ],
              "role": "user",
            },
          ],
          "generationConfig": {
            "candidateCount": 1,
            "imageConfig": {
              "aspectRatio": "21:9",
              "imageSize": "512",
            },
            "responseModalities": [
              "IMAGE",
            ],
            "seed": 5,
          },
        },
        "url": "/models/gemini-3.1-flash-image:generateContent",
      }
    `);
    expect(sent({ size: '2048x2048' }, 'gemini-2.5-flash-image')).toMatchInlineSnapshot(`
      {
        "body": {
          "contents": [
            {
              "parts": [
                {
                  "text": "a fox in the snow",
                },
              ],
              "role": "user",
            },
          ],
          "generationConfig": {
            "candidateCount": 1,
            "imageConfig": {
              "aspectRatio": "1:1",
            },
            "responseModalities": [
              "IMAGE",
            ],
          },
        },
        "url": "/models/gemini-2.5-flash-image:generateContent",
      }
    `);
  });

  it('edits pictures', () => {
    expect(sent({ references: [{ bytes: PNG, contentType: 'image/png' }] })).toMatchInlineSnapshot(`
      {
        "body": {
          "contents": [
            {
              "parts": [
                {
                  "inlineData": {
                    "data": "iVBORw0KGgo=",
                    "mimeType": "image/png",
                  },
                },
                {
                  "text": "a fox in the snow",
                },
              ],
              "role": "user",
            },
          ],
          "generationConfig": {
            "candidateCount": 1,
            "responseModalities": [
              "IMAGE",
            ],
          },
        },
        "url": "/models/gemini-3.1-flash-image:generateContent",
      }
    `);
  });

  it('makes no size that the price is not for, however it is asked', () => {
    const asked = {
      imageConfig: { imageSize: '4K', image_size: '4K', aspectRatio: '16:9' },
      image_config: { image_size: '4K' },
      candidate_count: 4,
    };
    const configOf = (input: Parameters<typeof image>[0]) => {
      const request = google.submit(submission(MODEL, image({ ...input, extra: { generationConfig: asked } })));
      return (JSON.parse(String(request.body)) as { generationConfig: Record<string, unknown> }).generationConfig;
    };
    const usual = { candidateCount: 1, responseModalities: ['IMAGE'] };
    expect(configOf({})).toEqual({ ...usual, imageConfig: { aspectRatio: '16:9' } });
    expect(configOf({ resolution: '2K', aspectRatio: '1:1' })).toEqual({ ...usual, imageConfig: { aspectRatio: '1:1', imageSize: '2K' } });
  });

  it("takes a tier of the target's, and of the caller's fields those that are Google's", () => {
    const input = image({ extra: { safetySettings: [], style: 'vivid', generationConfig: { temperature: 0.5, candidateCount: 8 } } });
    const request = google.submit(submission('gemini-3-pro-image', input, { defaults: { imageSize: '4K' } }));
    expect(JSON.parse(String(request.body))).toMatchInlineSnapshot(`
      {
        "contents": [
          {
            "parts": [
              {
                "text": "a fox in the snow",
              },
            ],
            "role": "user",
          },
        ],
        "generationConfig": {
          "candidateCount": 1,
          "imageConfig": {
            "imageSize": "4K",
          },
          "responseModalities": [
            "IMAGE",
          ],
          "temperature": 0.5,
        },
        "safetySettings": [],
      }
    `);
  });

  it('goes beneath the base URL, with a key of its own', () => {
    const base = 'https://generativelanguage.googleapis.com/v1beta';
    const { url } = google.submit(submission(MODEL, image()));
    expect(new URL(base + url).pathname).toBe(`/v1beta/models/${MODEL}:generateContent`);
    expect(google.authorize('AIza')).toEqual({ 'x-goog-api-key': 'AIza' });
  });
});

describe('the answer', () => {
  const read = (given: ReturnType<typeof answer>) => google.readSubmit(given, submission(MODEL, image()));

  it('has the picture, beside words and thoughts', () => {
    const draft = { inlineData: { ...inlineData, data: 'iVBORw0KGgpEUkFGVA==' }, thought: true };
    const parts = [draft, { text: 'Here it is.' }, { inlineData }];
    expect(read(answer(200, content(parts)))).toEqual({ state: 'done', result: { files: [{ bytes: PNG, contentType: 'image/png' }] } });
  });

  it.each([
    ['a refused prompt', { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }, 'caller', 'PROHIBITED_CONTENT'],
    ['a refused picture', content([], 'IMAGE_SAFETY'), 'caller', 'IMAGE_SAFETY'],
    ['no picture', content([{ text: 'I can only describe it.' }], 'NO_IMAGE'), 'next_target', 'NO_IMAGE'],
    ['words alone', content([{ text: 'Sure!' }]), 'next_target', 'STOP'],
    ['nothing', {}, 'next_target', 'no reason given'],
  ])('may have none: %s', (_, body, action, code) => {
    expect(read(answer(200, body))).toMatchObject({ state: 'failed', failure: { action, code, mayHaveStarted: false } });
  });

  it.each([
    ['a bad key', 400, { error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }, 'next_key', false],
    ['a bad field', 400, { error: { code: 400, message: 'Invalid aspect ratio.', status: 'INVALID_ARGUMENT' } }, 'caller', false],
    ['an unknown model', 404, { error: { code: 404, message: 'models/x is not found', status: 'NOT_FOUND' } }, 'next_target', false],
    ['a spent quota', 429, { error: { code: 429, message: 'Quota exceeded', status: 'RESOURCE_EXHAUSTED' } }, 'backoff_key', false],
    ['no capacity', 503, { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }, 'retry', false],
    ['a fault', 500, { error: { code: 500, message: 'Internal error', status: 'INTERNAL' } }, 'retry', false],
  ])('may be a failure: %s', (_, status, body, action, mayHaveStarted) => {
    expect(read(answer(status, body))).toMatchObject({ state: 'failed', failure: { action, mayHaveStarted } });
  });

  it('may be lost on its way', () => {
    expect(read(htmlAnswer(502))).toMatchObject({ state: 'failed', failure: { mayHaveStarted: true } });
  });
});
