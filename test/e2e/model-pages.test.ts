// What a model's page says to call: the first curl of each, as a reader would paste it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { openMediaAccount } from './support/media';
import { Worker } from './support/worker';

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1' });
  account = await openMediaAccount(worker, 1_000_000, 'scale');
});
afterAll(() => worker?.stop());

const FROM_HTML: Record<string, string> = { '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' };

async function curlOf(model: string): Promise<string> {
  const page = await (await fetch(`${worker.url}/models/${model}`)).text();
  const code = /<code[^>]*>(curl [\s\S]*?)<\/code>/.exec(page)?.[1] ?? '';
  return code.replace(/<wbr\/>/g, '').replace(/&(?:quot|#39|lt|gt|amp);/g, (name) => FROM_HTML[name]!);
}

function requestOf(curl: string): [url: string, init: RequestInit] {
  const url = /^curl (\S+)/.exec(curl)![1]!;
  const headers = { authorization: `Bearer ${account.key}` };
  const json = /-d '([\s\S]*?)'(?:\n|$)/.exec(curl)?.[1];
  if (json !== undefined) return [url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: json }];
  const form = new FormData();
  for (const [, name, value] of curl.matchAll(/-F (\w+)=(\S+)/g))
    form.append(name!, value!.startsWith('@') ? new File([new Uint8Array(64)], value!.slice(1), { type: 'audio/mpeg' }) : value!);
  return [url, { method: 'POST', headers, body: form }];
}

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
        const [url, init] = requestOf(await curlOf(model));
        const response = await fetch(url, init);
        const text = await response.text();
        if (!response.ok || /"error"/.test(text)) refused.push(`${model}: ${response.status} ${text.slice(0, 200)}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, caller));
    expect(refused).toEqual([]);
  });
});
