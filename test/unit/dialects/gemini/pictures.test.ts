import { describe, expect, it } from 'vitest';
import { fail } from '../../../../src/core/errors';
import { inGooglesWords, pictureAnswer, readPictureRequest } from '../../../../src/dialects/gemini/pictures';

const user = (...parts: unknown[]) => ({ role: 'user', parts });
const model = (...parts: unknown[]) => ({ role: 'model', parts });
const png = (data: string) => ({ inlineData: { mimeType: 'image/png', data } });
const read = (contents: unknown[], more: Record<string, unknown> = {}) => {
  const fields = readPictureRequest({ contents, ...more }, 'm');
  if (!fields.ok) throw new Error(fields.error.message);
  return fields.value;
};

describe('a picture by generateContent', () => {
  it('is asked for by words, pictures and a shape', () => {
    const config = { candidateCount: 2, seed: 7, temperature: 1, imageConfig: { aspectRatio: '16:9', imageSize: '512' } };
    const file = { file_data: { mime_type: 'image/webp', file_uri: 'https://example.com/a.webp' } };
    const contents = [user({ text: 'a cat' }, png('QQ=='), file, { text: 'like these' })];
    const instruction = { parts: [{ text: 'In oil.' }] };
    expect(read(contents, { system_instruction: instruction, generation_config: config })).toEqual({
      model: 'm',
      prompt: 'In oil.\n\na cat\n\nlike these',
      image_urls: [{ data: 'QQ==', mimeType: 'image/png' }, 'https://example.com/a.webp'],
      n: 2,
      seed: 7,
      aspect_ratio: '16:9',
      resolution: '0.5K',
    });
  });

  it('goes on from the last picture of a conversation, not from what that was made of', () => {
    const contents = [
      user({ text: 'a cat' }, png('first')),
      model({ text: 'Here it is.', thought: true }, png('second')),
      user({ text: 'in red' }),
      model({ text: 'It is red now.' }, png('third')),
      user({ text: 'and larger' }, png('fourth')),
    ];
    expect(read(contents)).toMatchObject({
      prompt: 'and larger',
      image_urls: [
        { data: 'third', mimeType: 'image/png' },
        { data: 'fourth', mimeType: 'image/png' },
      ],
    });
  });

  it('takes a single part for a list of one, and no drafts among thoughts for pictures', () => {
    const contents = [{ role: 'user', parts: { text: 'a cat' } }, model({ ...png('draft'), thought: true }), user({ text: 'in red' })];
    contents.push(user({ text: 'Which red?', thought: true }));
    expect(read(contents)).toMatchObject({ prompt: 'a cat\n\nin red', image_urls: [] });
  });

  it('keeps a conversation without a picture whole, but for what the model said', () => {
    const contents = [user({ text: 'a cat' }), model({ text: 'Which colour?' }), user({ text: 'red' })];
    expect(read(contents)).toMatchObject({ prompt: 'a cat\n\nred', image_urls: [] });
  });

  it.each([
    ['contents', {}],
    ['tools', { contents: [user({ text: 'a' })], tools: [{ googleSearch: {} }] }],
    ['tools', { contents: [user({ text: 'a' })], tools: { googleSearch: {} } }],
    ['cachedContent', { contents: [user({ text: 'a' })], cached_content: 'cachedContents/1' }],
    ['contents', { contents: [user({ text: 'a' }, { inlineData: { mimeType: 'image/png', data: '' } })] }],
    ['contents', { contents: [user({ text: 'a' }, { inline_data: { data: 5 } })] }],
    ['contents', { contents: [user({ text: 'a' }, { functionResponse: { name: 'f', response: {} } })] }],
    ...[['TEXT'], [{ toString: 1 }]].map((responseModalities): [string, Record<string, unknown>] => [
      'generationConfig.responseModalities',
      { contents: [user({ text: 'a' })], generationConfig: { responseModalities } },
    ]),
  ])('is refused for its %s', (param, body) => {
    expect(readPictureRequest(body, 'm')).toMatchObject({ ok: false, error: { kind: 'invalid_request', param } });
  });

  it.each([[[]], [['TEXT', 'IMAGE']], [['Image']]])('takes the modalities %j', (responseModalities) => {
    expect(read([user({ text: 'a' })], { generationConfig: { responseModalities } }).prompt).toBe('a');
  });

  it("has its errors in the words of Google's format", () => {
    const error = fail('invalid_request', 'The field `prompt` is required.', { param: 'prompt' }).error;
    expect(inGooglesWords(error)).toMatchObject({ param: 'contents', message: 'The field `contents` is required.' });
    const other = fail('unknown_model', 'The model `prompt` does not exist.', { param: 'model' }).error;
    expect(inGooglesWords(other)).toBe(other);
  });

  it('is shown as base64 or, where that is too large, by its URL', () => {
    const pictures = [
      { contentType: 'image/png', base64: 'QQ==', url: 'https://x/a.png' },
      { contentType: 'image/jpeg', url: 'https://x/b.jpg' },
    ];
    const { candidates } = pictureAnswer({ id: 'req_1', model: 'm', creditsUsed: 3, pictures });
    expect(candidates).toEqual([
      { content: { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: 'QQ==' } }] }, finishReason: 'STOP', index: 0 },
      {
        content: { role: 'model', parts: [{ fileData: { mimeType: 'image/jpeg', fileUri: 'https://x/b.jpg' } }] },
        finishReason: 'STOP',
        index: 1,
      },
    ]);
  });
});
