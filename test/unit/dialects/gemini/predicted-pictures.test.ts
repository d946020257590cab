import { describe, expect, it } from 'vitest';
import { fail } from '../../../../src/core/errors';
import { inPredictionsWords, predictedAnswer, readPredictedPicture } from '../../../../src/dialects/gemini/predicted-pictures';

const ask = (parameters: Record<string, unknown>, instance: Record<string, unknown> = {}) =>
  readPredictedPicture({ instances: [{ prompt: 'a cat', ...instance }], parameters }, 'm');

describe('a picture by predict', () => {
  it('is asked for by words and a shape', () => {
    const shape = { sampleCount: 2, aspectRatio: '16:9', sampleImageSize: '2K', negativePrompt: 'rain', seed: 7 };
    const usual = { personGeneration: 'ALLOW_ADULT', language: 'auto', includeRaiReason: true, includeSafetyAttributes: false };
    expect(ask({ ...shape, ...usual, outputOptions: { mimeType: 'image/jpeg' } })).toEqual({
      ok: true,
      value: {
        model: 'm',
        prompt: 'a cat',
        n: 2,
        aspect_ratio: '16:9',
        resolution: '2K',
        negative_prompt: 'rain',
        seed: 7,
        output_format: 'jpeg',
      },
    });
  });

  it('may be one instance without its list, as Google takes it', () => {
    expect(readPredictedPicture({ instances: { prompt: 'a cat' } }, 'm')).toEqual({ ok: true, value: { model: 'm', prompt: 'a cat' } });
    expect(readPredictedPicture({ instances: 'a cat' }, 'm')).toMatchObject({ ok: false, error: { param: 'instances' } });
  });

  it('takes null for what is left out', () => {
    const none = { sampleCount: null, outputOptions: { mimeType: null, compressionQuality: null } };
    expect(ask(none)).toEqual({ ok: true, value: { model: 'm', prompt: 'a cat' } });
  });

  it.each([
    ['parameters.personGeneration', { personGeneration: 'dont_allow' }],
    ['parameters.safetySetting', { safetySetting: 'block_low_and_above' }],
    ['parameters.guidanceScale', { guidanceScale: 3 }],
    ['parameters.language', { language: 'ko' }],
    ['parameters.includeSafetyAttributes', { includeSafetyAttributes: true }],
    ['parameters.outputOptions', { outputOptions: 'image/png' }],
    ['parameters.outputOptions.mimeType', { outputOptions: { mimeType: 'image/gif' } }],
    ['parameters.outputOptions.mimeType', { outputOptions: { mimeType: 'constructor' } }],
    ['parameters.outputOptions.compressionQuality', { outputOptions: { compressionQuality: 50 } }],
  ])('is refused for %s: %j', (param, parameters) => {
    expect(ask(parameters)).toMatchObject({ ok: false, error: { kind: 'invalid_request', param } });
  });

  it('is refused for a picture that it would be made without', () => {
    const image = { bytesBase64Encoded: 'QQ==', mimeType: 'image/png' };
    expect(ask({}, { image })).toMatchObject({ ok: false, error: { param: 'instances[0].image' } });
  });

  it("has its errors in the words of Google's format", () => {
    const wrong = (param: string) => inPredictionsWords(fail('invalid_request', `\`${param}\` is wrong.`, { param }).error);
    expect(wrong('n')).toMatchObject({ param: 'parameters.sampleCount', message: '`parameters.sampleCount` is wrong.' });
    expect(wrong('prompt').param).toBe('instances[0].prompt');
  });

  it('is shown as base64 or, where that is too large, by its address', () => {
    const pictures = [
      { contentType: 'image/png', base64: 'QQ==', url: 'https://x/a.png' },
      { contentType: 'image/jpeg', url: 'https://x/b.jpg' },
    ];
    expect(predictedAnswer({ creditsUsed: 3, pictures })).toEqual({
      predictions: [
        { mimeType: 'image/png', bytesBase64Encoded: 'QQ==' },
        { mimeType: 'image/jpeg', uri: 'https://x/b.jpg' },
      ],
      metadata: { creditsUsed: 3 },
    });
  });
});
