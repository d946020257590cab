import { describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/dialect';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { openaiCompletions } from '../../../src/dialects/openai-completions/dialect';
import { estimateMicro, type Plan, planCall, upstreamRequest } from '../../../src/gateway/plan';
import { callOf, registryOf } from './support';

const BOTH = { OPENAI_API_KEY: 'k', OPENROUTER_API_KEY: 'k' };

/** One and ten micro-credits a token. */
const NO_BRIDGE = { request: () => ({ body: '' }), readAnswer: () => undefined, renderAnswer: () => '' };

const CUSTOM =
  '[{"id":"custom-own","baseUrl":"https://own.test","models":[{"id":"of-my-own","inputUsdPerMtok":0.01,"outputUsdPerMtok":0.1}]}]';

function planFor(model: string, env: Record<string, unknown> = BOTH, sandbox = false): Plan {
  const planned = planCall(registryOf(env), openaiChat, callOf({ model }), sandbox);
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.value;
}

function refusalFor(model: string, env: Record<string, unknown> = BOTH, sandbox = false) {
  const planned = planCall(registryOf(env), openaiChat, callOf({ model }), sandbox);
  if (planned.ok) throw new Error('it was planned');
  return planned.error;
}

const targetsOf = ({ targets }: Plan) => targets.map(({ provider, model }) => [provider.spec.id, model]);

describe('the targets of a call', () => {
  it('are the chain of its model, in order, as far as it is configured', () => {
    expect(targetsOf(planFor('gpt-5.4'))).toEqual([
      ['openai', 'gpt-5.4'],
      ['openrouter', 'openai/gpt-5.4'],
    ]);
    expect(targetsOf(planFor('gpt-5.4', { OPENROUTER_API_KEY: 'k' }))).toEqual([['openrouter', 'openai/gpt-5.4']]);
  });

  it("have the operator's own providers in front", () => {
    const env = {
      ...BOTH,
      CUSTOM_PROVIDERS: '[{"id":"custom-own","baseUrl":"https://own.test","models":[{"id":"gpt-5.4","upstreamModel":"mine"}]}]',
    };
    expect(targetsOf(planFor('gpt-5.4', env))[0]).toEqual(['custom-own', 'mine']);
  });

  it('are the sandbox alone for a sandbox call, whatever is configured', () => {
    for (const env of [{}, BOTH]) expect(targetsOf(planFor('gpt-5.4', env, true))).toEqual([['sandbox', 'gpt-5.4']]);
  });

  it('are never the sandbox for another', () => {
    expect(refusalFor('gpt-5.4', {})).toMatchObject({ kind: 'no_provider', param: 'model' });
    expect(refusalFor('gpt-5.4', { XAI_API_KEY: 'k' }).kind).toBe('no_provider');
  });
});

describe('the format in which a target is asked', () => {
  const TOOLS = '{"model":"gpt-5.5","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"look"}}]}';
  const wiresFor = (model: string, body?: string, env: Record<string, unknown> = BOTH) => {
    const planned = planCall(registryOf(env), openaiChat, callOf({ model }, body), false);
    if (!planned.ok) throw new Error(planned.error.message);
    return planned.value.targets.map(({ provider, wire, other }) => [provider.spec.id, wire.id, other?.()?.wire.id]);
  };

  it("is the client's own, where the target speaks it", () => {
    expect(wiresFor('gpt-5.5')).toEqual([
      ['openai', 'openai-chat', 'openai-responses'],
      ['openrouter', 'openai-chat', 'openai-responses'],
    ]);
    expect(wiresFor('gpt-5.2', TOOLS)).toEqual(wiresFor('gpt-5.5'));
  });

  it.each(['gpt-5.4', 'gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-5.4-official', 'gpt-5.5'])('is the one in which %s takes tools', (model) => {
    expect(wiresFor(model, TOOLS)).toEqual([
      ['openai', 'openai-responses', 'openai-chat'],
      ['openrouter', 'openai-chat', 'openai-responses'],
    ]);
    const several = TOOLS.replace('"model"', '"n":2,"model"');
    expect(wiresFor(model, several)[0]).toEqual(['openai', 'openai-chat', undefined]);
  });

  it('is the only one in which it serves the model', () => {
    for (const model of ['gpt-5.5-pro', 'gpt-5.3-codex'])
      expect(wiresFor(model, undefined, { OPENAI_API_KEY: 'k' })).toEqual([['openai', 'openai-responses', undefined]]);
  });
});

describe('a refused call', () => {
  it('is told where its model is served, where that is in another format', () => {
    const env = { OPENAI_API_KEY: 'k' };
    const planned = planCall(registryOf(env), openaiCompletions, callOf({ model: 'gpt-5.5-pro' }), false);
    expect(planned).toMatchObject({ ok: false, error: { kind: 'wrong_endpoint', param: 'model' } });
    expect(!planned.ok && planned.error.message).toContain('use /v1/chat/completions or /v1/responses or /v1beta/models');
    const unconfigured = planCall(registryOf({}), openaiCompletions, callOf({ model: 'gpt-5.5-pro' }), false);
    expect(unconfigured).toMatchObject({ ok: false, error: { kind: 'no_provider' } });
  });

  it('names the field because of which nobody can serve it', () => {
    const body = '{"model":"gpt-5.5-pro","messages":[{"role":"user","content":"Hi"}],"stop":["END"]}';
    const planned = planCall(registryOf({ OPENAI_API_KEY: 'k' }), openaiChat, callOf({ model: 'gpt-5.5-pro' }, body), false);
    expect(planned).toMatchObject({ ok: false, error: { kind: 'invalid_request', param: 'stop' } });
    expect(!planned.ok && planned.error.message).toContain('`stop`');
  });

  it('lists the models there are when its own is unknown', () => {
    const error = refusalFor('gpt-99');
    expect(error).toMatchObject({ kind: 'unknown_model', param: 'model', code: 'model_not_found' });
    const available = error.details?.available_models as string[];
    expect(available).toContain('gpt-5.4');
    expect(available).toContain('gemini-3-flash-official');
    expect(available).not.toContain('claude-opus-4-6');
  });

  it.each(['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-haiku-4-5', 'claude-opus-4-1-20250805'])('says where %s is served', (model) => {
    const error = refusalFor(model);
    expect(error).toMatchObject({ kind: 'wrong_endpoint', param: 'model' });
    expect(error.message).toContain('/v1/messages');
  });

  it.each([
    ['text-embedding-3-small', '/v1/embeddings'],
    ['gpt-image-2', '/v1/images/generations'],
  ])('names the endpoint of %s', (model, endpoint) => {
    expect(refusalFor(model).message).toContain(`use ${endpoint}.`);
  });

  it('is refused in the sandbox for the same reasons', () => {
    expect(refusalFor('gpt-99', {}, true).kind).toBe('unknown_model');
    expect(refusalFor('gpt-99:online').message).toBe('The model `gpt-99:online` does not exist.');
    expect(refusalFor('openai/gpt-5.4:online').message).toMatch(/`openai\/gpt-5.4:online` does not exist; `openai\/gpt-5.4` does/);
    expect(refusalFor('claude-opus-4-6', {}, true).kind).toBe('wrong_endpoint');
  });

  it('names no price, nor a credential', () => {
    const texts = ['gpt-99', 'claude-opus-4-6'].map((model) => JSON.stringify(refusalFor(model, { OPENAI_API_KEY: 'very-secret-key' })));
    for (const text of texts) expect(text).not.toContain('very-secret-key');
  });
});

describe('what is held', () => {
  const price = { inputMicroPerMtok: 1_000_000, outputMicroPerMtok: 10_000_000 };
  const estimate = (more: Parameters<typeof callOf>[0]) => estimateMicro(callOf({ estimatedInputTokens: 100, ...more }), price);

  it.each([
    [{ maxOutputTokens: 50 }, 100 + 500],
    [{ maxOutputTokens: undefined }, 100 + 40_960],
    [{ maxOutputTokens: 2_000_000 }, 100 + 40_960],
    [{ maxOutputTokens: 4_096 }, 100 + 40_960],
    [{ maxOutputTokens: 50, choices: 3 }, 100 + 1_500],
    [{ choices: 128 }, 100 + 128 * 40_960],
    [{ maxOutputTokens: 1, estimatedInputTokens: 0 }, 10],
  ])('for %o is %d micro-credits', (more, micro) => {
    expect(estimate(more)).toBe(micro);
  });

  it.each([
    [{ stream: true }, 0],
    [{ stream: true, worstInputTokens: 5_000, maxOutputTokens: 50 }, 5_000 + 500],
    [{ stream: true, background: true, maxOutputTokens: 64_000 }, 100 + 640_000],
    [{ worstInputTokens: 5_000, maxOutputTokens: 50 }, 5_000 + 500],
    [{ maxOutputTokens: 50 }, 100 + 500],
    [{ maxOutputTokens: 64_000, choices: 2 }, 100 + 2 * 640_000],
  ])('may come to more where nobody can stop it: for %o %d micro-credits', (more, micro) => {
    const registry = registryOf({ CUSTOM_PROVIDERS: CUSTOM });
    const planned = planCall(registry, openaiChat, callOf({ model: 'of-my-own', estimatedInputTokens: 100, ...more }), false);
    expect(planned.ok && planned.value.worstMicro).toBe(micro);
  });

  it.each([
    [{ cacheWrites: '5m' }, 'cacheWrite5mMicroPerMtok'],
    [{ cacheWrites: '1h' }, 'cacheWrite1hMicroPerMtok'],
    [{ cacheWrites: '1h', stream: true }, 'cacheWrite1hMicroPerMtok'],
  ] as const)('may come to what all of its prompt costs that is written to a cache: %o', (more, name) => {
    const call = callOf({
      model: 'claude-haiku-4-5',
      estimatedInputTokens: 1_000_000,
      worstInputTokens: 1_000_000,
      maxOutputTokens: 0,
      ...more,
    });
    const planned = planCall(registryOf({ ANTHROPIC_API_KEY: 'k' }), anthropicMessages, { ...call, over: () => NO_BRIDGE }, false);
    if (!planned.ok) throw new Error(planned.error.message);
    const { worstMicro, price, model } = planned.value;
    expect(worstMicro).toBe((price[name]! * Math.min(1_000_000, model.contextTokens!)) / 1_000_000);
  });

  it('is for ten runs of a tool at most, whatever bound is set', () => {
    const call = callOf({ estimatedInputTokens: 100, maxOutputTokens: 50, statedWork: { webSearches: 100, fileSearches: 2 } });
    expect(estimateMicro(call, { ...price, webSearchMicro: 7, fileSearchMicro: 1_000 })).toBe(600 + 70 + 2_000);
  });

  it('covers the dearest of several models, whose tier is the one that is needed', () => {
    const [dear, cheap] = ['gpt-5.4-pro-official', 'gpt-5.4-nano'].map((model) => planFor(model));
    const alternatives = [dear!, cheap!].map(({ model }) => callOf({ model: model.id }));
    const planned = planCall(registryOf(BOTH), openaiChat, callOf({ model: 'gpt-5.4', alternatives }), false);
    if (!planned.ok) throw new Error(planned.error.message);
    const { model, targets, ...held } = planned.value;
    const { estimateMicro: mostMicro, worstMicro } = dear!;
    expect(held).toMatchObject({ estimateMicro: mostMicro, worstMicro, minimumTier: 'growth' });
    expect(model.id).toBe('gpt-5.4');
    const plans = targets.flatMap(({ plan }) => plan ?? []);
    expect([...new Set(plans.map((plan) => plan.model.id))]).toEqual(['gpt-5.4-pro-official', 'gpt-5.4-nano']);
    for (const plan of plans) expect(plan).toMatchObject({ estimateMicro: mostMicro, worstMicro });
  });

  it('is nothing where one of several models does not exist', () => {
    const alternatives = [callOf({ model: 'gpt-99' })];
    const planned = planCall(registryOf(BOTH), openaiChat, callOf({ model: 'gpt-5.4', alternatives }), false);
    expect(planned).toMatchObject({ ok: false, error: { kind: 'unknown_model' } });
  });

  it('is for no longer a prompt than the model takes', () => {
    const registry = registryOf({ CUSTOM_PROVIDERS: CUSTOM.replace('"id":"of-my-own"', '"id":"of-my-own","contextTokens":1000') });
    const huge = { estimatedInputTokens: 20_000, worstInputTokens: 90_000, maxOutputTokens: 50 };
    const planned = planCall(registry, openaiChat, callOf({ model: 'of-my-own', ...huge }), false);
    expect(planned.ok && planned.value).toMatchObject({ estimateMicro: 1_000 + 500, worstMicro: 1_000 + 500 });
  });

  it('is asked of accounts with 200 credits at least', () => {
    expect(planFor('gpt-5.4')).toMatchObject({ minimumBalanceMicro: 200_000_000, minimumTier: 'free', rateFamily: 'chat' });
    expect(planFor('gpt-5.4-pro-official').minimumTier).toBe('growth');
  });
});

describe('the bound of an answer', () => {
  const bounded = (bound: string) => `{"model":"gpt-5.4", "messages":[{"role":"user","content":"Hi"}]${bound} }`;

  /** What the model's first target is sent for a call with these options. */
  function sent(model: string, env: Record<string, unknown>, bound: string): string {
    const planned = planCall(registryOf(env), openaiChat, callOf({ model }, bounded(bound)), false);
    if (!planned.ok) throw new Error(planned.error.message);
    const [target] = planned.value.targets;
    return upstreamRequest({ ...target!, model: 'gpt-5.4' }, undefined, { stream: false, moved: false, storedId: undefined }).body;
  }
  const NEW = ',"max_completion_tokens" : 10';
  const OLD = ',"max_tokens" : 10';

  it.each([
    ['glm-5', { ZHIPU_API_KEY: 'k' }],
    ['deepseek-v3.2', { DEEPSEEK_API_KEY: 'k' }],
    ['qwen3-max', { ALIBABA_API_KEY: 'k' }],
    ['of-my-own', { CUSTOM_PROVIDERS: JSON.stringify([{ ...(JSON.parse(CUSTOM) as object[])[0], boundName: 'max_tokens' }]) }],
  ])('goes under the name that the provider heeds: %s', (model, env) => {
    expect(sent(model, env, NEW)).toBe(bounded(OLD));
    expect(sent(model, env, OLD)).toBe(bounded(OLD));
    expect(sent(model, env, '')).toBe(bounded(''));
    expect(sent(model, env, ',"max_tokens":null,"max_completion_tokens" : 10')).toBe(bounded(OLD));
    expect(sent(model, env, ',"max_tokens":9000,"max_completion_tokens" : 10')).toBe(bounded(OLD));
    expect(sent(model, env, ',"max_tokens" : 10,"max_completion_tokens":null')).toBe(
      bounded(',"max_tokens" : 10,"max_completion_tokens":null'),
    );
  });

  it.each([
    ['gpt-5.4', { OPENAI_API_KEY: 'k' }],
    ['gpt-5.4', { OPENROUTER_API_KEY: 'k' }],
    ['of-my-own', { CUSTOM_PROVIDERS: CUSTOM }],
  ])('stays as it is where the provider is not known to pass over it: %s', (model, env) => {
    for (const bound of [NEW, OLD, `${OLD}${NEW}`]) expect(sent(model, env, bound)).toBe(bounded(bound));
  });
});
