import { describe, expect, it } from 'vitest';
import { Health } from '../../../src/core/health';
import { upstreamModelFor } from '../../../src/jobs/able';
import { submissionsOf } from '../../../src/jobs/parts';
import { type MediaCall, planJob } from '../../../src/jobs/plan';
import { costMicro, estimateMicro, priceJob } from '../../../src/jobs/price';
import { Fields } from '../../../src/jobs/read-fields';
import { currentProvider, keyTagOf, nextTarget, reopensAtMs } from '../../../src/jobs/targets';
import type { Job, JobAttempt } from '../../../src/jobs/types';
import { MODELS } from '../../../src/providers/catalogue';
import { MEDIA_CHAINS } from '../../../src/providers/catalogue/media-chains';
import { mediaTerms } from '../../../src/providers/catalogue/media-terms';
import { falMedia } from '../../../src/providers/fal/media';
import { fittingSeconds, offeredSeconds } from '../../../src/providers/media/duration';
import type { ImageInput, VideoInput } from '../../../src/providers/media/types';
import { indexModels } from '../../../src/providers/model-index';
import { PROVIDER_SPECS, type Registry } from '../../../src/providers/registry';
import { replicateMedia } from '../../../src/providers/replicate/media';
import { REPLICATE_MODELS } from '../../../src/providers/replicate/models';
import { sandboxMedia } from '../../../src/providers/sandbox/media/adapter';
import { makeWav } from '../../../src/providers/sandbox/media/wav';
import type { MediaTarget, Provider } from '../../../src/providers/types';
import { wavespeedMedia } from '../../../src/providers/wavespeed/media';
import { WAVESPEED_MODELS } from '../../../src/providers/wavespeed/models';

const CREDIT = 1_000_000;
const INPUT = { kind: 'image', prompt: 'a cat', count: 1, references: [], extra: {} } as const;
const RULES = { anywhere: false };

const provider = (id: string, keys: string[] = ['k']): Provider => ({
  spec: { id, label: id, baseUrl: `https://${id}.example`, wires: [], onDisconnect: 'drain', media: sandboxMedia },
  baseUrl: `https://${id}.example`,
  apiKeys: keys,
});

function registryOf(chains: Record<string, readonly MediaTarget[]>, providers: Provider[]): Registry {
  const models = MODELS.map((model) => ({ ...model, chain: chains[model.id] ?? [] }));
  return {
    providers: new Map(providers.map((one) => [one.spec.id, one])),
    models: indexModels(models),
    configuredProviders: providers.map(({ spec }) => spec.id),
  };
}

const call = (fields: Record<string, unknown>, families: MediaCall['families'] = ['image']): MediaCall => ({
  fields,
  uploads: {},
  families,
});

const REGISTRY = registryOf(
  {
    'gpt-image-2': [
      { provider: 'fal', model: 'a' },
      { provider: 'wavespeed', model: 'b' },
    ],
    nano_banana: [{ provider: 'fal', model: 'c' }],
  },
  [provider('fal'), provider('wavespeed')],
);

describe('a plan', () => {
  it('takes the list price in auto mode, and a quarter more in fast mode, up to whole credits', () => {
    const auto = planJob(REGISTRY, call({ model: 'gpt-image-2', prompt: 'a cat' }), false, RULES);
    expect(auto).toMatchObject({ ok: true, value: { estimateMicro: 3 * CREDIT, plan: { mode: 'auto' } } });
    const fast = planJob(REGISTRY, call({ model: 'gpt-image-2', prompt: 'a cat', mode: 'fast', n: 3 }), false, RULES);
    expect(fast).toMatchObject({ ok: true, value: { estimateMicro: 12 * CREDIT, plan: { mode: 'fast' } } });
  });

  it('has no fast mode where the fast provider has not the model', () => {
    const refused = planJob(REGISTRY, call({ model: 'nano_banana', prompt: 'a cat', mode: 'fast' }), false, RULES);
    expect(refused).toMatchObject({ ok: false, error: { kind: 'model_unavailable', param: 'mode' } });
  });

  it('takes the cheapest model that can be had for an intent', () => {
    const planned = planJob(REGISTRY, call({ intent: 'text-to-image-fast', prompt: 'a cat' }), false, RULES);
    expect(planned).toMatchObject({ ok: true, value: { model: { id: 'nano_banana' } } });
    expect(planJob(registryOf({}, []), call({ intent: 'text-to-image', prompt: 'a cat' }), false, RULES)).toMatchObject({
      ok: false,
      error: { kind: 'no_provider', param: 'intent' },
    });
  });

  it.each([null, ''])('takes a model that is said to be %j for none, and the intent that stands beside it', (model) => {
    const planned = planJob(REGISTRY, call({ model, intent: 'text-to-image-fast', prompt: 'a cat' }), false, RULES);
    expect(planned).toMatchObject({ ok: true });
    expect(planJob(REGISTRY, call({ model, prompt: 'a cat' }), false, RULES)).toMatchObject({ ok: false, error: { param: 'model' } });
  });

  it('takes for an intent a model that takes the request, the cheapest of those for what is asked', () => {
    const chains = Object.fromEntries(
      ['wan2.6', 'grok-video-t2v', 'gpt-image-2', 'gemini-3-1-flash-t2i'].map((id) => [id, [{ provider: 'fal', model: id }]]),
    );
    const fast = { 'nano-banana-t2i': [{ provider: 'fal', model: 'x' }], 'gpt-image-2': [{ provider: 'wavespeed', model: 'y' }] };
    const plan = (fields: Record<string, unknown>, registry = registryOf(chains, [provider('fal')])) =>
      planJob(registry, call({ prompt: 'a cat', ...fields }, ['image', 'video']), false, RULES);
    // The cheapest model takes no data URL, lacks this ratio, and has no fast mode.
    const picture = 'data:image/png;base64,iVBORw0KGgo=';
    expect(plan({ intent: 'image-edit', image: picture })).toMatchObject({ ok: true, value: { model: { id: 'gemini-3-1-flash-t2i' } } });
    expect(plan({ intent: 'text-to-image-fast', size: '1024x1024' })).toMatchObject({ ok: true, value: { model: { id: 'gpt-image-2' } } });
    expect(plan({ intent: 'text-to-image-fast', mode: 'fast' }, registryOf(fast, [provider('fal'), provider('wavespeed')]))).toMatchObject({
      ok: true,
      value: { model: { id: 'gpt-image-2' } },
    });
    // A clip at a fixed price is cheaper than ten seconds, and dearer than one.
    expect(plan({ intent: 'text-to-video', duration: 10 })).toMatchObject({ ok: true, value: { model: { id: 'grok-video-t2v' } } });
    expect(plan({ intent: 'text-to-image-fast', prompt: ' ' })).toMatchObject({ ok: false, error: { param: 'prompt' } });
  });

  it.each([
    ['wan2.6', 5, 5, 50],
    ['wan2.6', 9.5, 5, 50],
    ['wan2.6', 60, 15, 150],
    ['wan2.6', undefined, 5, 50],
    ['MiniMax-Hailuo-02', 5, 6, 48],
    ['MiniMax-Hailuo-02', undefined, 6, 48],
    ['Veo3.1-fast-official', 5, 4, 64],
    ['Veo3.1-fast-official', undefined, 4, 64],
    ['veo3.1-fast', 5, 4, 16],
    ['veo3.1-fast', undefined, 8, 16],
    ['veo3.1-fast', 1, 4, 16],
    ['grok-video-t2v', 5, 6, 16],
  ])('of a film of %s for %j seconds is of %d, and holds what those cost', (model, duration, seconds, credits) => {
    const registry = registryOf({ [model]: [{ provider: 'fal', model }] }, [provider('fal')]);
    const planned = planJob(registry, call({ model, prompt: 'a cat', duration }, ['video']), false, RULES);
    expect(planned).toMatchObject({ ok: true, value: { estimateMicro: credits * CREDIT, input: { durationSeconds: seconds } } });
  });

  it.each([
    ['gpt-image-2', { size: '4096x4096', resolution: '1K' }, 12, { size: '4096x4096' }],
    ['gpt-image-2', { size: 'auto', resolution: '4K' }, 12, { size: 'auto', resolution: '4K' }],
    ['gpt-image-2', { size: '4096x4096', resolution: 'tiny' }, undefined, undefined],
    ['gemini-3-1-flash-t2i', { size: '1536x1024', resolution: '4K' }, 9, { aspectRatio: '3:2', resolution: '4K' }],
    ['nano_banana_pro', { size: '2048x2048' }, 10, { size: '2048x2048' }],
    ['nano_banana_pro', { size: '4096x4096' }, undefined, undefined],
    ['nano_banana_pro', { resolution: '4K' }, undefined, undefined],
    ['gemini-3-pro-image-preview-4K', { resolution: '4K' }, 19, { resolution: '4K' }],
    ['nano_banana_2', { resolution: '1K' }, 5, { resolution: '1K' }],
    ['nano_banana_2', { resolution: '2K' }, undefined, undefined],
    ['gemini-3.1-flash-image-preview', { size: '2048x2048' }, undefined, undefined],
    ['gemini-3.1-flash-image-preview-official', { resolution: '2K' }, 6.4, { resolution: '2K' }],
    ['gemini-3.1-flash-image-preview-official', { resolution: '4K' }, undefined, undefined],
    ['flux-2-pro', { size: '1536x1024' }, 5, { size: '1536x1024' }],
    ['flux-2-pro', { size: '2048x2048' }, undefined, undefined],
    ['flux-2-flex', { resolution: '4K' }, undefined, undefined],
    ['doubao-seedream-4-0', { size: '4096x4096' }, 5.7, { size: '4096x4096' }],
  ])('of a picture of %s with %j makes the size that it is priced by', (model, shape, credits, made) => {
    const registry = registryOf({ [model]: [{ provider: 'fal', model }] }, [provider('fal')]);
    const planned = planJob(registry, call({ model, prompt: 'a cat', ...shape }), false, RULES);
    if (credits === undefined) expect(planned).toMatchObject({ ok: false, error: { kind: 'invalid_request' } });
    else expect(planned).toMatchObject({ ok: true, value: { estimateMicro: credits * CREDIT } });
    if (planned.ok && planned.value.input.kind === 'image') {
      const { size, aspectRatio, resolution } = planned.value.input;
      expect({ size, aspectRatio, resolution }).toEqual({ size: undefined, aspectRatio: undefined, resolution: undefined, ...made });
    }
  });

  it('of a picture takes the sizes that the operator has priced, and no others', () => {
    const pro = MODELS.find(({ id }) => id === 'nano_banana_pro')!;
    const price = { per: 'image', micro: 10 * CREDIT, tierMicro: { '1K': 10 * CREDIT, '4K': 25 * CREDIT } } as const;
    const registry = {
      ...registryOf({}, [provider('x')]),
      models: indexModels([{ ...pro, price, chain: [{ provider: 'x', model: 'y' }] }]),
    };
    const plan = (more: Record<string, unknown>) => planJob(registry, call({ model: pro.id, prompt: 'a cat', ...more }), false, RULES);
    for (const shape of [{ resolution: '4K' }, { size: '4096x4096' }])
      expect(plan(shape)).toMatchObject({ ok: true, value: { estimateMicro: 25 * CREDIT } });
    for (const shape of [{ resolution: '4k' }, { resolution: '2K' }])
      expect(plan(shape)).toMatchObject({ ok: false, error: { param: 'resolution' } });
    expect(plan({ size: '2048x2048' })).toMatchObject({ ok: false, error: { param: 'size' } });
  });

  it('lists only what can be had when the model is not known', () => {
    const refused = planJob(REGISTRY, call({ model: 'nope', prompt: 'a cat' }), false, RULES);
    expect(refused).toMatchObject({ ok: false, error: { details: { available_models: ['gpt-image-2', 'nano_banana'] } } });
  });

  it('passes on what it does not know, and none of its own fields', () => {
    const fields = {
      model: 'nano_banana',
      prompt: 'a cat',
      style: 'vivid',
      steps: 4,
      response_format: 'url',
      webhook_url: 'https://example.com',
    };
    const planned = planJob(REGISTRY, call(fields), false, RULES);
    expect(planned).toMatchObject({ ok: true, value: { input: { extra: { style: 'vivid', steps: 4 }, references: [], count: 1 } } });
    if (planned.ok) expect(Object.keys(planned.value.input.extra)).toEqual(['style', 'steps']);
  });
});

describe('a picture in base64', () => {
  const read = (image: unknown) => planJob(REGISTRY, call({ model: 'nano_banana', prompt: 'a cat', image }), false, RULES);

  it.each([
    ['as usual', 'data:image/png;base64,iVBORw0KGg+='],
    ['in the other alphabet, and without its end', 'data:image/png;base64,iVBORw0KGg-'],
    ['with parameters', 'data:image/png;name=a.png;charset=utf-8;base64,iVBORw0KGg+='],
    ['with a comma in its type', 'data:image/png;codecs=vp8,opus;base64,iVBORw0KGg+='],
    ['with a comma in quotes', 'data:image/png;codecs="vp8,opus";base64,iVBORw0KGg+='],
    ['escaped as URLs are', 'data:image/png;base64,iVBORw0KGg%2B%3D'],
    ['in lines', ' data:image/png;base64,iVBORw0\r\nKGg+=\n'],
    ['beside its type', { data: 'iVBORw0KGg-', mimeType: 'image/png' }],
    ['beside no address', { url: null, data: 'iVBORw0KGg+=' }],
  ])('is read %s', (_what, url) => {
    const planned = read(url);
    expect(planned).toMatchObject({ ok: true, value: { input: { references: [{ contentType: 'image/png' }] } } });
    const [source] = planned.ok && planned.value.input.kind === 'image' ? planned.value.input.references : [];
    expect(source && 'bytes' in source && [...source.bytes]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0f]);
  });

  it.each([
    ...['data:image/png,iVBORw0KGgo=', 'data:image/png;base64,', 'data:image/png;base64,%', 'data:image/png;base64,!!'],
    ...[{ data: '' }, { data: '!!' }, { data: 5 }, { data: 'data:image/png;base64,iVBORw0KGgo=' }],
  ])('is none as %j', (image) => {
    expect(read(image)).toMatchObject({ ok: false, error: { param: 'image' } });
  });
});

it('names a text that is missing as the request does', () => {
  const planned = planJob(
    registryOf({ 'audio-tts': [{ provider: 'fal', model: 'a' }] }, [provider('fal')]),
    call({ model: 'audio-tts', input: ' ' }, ['audio']),
    false,
    RULES,
  );
  expect(planned).toMatchObject({ ok: false, error: { param: 'input' } });
});

describe('a price', () => {
  it.each([
    ['1024x1024', 3],
    ['1536x1024', 3],
    ['1024x1536', 3],
    ['2048x2048', 6],
    ['4096x4096', 12],
    ['auto', 3],
  ])('of gpt-image-2 at %s is %d credits', (size, credits) => {
    const planned = planJob(REGISTRY, call({ model: 'gpt-image-2', prompt: 'a cat', size }), false, RULES);
    expect(planned).toMatchObject({ ok: true, value: { estimateMicro: credits * CREDIT } });
  });

  it.each([
    [undefined, '1024x1024', 3],
    ['auto', '1024x1024', 3],
    ['low', '1024x1024', 3],
    ['medium', '2048x2048', 6],
    ['high', '1024x1024', 12],
    ['high', '4096x4096', 48],
    ['a quality of next year', '1024x1024', 12],
    ['constructor', '1024x1024', 12],
  ])('of gpt-image-2 of quality %j at %s is %d credits, and the provider is asked for no other', (quality, size, credits) => {
    for (const { provider: id } of MEDIA_CHAINS['gpt-image-2']!) {
      const registry = registryOf(MEDIA_CHAINS, [provider(id)]);
      const planned = planJob(registry, call({ model: 'gpt-image-2', prompt: 'a cat', size, quality }), false, RULES);
      if (!planned.ok) throw new Error(planned.error.message);
      expect(planned.value.estimateMicro).toBe(credits * CREDIT);
      const target = MEDIA_CHAINS['gpt-image-2']!.find((one) => one.provider === id)!;
      const adapter = PROVIDER_SPECS.find((spec) => spec.id === id)!.media!;
      const { body } = adapter.submit({
        model: target.model,
        defaults: target.defaults!,
        input: planned.value.input,
        reference: 'job_a',
        callbackUrl: undefined,
      });
      expect(JSON.parse(String(body))).toMatchObject({ quality: quality === undefined || quality === 'auto' ? 'medium' : quality });
    }
  });

  it('of a picture whose provider does not bill by quality is one', () => {
    const chains = { ...MEDIA_CHAINS, 'gpt-image-2': [{ provider: 'fal', model: 'own' }] };
    for (const model of ['gpt-image-2', 'nano_banana'])
      expect(planJob(registryOf(chains, [provider('fal')]), call({ model, prompt: 'a cat', quality: 'high' }), false, RULES)).toMatchObject(
        {
          ok: true,
          value: { plan: { unitMicro: model === 'nano_banana' ? 2.4 * CREDIT : 3 * CREDIT }, input: { quality: 'high' } },
        },
      );
  });

  it('settles to what came, and never above what was held', () => {
    const file = { key: 'k', contentType: 'image/png', sizeBytes: 1 };
    const images = { per: 'image', unitMicro: 3 * CREDIT, units: 2 } as const;
    expect([0, 1, 2, 5].map((count) => costMicro(images, { files: Array(count).fill(file) }))).toEqual([0, 3, 6, 6].map((c) => c * CREDIT));
    const seconds = { per: 'second', unitMicro: CREDIT, units: 10 } as const;
    const of = (usage: { seconds?: number }) => costMicro(seconds, { files: [file], usage });
    expect([of({ seconds: 4.5 }), of({}), of({ seconds: 60 })]).toEqual([4.5 * CREDIT, 10 * CREDIT, 10 * CREDIT]);
    // No video that was delivered has such a length.
    expect([of({ seconds: 0 }), of({ seconds: -1 })]).toEqual([10 * CREDIT, 10 * CREDIT]);
    const gpu = { per: 'gpu_second', unitMicro: 3 * CREDIT, units: 600 } as const;
    const ran = (gpuMs: number | undefined) => costMicro(gpu, { files: [], usage: gpuMs === undefined ? {} : { gpuMs } });
    expect([ran(18_420), ran(10_000_000), ran(undefined)]).toEqual([56 * CREDIT, 1_800 * CREDIT, 0]);
  });

  it('that is of all files together is not charged for those that are lost', () => {
    const file = { key: 'k', contentType: 'model/gltf-binary', sizeBytes: 1 };
    const of = (per: 'clip' | 'request' | 'second', files: number, lostFiles: number) =>
      costMicro({ per, unitMicro: 10 * CREDIT, units: 1 }, { files: Array(files).fill(file), lostFiles });
    for (const per of ['clip', 'request', 'second'] as const)
      expect([of(per, 1, 0), of(per, 1, 1), of(per, 2, 1)]).toEqual([10e6, 5e6, 6_666_667]);
  });

  it('of a film goes by its resolution where that has one, and no other is made then', () => {
    const film = MODELS.find(({ id }) => id === 'kling-v3')!;
    const price = { per: 'second', micro: 10 * CREDIT, tierMicro: { '720p': 10 * CREDIT, '1080p': 15 * CREDIT } } as const;
    const chain = [{ provider: 'x', model: 'theirs' }];
    const registry = { ...registryOf({}, [provider('x')]), models: indexModels([{ ...film, price, chain }]) };
    const plan = (more: Record<string, unknown>) =>
      planJob(registry, call({ model: 'kling-v3', prompt: 'a cat', duration: 5, ...more }, ['video']), false, RULES);
    expect(plan({})).toMatchObject({ ok: true, value: { estimateMicro: 50 * CREDIT } });
    expect(plan({ resolution: '720p' })).toMatchObject({ ok: true, value: { estimateMicro: 50 * CREDIT } });
    expect(plan({ resolution: '1080P' })).toMatchObject({ ok: true, value: { estimateMicro: 75 * CREDIT } });
    expect(plan({ resolution: '2160p' })).toMatchObject({ ok: false, error: { param: 'resolution' } });
    expect(plan({ size: '3840*2160' })).toMatchObject({ ok: false, error: { param: 'size' } });
  });

  it('of a video by the second knows fractions', () => {
    const input = { kind: 'video', prompt: '', durationSeconds: 2.5, references: [], extra: {} } as const;
    expect(priceJob({ per: 'second', micro: 7_400_000 }, { kind: 'video', deadlineSeconds: 1 }, input, 'auto')).toEqual({
      per: 'second',
      unitMicro: 7_400_000,
      units: 2.5,
    });
    expect(estimateMicro({ unitMicro: 7_400_001, units: 2.5 })).toBe(18_500_003);
  });

  it('costs more where it is to be fast, but for models that are so anyway', () => {
    const input = { kind: 'video', prompt: '', durationSeconds: 5, references: [], extra: {} } as const;
    const unitMicro = (more: { fastSurchargePercent?: number }) =>
      priceJob({ per: 'second', micro: 10 * CREDIT }, { kind: 'video', deadlineSeconds: 1, ...more }, input, 'fast').unitMicro;
    expect(unitMicro({})).toBeGreaterThan(10 * CREDIT);
    expect(unitMicro({ fastSurchargePercent: 0 })).toBe(10 * CREDIT);
    expect(unitMicro({ fastSurchargePercent: 21 })).toBe(13 * CREDIT);
  });
});

describe('the next target', () => {
  const registry = registryOf(
    {
      'gpt-image-2': [
        { provider: 'fal', model: 'a' },
        { provider: 'wavespeed', model: 'b' },
      ],
    },
    [provider('fal', ['k0', 'k1']), provider('wavespeed')],
  );
  const tried = (providerId: string, action: string, keyIndex = 0, atMs = 0): JobAttempt => ({
    provider: providerId,
    model: providerId === 'fal' ? 'a' : 'b',
    keyIndex,
    atMs,
    status: null,
    outcome: 'failed',
    action,
  });
  const job = (...attempts: JobAttempt[]) =>
    ({
      id: 'job_a',
      model: 'gpt-image-2',
      kind: 'image',
      input: INPUT,
      plan: { mode: 'auto', sandbox: false },
      attempts,
    }) as unknown as Job;
  const next = (...attempts: JobAttempt[]) => {
    const found = nextTarget({ registry }, job(...attempts), 1_000);
    return found && `${found.provider.spec.id}/${found.keyIndex}`;
  };

  it('is the same once more after a passing fault, another key after a refused one, another provider after the rest', () => {
    const first = next()!;
    const key = Number(first.split('/')[1]);
    expect(first).toMatch(/^fal/);
    expect(next(tried('fal', 'retry', key))).toBe(first);
    expect(next(tried('fal', 'retry', key), tried('fal', 'retry', key))).toBe('wavespeed/0');
    expect(next(tried('fal', 'next_key', key))).toBe(`fal/${1 - key}`);
    expect(next(tried('fal', 'next_target', key))).toBe('wavespeed/0');
    expect(next(tried('fal', 'next_target'), tried('wavespeed', 'next_target'))).toBeUndefined();
  });

  it('is no other provider once a submit was lost', () => {
    const lost = { ...tried('fal', 'retry', 1), outcome: 'lost' as const };
    expect(next(lost)).toBe('fal/1');
    expect(next(lost, lost)).toBeUndefined();
    expect(next(lost, tried('fal', 'next_target', 1))).toBeUndefined();
  });

  it('opens again some time after all were short of capacity', () => {
    const attempts = [tried('fal', 'backoff_key', 0, 500), tried('fal', 'backoff_key', 1, 600), tried('wavespeed', 'backoff_key', 0, 700)];
    expect(next(...attempts)).toBeUndefined();
    expect(reopensAtMs(registry, job(...attempts))).toBe(5_500);
    expect(nextTarget({ registry }, job(...attempts), 5_500)?.keyIndex).toBe(0);
  });
});

describe('the credential that a job is asked about with', () => {
  const askedWith = (keys: string[], attempt: Partial<JobAttempt>) => {
    const asked = currentProvider(registryOf({}, [provider('fal', keys)]), { provider: 'fal', attempts: [attempt] } as unknown as Job)!;
    return asked.provider.apiKeys[asked.keyIndex];
  };
  const sentWith = (keys: string[], keyIndex: number) => ({ keyIndex, keyTag: keyTagOf(provider('fal', keys), keyIndex)! });

  it('is the one that it was sent with, wherever the operator has put it since', () => {
    expect(askedWith(['old'], sentWith(['new', 'old'], 1))).toBe('old');
    expect(askedWith(['another', 'new', 'old'], sentWith(['new', 'old'], 1))).toBe('old');
    expect(askedWith(['new', 'old'], sentWith(['old'], 0))).toBe('old');
  });

  it('is one that there is where its own is gone, or nothing was noted of it', () => {
    expect(askedWith(['new'], sentWith(['new', 'old'], 1))).toBe('new');
    expect(askedWith(['new'], { keyIndex: 1 })).toBe('new');
    expect(askedWith(['a', 'b'], { keyIndex: 1 })).toBe('b');
  });
});

describe('the lengths of films', () => {
  const films = MODELS.filter(({ id, family }) => family === 'video' && MEDIA_CHAINS[id]?.length);

  it.each(films.map((model) => [model.id, model] as const))(
    'of %s are made by the first of its chain as they are asked for',
    (id, model) => {
      const duration = mediaTerms(model)!.duration!;
      const { model: upstream, modelWithReferences = upstream } = MEDIA_CHAINS[id]![0]!;
      for (const name of [upstream, modelWithReferences]) {
        const made = (WAVESPEED_MODELS[name] ?? REPLICATE_MODELS[name])!.duration!.offered;
        for (const seconds of duration.offered ?? [duration.default]) expect(offeredSeconds(seconds, made)).toBe(seconds);
        expect(made).toContain(fittingSeconds(duration.default, duration.offered));
      }
    },
  );
});

describe('several pictures', () => {
  const input: ImageInput = { kind: 'image', prompt: 'a fox', count: 10, seed: 5, references: [], extra: {} };
  const submission = { model: 'm', defaults: {}, input, reference: 'job_1', callbackUrl: undefined };
  const split = (atOnce?: number) => submissionsOf({ ...sandboxMedia, ...(atOnce && { picturesAtOnce: () => atOnce }) }, submission);

  it('are as many requests as it takes, each with a name and a seed of its own', () => {
    expect(split(4).map(({ input: part, reference }) => [reference, (part as ImageInput).count, (part as ImageInput).seed])).toEqual([
      ['job_1-0', 4, 5],
      ['job_1-1', 4, 6],
      ['job_1-2', 2, 7],
    ]);
    expect(split(10)).toEqual([submission]);
    expect(split()).toEqual([submission]);
  });
});

describe('a job with pictures', () => {
  const MEDIA = { fal: falMedia, wavespeed: wavespeedMedia, replicate: replicateMedia };
  const one = { url: 'https://example.com/1.png' };
  const sentTo = (ids: (keyof typeof MEDIA)[], model: string, brought: object, refusedBy?: string) => {
    const providers = ids.map((id) => ({ ...provider(id), spec: { ...provider(id).spec, media: MEDIA[id] } }));
    const registry = registryOf(MEDIA_CHAINS, providers);
    const input = { ...INPUT, ...brought };
    const refusals = registry.models.find(model)!.chain.filter((target) => target.provider === refusedBy);
    const attempts = refusals.map((target) => ({ ...target, keyIndex: 0, atMs: 0, status: 503, outcome: 'failed', action: 'next_target' }));
    const job = { id: 'job_a', model, kind: input.kind, input, plan: { mode: 'auto', sandbox: false }, attempts } as unknown as Job;
    const next = nextTarget({ registry }, job, 1_000);
    return next && `${next.provider.spec.id}/${upstreamModelFor(next, input)}`;
  };

  it('is sent to a model that has a place for all of them, where there is one', () => {
    const masked = { references: [one], mask: one };
    expect(sentTo(['wavespeed'], 'gpt-image-2', masked)).toBe('wavespeed/openai/gpt-image-2/edit');
    expect(sentTo(['wavespeed', 'fal'], 'gpt-image-2', masked, 'wavespeed')).toBe('fal/openai/gpt-image-2/edit');
    expect(sentTo(['wavespeed', 'fal'], 'gpt-image-2', masked, 'fal')).toBeUndefined();
    expect(sentTo(['wavespeed', 'fal'], 'gpt-image-2', { references: [one] }, 'fal')).toBe('wavespeed/openai/gpt-image-2/edit');
    const film = { kind: 'video', durationSeconds: 8, firstFrame: one };
    expect(sentTo(['fal', 'replicate'], 'veo3.1-quality', film)).toBe('fal/fal-ai/veo3.1/image-to-video');
    expect(sentTo(['fal', 'replicate'], 'veo3.1-quality', { ...film, lastFrame: one })).toBe('replicate/google/veo-3.1');
  });

  it('is refused where nobody has a place for them: they would be left out, and the result charged', () => {
    const paramOf = (ids: (keyof typeof MEDIA)[], fields: Record<string, unknown>, family: 'image' | 'video' = 'image') => {
      const providers = ids.map((id) => ({ ...provider(id), spec: { ...provider(id).spec, media: MEDIA[id] } }));
      const planned = planJob(registryOf(MEDIA_CHAINS, providers), call({ prompt: 'a cat', ...fields }, [family]), false, RULES);
      return planned.ok || planned.error.param;
    };
    const masked = { model: 'gpt-image-2', image: one.url, mask: one.url };
    expect(paramOf(['fal', 'wavespeed'], masked)).toBe(true);
    expect(paramOf(['fal', 'wavespeed'], { ...masked, mode: 'fast' })).toBe('mask');
    expect(paramOf(['fal'], { ...masked, model: 'nano_banana' })).toBe('mask');
    expect(paramOf(['wavespeed'], { model: 'wan2.6', image: one.url, last_image: one.url }, 'video')).toBe('last_image');
    expect(paramOf(['replicate'], { model: 'flux-kontext-pro', image_urls: [one.url, one.url] })).toBe('image_urls');
    expect(paramOf(['replicate'], { model: 'flux-kontext-pro', image_urls: [one.url] })).toBe(true);
    expect(paramOf(['wavespeed'], { model: 'kling-v3', images: [one.url, one.url] }, 'video')).toBe('images');
  });

  it('is sent with all of those to go by', () => {
    const several = { references: [one, one] };
    expect(sentTo(['wavespeed', 'replicate'], 'flux-kontext-pro', several)).toBe('wavespeed/wavespeed-ai/flux-kontext-pro/multi');
    expect(sentTo(['wavespeed', 'replicate'], 'flux-kontext-pro', several, 'wavespeed')).toBeUndefined();
    expect(sentTo(['wavespeed', 'replicate'], 'flux-kontext-pro', { references: [one] }, 'wavespeed')).toBe(
      'replicate/black-forest-labs/flux-kontext-pro',
    );
  });
});

describe('an upstream model that fails again and again', () => {
  it('is left out for half a minute, unless it is the only one', () => {
    const health = new Health();
    const job = { id: 'job_a', kind: 'image', input: INPUT, plan: { mode: 'auto', sandbox: false }, attempts: [] };
    for (let count = 0; count < 5; count++) health.failed('fal/a', 1_000);
    for (let count = 0; count < 5; count++) health.failed('fal/c', 1_000);
    const next = (model: string, nowMs: number) =>
      nextTarget({ registry: REGISTRY, health }, { ...job, model } as unknown as Job, nowMs)?.target.model;
    expect(next('gpt-image-2', 2_000)).toBe('b');
    expect(next('gpt-image-2', 40_000)).toBe('a');
    expect(next('nano_banana', 2_000)).toBe('c');
  });
});

describe('a model with a price a request, whose provider bills by length', () => {
  const speech = (model: string, fields: Record<string, unknown>) =>
    planJob(registryOf(MEDIA_CHAINS, [provider('fish-audio')]), call({ model, ...fields }, ['audio']), false, RULES);

  it.each([
    ['audio-tts', 'text'],
    ['audio-tts', 'input'],
    ['audio-clone', 'prompt'],
  ])('counts a text as so many requests as its bytes are worth: %s, %s', (model, field) => {
    const audio = 'https://example.com/voice.mp3';
    const microOf = (text: string) => speech(model, { [field]: text, audio });
    for (const text of ['a', 'a'.repeat(1_333)]) expect(microOf(text)).toMatchObject({ ok: true, value: { estimateMicro: 2 * CREDIT } });
    for (const text of ['a'.repeat(1_334), '\u8a9e'.repeat(445)])
      expect(microOf(text)).toMatchObject({ ok: true, value: { estimateMicro: 4 * CREDIT, plan: { units: 2 } } });
  });

  it('counts a recording as so many requests as its seconds are worth, by what it reads of it', () => {
    const url = (seconds: number) => `data:audio/wav;base64,${Buffer.from(makeWav(seconds, 1)).toString('base64')}`;
    const unitsOf = (fields: Record<string, unknown>) => {
      const planned = speech('audio-asr', fields);
      return planned.ok && [planned.value.plan.units, planned.value.estimateMicro / CREDIT];
    };
    expect(unitsOf({ audio: url(100) })).toEqual([1, 1]);
    expect(unitsOf({ audio_url: url(101) })).toEqual([2, 2]);
    expect(unitsOf({ audio: 'https://example.com/long.wav' }), 'not read yet').toEqual([1, 1]);
    // A recording is measured at the start of the job only if it was not read before.
    expect(speech('audio-asr', { audio: 'https://example.com/long.wav' })).toMatchObject({
      value: { plan: { audioSecondsARequest: 100 } },
    });
    const brought = speech('audio-asr', { audio: url(101) });
    expect(brought.ok && Object.keys(brought.value.plan)).not.toContain('audioSecondsARequest');
  });

  it('gives more for a price that covers more, and any length for none', () => {
    const priced = (micro: number) => {
      const registry = registryOf(MEDIA_CHAINS, [provider('fish-audio')]);
      const models = MODELS.map((model) => ({
        ...model,
        chain: MEDIA_CHAINS[model.id] ?? [],
        ...(model.id === 'audio-tts' && { price: { per: 'request' as const, micro } }),
      }));
      return planJob(
        { ...registry, models: indexModels(models) },
        call({ model: 'audio-tts', text: 'a'.repeat(2_000) }, ['audio']),
        false,
        RULES,
      );
    };
    for (const [micro, units] of [
      [2 * CREDIT, 2],
      [3 * CREDIT, 1],
      [0, 1],
      [1, 2_000],
    ] as const)
      expect(priced(micro)).toMatchObject({ ok: true, value: { plan: { units }, estimateMicro: units * micro } });
  });
});

describe('a size by its name', () => {
  const chains = { 'doubao-seedream-4-5': [{ provider: 'fal', model: 'a' }], 'gemini-3-1-flash-t2i': [{ provider: 'fal', model: 'b' }] };
  const read = (model: string, fields: object) =>
    planJob(registryOf(chains, [provider('fal')]), call({ model, prompt: 'a cat', ...fields }), false, RULES);

  it.each([
    [{ size: '2K' }, { resolution: '2K' }],
    [
      { size: '2k', aspect_ratio: '16:9' },
      { resolution: '2K', aspectRatio: '16:9' },
    ],
    [{ size: '4K', resolution: '1K' }, { resolution: '1K' }],
    [{ size: '16:9' }, { aspectRatio: '16:9' }],
    [{ size: '1024x768' }, { size: '1024x768' }],
    [{ size: 'auto' }, { size: 'auto' }],
    [{ aspect_ratio: 'auto', resolution: '2K' }, { resolution: '2K' }],
  ])('as in %j is what it says', (fields, shape) => {
    const planned = read('doubao-seedream-4-5', fields);
    const { size, aspectRatio, resolution } = (planned.ok ? planned.value.input : {}) as Partial<ImageInput>;
    expect(Object.fromEntries(Object.entries({ size, aspectRatio, resolution }).filter(([, value]) => value !== undefined))).toEqual(shape);
  });

  it('has the price of its tier, and is refused where there is none', () => {
    expect(read('gemini-3-1-flash-t2i', { size: '4K' })).toMatchObject({ ok: true, value: { estimateMicro: 9 * CREDIT } });
    expect(read('gemini-3-1-flash-t2i', { size: '7:5' })).toMatchObject({ ok: false, error: { param: 'size' } });
  });
});

it('a cloned voice has its speed', () => {
  const registry = registryOf({ 'audio-clone': [{ provider: 'x', model: 'theirs' }] }, [provider('x')]);
  const fields = { model: 'audio-clone', text: 'Hi', audio: 'https://example.com/a.wav', speed: 1.5 };
  expect(planJob(registry, call(fields, ['audio']), false, RULES)).toMatchObject({ ok: true, value: { input: { speed: 1.5, extra: {} } } });
});

describe('the size of a film', () => {
  const shapeOf = (fields: object, model = 'kling-v3') => {
    const asked = call({ model, prompt: 'a cat', ...fields }, ['video']);
    const planned = planJob(registryOf(MEDIA_CHAINS, [provider('wavespeed')]), asked, false, RULES);
    if (!planned.ok) return planned.error.param;
    const { aspectRatio, resolution, extra } = planned.value.input as VideoInput;
    return [aspectRatio, resolution, extra];
  };

  it('is its ratio and its resolution, where nothing else says them', () => {
    expect(shapeOf({ size: '720x1280' })).toEqual(['9:16', '720p', {}]);
    expect(shapeOf({ size: '1792x1024' })).toEqual(['16:9', '1080p', {}]);
    expect(shapeOf({ size: '1280*720', aspect_ratio: '1:1', resolution: '480p' })).toEqual(['1:1', '480p', {}]);
    expect(shapeOf({ size: 'large' })).toEqual([undefined, undefined, { size: 'large' }]);
  });

  it('is refused beyond what the price is for', () => {
    expect(shapeOf({ size: '3840x2160' })).toBe('size');
  });
});

describe('a size that nobody here reads', () => {
  const plan = (model: string, fields: Record<string, unknown>, family: 'image' | 'video' = 'image') =>
    planJob(
      registryOf(MEDIA_CHAINS, [provider('fal'), provider('wavespeed')]),
      call({ model, prompt: 'a cat', ...fields }, [family]),
      false,
      RULES,
    );

  it.each(['image_size', 'width', 'megapixels'])('is refused where a larger picture costs more: %s', (name) => {
    for (const model of ['gpt-image-2', 'flux-2-pro', 'nano_banana_pro'])
      expect(plan(model, { [name]: 4_096 })).toMatchObject({ ok: false, error: { kind: 'invalid_request', param: name } });
    expect(plan('doubao-seedream-4-0', { [name]: 4_096 })).toMatchObject({ ok: true, value: { input: { extra: { [name]: 4_096 } } } });
  });

  it('of a film is refused beyond what one price for all is for', () => {
    for (const resolution of ['480p', '1080p', '768P']) expect(plan('kling-v3', { resolution }, 'video').ok).toBe(true);
    for (const resolution of ['1440p', '2160p', '4k', '2K'])
      expect(plan('kling-v3', { resolution }, 'video')).toMatchObject({ ok: false, error: { param: 'resolution' } });
  });
});

it('what is no URL, such as a file’s path, is told what the field takes', () => {
  const read = new Fields({ image: './cat.png' }, {}, RULES).source(['image']);
  expect(read).toMatchObject({
    ok: false,
    error: { message: 'The field `image` must be a public HTTPS URL, a data URL, or a file in a form.' },
  });
});
