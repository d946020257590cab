// Public pages: the prices and GPUs that they show are those that are charged and used.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { call } from '../console/support';

const page = async (path: string, bindings = env): Promise<string> => (await call('GET', path, { bindings })).text;
const cells = (row: string): string[] => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell!.replace(/<[^>]+>/g, ''));
const rows = (html: string): string[][] => [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) => cells(row!));

describe('the page of a model', () => {
  it.each([
    [
      'gpt-image-2',
      { Sizes: /^auto, 1024x1024, .*4096x4096$/, Resolutions: /^1K, 2K, 4K$/, 'Pictures to go by': /^4 at most, by public URLs$/ },
    ],
    ['gemini-3-1-flash-t2i', { Ratios: /^1:1, .*21:9$/, Resolutions: /^0\.5K, 1K, 2K, 4K$/, 'Pictures to go by': /^4 at most$/ }],
    ['Veo3.1-fast-official', { Lengths: /^4, 6 or 8 s$/ }],
    ['doubao-seedance-2-0', { Lengths: /^4 to 15 s$/ }],
    ['kling-2-6', { Lengths: /^5 or 10 s$/ }],
    ['sora-2-i2v', { Lengths: /^1 to 60 s$/, 'Begins with': /^a picture$/ }],
    ['sdxl', { 'Longest run': /^120 s$/ }],
  ])('of %s shows what can be asked of it', async (model, said) => {
    const facts = [...(await page(`/models/${model}`)).matchAll(/<dt>([^<]*)<\/dt><dd>([^<]*)</g)];
    const shown = Object.fromEntries(facts.map(([, name, value]) => [name, value]));
    for (const [name, value] of Object.entries(said)) expect(shown[name], name).toMatch(value);
  });
});

describe('the page of prices', () => {
  // As text, and as Wrangler passes a variable that is written as JSON in its configuration.
  it.each(['{"chat": 5000}', { chat: 5_000 }])('has the calls an hour that the operator allows: %j', async (allowed) => {
    const listed = rows(await page('/pricing', { ...env, HOURLY_LIMITS: allowed } as typeof env));
    const ofKind = (kind: string) => listed.find(([name]) => name === kind)?.[1];
    expect(rows(await page('/pricing')).find(([name]) => name === 'Language models')?.[1]).toBe('1,000');
    expect([ofKind('Language models'), ofKind('Images')]).toEqual(['5,000', '500']);
  });
});

describe('the pages of GPUs', () => {
  it('list the models that run already by slug, with their cost and their longest run', async () => {
    const listed = rows(await page('/gpu-recommend'));
    expect(listed).toContainEqual(['sdxl', 'SDXL', '50 a request', '120 s', 'at once']);
    expect(listed).toContainEqual(['wan-video', 'WAN Video', '2 a GPU-second', '600 s', 'a job']);
  });

  it('say what a container does, how the end of a run is told, and where weights lie', async () => {
    const html = await page('/docs/infra');
    for (const said of ['def handler(job):', 'webhook-signature', '/v1/webhooks/secret', '/v1/storage?filename=', 'What it costs'])
      expect(html).toContain(said);
  });
});

it('the docs ask for no tier where none is needed, and speak of a limit that is not always a month’s', async () => {
  const html = await page('/docs');
  expect(html.replaceAll(/\s+/g, ' ')).toContain('Starter tier</a>; 3D needs none.');
  expect(html).toContain('spending_limit_error when the key’s limit is.');
});

it('the reference shows each call as a shell takes it, and what it answers', async () => {
  const html = await page('/docs/api/gpu');
  const shown = html.replaceAll('&quot;', '"').replaceAll('&#39;', "'");
  expect(shown).toContain(
    'curl https://gateway.test/v1/gpu/{slug} \\\n  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\\n  -d \'{',
  );
  expect(shown).toContain('"status": "succeeded",\n  "outputs": [string]');
});

it('the reference puts an answer that is a file into one', async () => {
  expect(await page('/docs/api/audio-and-3d')).toContain('}&#39; -o answer');
});

it('a text tells language models how to use the gateway', async () => {
  const text = await page('/llms.txt');
  for (const said of ['# ', '/v1/messages', '/openapi.json', 'npm install https://gateway.test/sdk/hypereal-sdk-', 'GoogleGenAI'])
    expect(text).toContain(said);
  expect(text).not.toMatch(/undefined|\[object/);
});
