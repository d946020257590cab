import { expect, it } from 'vitest';
import { type ModelFacts, openrouterModel } from '../../../src/dialects/openrouter/model';

const facts: ModelFacts = {
  ...{ id: 'm', label: 'M', capabilities: [], embeds: false, contextTokens: undefined, maxOutputTokens: undefined },
  ...{ inputMicro: 0, outputMicro: 0, cacheReadMicro: 0 },
};

it.each([
  [{ capabilities: ['vision'] }, 'text+image->text', ['text'], ['max_tokens', 'stop', 'temperature', 'top_p']],
  [{ embeds: true }, 'text->embeddings', ['embeddings'], []],
])('a model of %j is listed as %s', (told, modality, outputs, parameters) => {
  expect(openrouterModel({ ...facts, ...told })).toMatchObject({
    architecture: { modality, output_modalities: outputs },
    supported_parameters: parameters,
  });
});
