// The calls that pages show: each curl of the docs, and the first of each model, as a reader would paste it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { openMediaAccount } from './support/media';
import { Worker } from './support/worker';

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.shared();
  account = await openMediaAccount(worker, 1_000_000, 'scale');
});
afterAll(() => worker?.stop());

const FROM_HTML: Record<string, string> = { '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' };

async function curlsOf(path: string): Promise<string[]> {
  const page = await (await fetch(worker.url + path)).text();
  return [...page.matchAll(/<code[^>]*>(curl [\s\S]*?)<\/code>/g)].map(([, code]) =>
    code!.replace(/<wbr\/>/g, '').replace(/&(?:quot|#39|lt|gt|amp);/g, (name) => FROM_HTML[name]!),
  );
}

function requestOf(curl: string): [url: string, init: RequestInit] {
  const url = /^curl (\S+)/.exec(curl)![1]!;
  const headers = { authorization: `Bearer ${account.key}` };
  const json = /-d '([\s\S]*?)'(?:\s|$)/.exec(curl)?.[1];
  if (json !== undefined) return [url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: json }];
  const form = new FormData();
  for (const [, name, value] of curl.matchAll(/-F (\w+)=(\S+)/g))
    form.append(name!, value!.startsWith('@') ? new File([new Uint8Array(64)], value!.slice(1), { type: 'audio/mpeg' }) : value!);
  return [url, { method: 'POST', headers, body: form }];
}

async function refusalOf(curl: string): Promise<string | undefined> {
  const response = await fetch(...requestOf(curl));
  const text = await response.text();
  return response.ok && !text.includes('"error"') ? undefined : `${response.status} ${text.slice(0, 200)}`;
}

describe('the docs', () => {
  it('have calls that work, for each kind of media and with other models to fall back on', async () => {
    const curls = await curlsOf('/docs');
    expect(curls).toHaveLength(6);
    for (const curl of curls) expect(await refusalOf(curl), curl).toBeUndefined();
  });
});

describe('the page of a model', () => {
  it('has a call that works, whatever the model needs', { timeout: 120_000 }, async () => {
    const { data } = (await (await fetch(`${account.baseUrl}/models`)).json()) as { data: { id: string; available: boolean }[] };
    const called = data.filter(({ available }) => available).map(({ id }) => id);
    for (const needing of ['audio-asr', 'audio-clone', 'wan-2-6-i2v', 'tripo3d-multiview-to-3d', 'claude-sonnet-4-6'])
      expect(called).toContain(needing);
    const refused: string[] = [];
    const queue = called.values();
    const caller = async () => {
      for (const model of queue) {
        const [first = ''] = await curlsOf(`/models/${model}`);
        const refusal = await refusalOf(first);
        if (refusal) refused.push(`${model}: ${refusal}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, caller));
    expect(refused).toEqual([]);
  });
});
