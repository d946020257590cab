import { expect, it } from 'vitest';
import { openrouterImageModel, openrouterVideoModel } from '../../../src/dialects/openrouter/media-models';

const model = { id: 'm', label: 'M', created: 1 };
const film = { ...model, resolutions: undefined, lengths: undefined, takesLastFrame: false };

it('a model for pictures names only what it is known to take', () => {
  const facts = { ...model, sizes: undefined, aspectRatios: undefined, resolutions: ['0.5K', '1K'], references: 0, pictures: 10 };
  expect(openrouterImageModel(facts)).toMatchObject({
    architecture: { input_modalities: ['text'] },
    supported_parameters: {
      n: { type: 'range', min: 1, max: 10 },
      resolution: { type: 'enum', values: ['512', '1K'] },
      stream: { type: 'boolean' },
    },
  });
  expect(openrouterImageModel({ ...facts, references: 4 }).architecture.input_modalities).toEqual(['text', 'image']);
});

it.each([
  [{ per: 'clip', micro: 16_000_000 }, { clip: '0.16' }],
  [{ per: 'second', micro: 200_000_000 }, { second: '2' }],
  [{ per: 'request', micro: 1 }, { request: '0.00000001' }],
  [
    { per: 'second', micro: 5, tierMicro: { '720p': 10_000_000, '1080p': 0 } },
    { second_720p: '0.1', second_1080p: '0' },
  ],
])('a film at %j costs %j', (price, skus) => {
  expect(openrouterVideoModel({ ...film, price })).toMatchObject({ pricing_skus: skus, supported_frame_images: ['first_frame'] });
});
