import { describe, expect, it } from 'vitest';
import { planCall } from '../../../src/gateway/plan';
import { endpointsOf } from '../../../src/gateway/reach';
import { endpointOf } from '../../../src/http/endpoints';
import { callOf, registryOf } from './support';

const MEDIA = ['image', 'video', 'audio', '3d', 'gpu'];
const CASES = [
  {},
  { OPENAI_API_KEY: 'k' },
  { OPENROUTER_API_KEY: 'k' },
  { GOOGLE_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', OPENAI_API_KEY: 'k' },
];

describe('the endpoints of a model', () => {
  it.each(CASES)('are those at which it is planned: %o', (env) => {
    const registry = registryOf(env);
    for (const model of registry.models.all.filter(({ family, price }) => price && !MEDIA.includes(family))) {
      const endpoints = endpointsOf(registry, model, false);
      for (const path of ['/v1/chat/completions', '/v1/responses', '/v1/messages', '/v1beta/models', '/v1/embeddings', '/v1/completions']) {
        const { dialect, pick } = endpointOf(path)!;
        const url = `${path}/m:${model.family === 'embedding' ? 'embedContent' : 'generateContent'}`;
        const planned = planCall(registry, pick?.({ body: '{}', url }) ?? dialect, callOf({ model: model.id }), false);
        // Every model is planned as a chat call, which may not suit it: only refusals for the endpoint or provider count.
        const refused = !planned.ok && ['wrong_endpoint', 'no_provider'].includes(planned.error.kind);
        expect(refused, `${model.id} at ${path}`).toBe(!endpoints.includes(path));
        if (!planned.ok && endpoints.length > 0) expect(planned.error.kind).not.toBe('no_provider');
      }
    }
  });

  it('are all that a provider of both formats serves', () => {
    const endpointsFor = (id: string, env: Record<string, unknown>) => {
      const registry = registryOf(env);
      return endpointsOf(registry, registry.models.find(id)!, false);
    };
    for (const id of ['gpt-5.5-pro', 'gpt-5.5'])
      expect(endpointsFor(id, { OPENAI_API_KEY: 'k' })).toEqual(['/v1/chat/completions', '/v1/responses', '/v1beta/models']);
    expect(endpointsFor('claude-opus-4-6', { OPENROUTER_API_KEY: 'k' })).toEqual(['/v1/messages']);
    expect(endpointsFor('gpt-5.5', {})).toEqual([]);
  });
});
