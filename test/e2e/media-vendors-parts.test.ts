// Several pictures from vendors that make fewer at a time, lengths of videos, frames and references, and vendors that are down.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { call, ended, fileAt, openMediaAccount, post } from './support/media';
import { FILES, googlePicture, inTurn, Vendors, wavespeedJob, wavespeedPrediction } from './support/media-vendors';
import { RESET, type Seen } from './support/upstream';
import { failure, inMicro, json } from './support/wire';

let vendors: Vendors;
let account: Account;
beforeAll(async () => {
  vendors = await Vendors.start();
});
afterAll(() => vendors?.stop());
const anew = async (): Promise<void> => {
  vendors.reset();
  account = await openMediaAccount(vendors.worker);
};

describe('several pictures of a vendor that makes one at a time', () => {
  beforeEach(anew);
  const asked = { model: 'gemini-3-1-flash-t2i', prompt: 'a fox', n: 3, seed: 7 };

  it('are as many requests, and all of them are delivered and charged', async () => {
    vendors.script('google', inTurn(googlePicture('1.png'), googlePicture('2.png'), googlePicture('1.png')));
    const answer = await post(account, '/v1/images/generations', asked);
    expect(answer.body, answer.text).toMatchObject({ creditsUsed: 12, data: [{}, {}, {}] });
    const seeds = vendors.seen('google').map((seen) => (seen.json().generationConfig as { seed: number }).seed);
    expect(seeds.toSorted()).toEqual([7, 8, 9]);
    for (const { url } of answer.body.data) expect((await fileAt(vendors.here(url))).bytes).toHaveLength(FILES['1.png']!.length);
    expect((await account.settled()).spentMicro).toBe(inMicro(12));
  });

  it('some of which are refused or lost are the others, at their price', async () => {
    vendors.script('google', inTurn(googlePicture('1.png'), failure(429, 'Slow down'), { steps: [], first: RESET }));
    const answer = await post(account, '/v1/images/generations', asked);
    expect(answer.body, answer.text).toMatchObject({ creditsUsed: 4, data: [{}] });
    expect(vendors.seen('google')).toHaveLength(3);
    expect(vendors.seen('fal')).toEqual([]);
    expect((await account.settled()).spentMicro).toBe(inMicro(4));
  });

  it('all of which are refused go to the next vendor, as few requests as it takes', async () => {
    vendors.script('google', () => failure(503, 'No capacity'));
    const images = ['1.png', '2.png', '1.png'].map((name) => ({ url: vendors.fileUrl(name) }));
    vendors.script('fal', ({ method, path }) => {
      if (method === 'POST') return json({ request_id: 'req_1' });
      return path.endsWith('/status') ? json({ status: 'COMPLETED' }) : json({ images });
    });
    const answer = await post(account, '/v1/images/generations', asked);
    expect(answer.body, answer.text).toMatchObject({ creditsUsed: 12, data: [{}, {}, {}] });
    expect(vendors.seen('fal').filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('are polled one by one, and what fails is not charged', async () => {
    vendors.script('fal', () => failure(503, 'No capacity'));
    let submitted = 0;
    vendors.script('wavespeed', ({ method, path }: Seen) => {
      if (method === 'POST') return wavespeedPrediction('created', [], { id: `pred_${++submitted}` });
      const id = /pred_\d/.exec(path)![0];
      if (id === 'pred_2') return wavespeedPrediction('failed', [], { id, error: 'CUDA out of memory' });
      return wavespeedPrediction('completed', [vendors.fileUrl(id === 'pred_1' ? '1.png' : '2.png')], { id });
    });
    const answer = await post(account, '/v1/images/generations', { model: 'nano_banana', prompt: 'a fox', n: 3 });
    expect(answer.body, answer.text).toMatchObject({ creditsUsed: 4.8, data: [{}, {}] });
    expect(submitted).toBe(3);
    expect((await account.settled()).spentMicro).toBe(inMicro(4.8));
  });
});

// Concurrent, since they wait for their jobs and their vendor answers all of them alike.
describe.concurrent('a film', () => {
  beforeAll(async () => {
    await anew();
    vendors.script('wavespeed', wavespeedJob(vendors.fileUrl('film.mp4')));
  });

  const asked = (prompt: string) => vendors.seen('wavespeed').find(({ method, body }) => method === 'POST' && body.includes(prompt))!;

  it.each([
    ['veo3.1-fast', 8, 4],
    ['MiniMax-Hailuo-02', 6, 6],
    ['grok-video-t2v', 6, 6],
  ])('of %s has a length of %d seconds unless asked for, and %d where 5 are, which it does not make', async (model, usual, fitting) => {
    const lengths = [[{}, usual] as const, [{ duration: 5 }, fitting] as const];
    await Promise.all(
      lengths.map(async ([fields, seconds], index) => {
        const prompt = `a fox of ${model}, number ${index}`;
        const { body } = await post(account, '/v1/videos/generate', { model, prompt, ...fields });
        expect(await ended(account, body.jobId)).toMatchObject({ status: 'completed' });
        expect(asked(prompt).json()).toMatchObject({ duration: seconds });
      }),
    );
  });

  const url = 'https://example.com/fox.jpg';
  it.each([
    ['to begin with', { image_url: url }, '/image-to-video', { image: url }],
    ['to go by', { reference_images: [url] }, '/text-to-video', { reference_images: [url] }],
  ])('has pictures %s', async (how, fields, path, sent) => {
    const prompt = `a fox with pictures ${how}`;
    const { body } = await post(account, '/v1/videos/generate', { model: 'doubao-seedance-2-0', prompt, ...fields });
    await ended(account, body.jobId);
    const request = asked(prompt);
    expect(request.path).toContain(path);
    expect(request.json()).toMatchObject(sent);
  });
});

describe('a vendor that refuses again and again', () => {
  it('is left out for a while', async () => {
    await anew();
    const model = 'flux-kontext-pro';
    vendors.script('fal', () => failure(503, 'No capacity'));
    vendors.script('wavespeed', wavespeedJob(vendors.fileUrl('1.png')));
    const refused = Array.from({ length: 4 }, () => post(account, '/v1/images/generations', { model, prompt: 'a fox' }));
    for (const answer of await Promise.all(refused)) expect(answer.status, answer.text).toBe(200);
    const asked = vendors.seen('fal').length;
    expect((await post(account, '/v1/images/generations', { model, prompt: 'a fox' })).status).toBe(200);
    expect(vendors.seen('fal')).toHaveLength(asked);
  });
});

describe('a path with another method', () => {
  it('says which it takes', async () => {
    await anew();
    const wrong = await call(account, 'GET', '/v1/images/generations');
    expect([wrong.status, wrong.headers.get('allow'), wrong.body.refusal.type]).toEqual([405, 'POST', 'invalid_request_error']);
    expect((await call(account, 'DELETE', '/v1/jobs')).headers.get('allow')).toBe('GET');
    expect((await call(account, 'PUT', '/v1/deployments/mine', {})).headers.get('allow')).toBe('GET, PATCH, DELETE');
    const nothing = await call(account, 'GET', '/v1/no/such/path');
    expect([nothing.status, nothing.headers.get('allow')]).toEqual([404, null]);
  });
});
