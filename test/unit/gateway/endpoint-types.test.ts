import { describe, expect, it } from 'vitest';
import { endpointTypes } from '../../../src/gateway/endpoint-types';

describe('the formats of a model in the words of new-api', () => {
  it.each([
    [
      ['/v1/chat/completions', '/v1/responses', '/v1beta/models', '/v1/completions'],
      ['openai', 'openai-response', 'gemini'],
    ],
    [['/v1/messages'], ['anthropic']],
    [
      ['/v1/embeddings', '/v1beta/models'],
      ['openai', 'gemini'],
    ],
    [
      ['/v1/images/generations', '/v1beta/models'],
      ['image-generation', 'gemini'],
    ],
  ])('are those of its endpoints, its own first: %j', (endpoints, types) => {
    expect(endpointTypes(endpoints)).toEqual(types);
  });

  it.each([[[]], [['/v1/videos/generate', '/v1beta/models']], [['/v1/audio/generations']], [['/v1/gpu/{slug}']]])(
    'are none where its own has no word, so that nobody takes it for a model of words: %j',
    (endpoints) => {
      expect(endpointTypes(endpoints)).toEqual([]);
    },
  );
});
