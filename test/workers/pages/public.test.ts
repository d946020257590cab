// Pages that anybody may read: what they say of prices, and of the GPUs, is what is charged and run.
import { describe, expect, it } from 'vitest';
import { call } from '../console/support';

const page = async (path: string): Promise<string> => (await call('GET', path)).text;
const cells = (row: string): string[] => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell!.replace(/<[^>]+>/g, ''));
const rows = (html: string): string[][] => [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) => cells(row!));

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
