// Pictures as events: preliminary pictures as the provider sends them, the end, and what goes wrong in between.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { call, ended, fileAt, openMediaAccount, post } from './support/media';
import { base64, FILES, Vendors } from './support/media-vendors';
import { CUT, type Step } from './support/upstream';
import { data, inMicro, sse } from './support/wire';

let vendors: Vendors;
let account: Account;
beforeAll(async () => {
  vendors = await Vendors.start();
});
afterAll(() => vendors?.stop());
beforeEach(async () => {
  vendors.reset();
  account = await openMediaAccount(vendors.worker);
});

const COMMON = { created_at: 1_763_600_000, size: '1024x1024', quality: 'high', background: 'opaque', output_format: 'png' };
const partial = (index: number, name: string): string =>
  data({ type: 'image_generation.partial_image', b64_json: base64(name), partial_image_index: index, ...COMMON });
const completed = (name: string): string =>
  data({ type: 'image_generation.completed', b64_json: base64(name), usage: { total_tokens: 1 }, ...COMMON });

interface Event {
  type: string;
  b64_json: string;
  partial_image_index?: number;
  [field: string]: unknown;
}

/** Reads events as they come and passes each to `seen`. */
async function stream(
  body: Record<string, unknown>,
  seen: (event: Event) => void = () => {},
): Promise<{ events: Event[]; text: string; id: string }> {
  const response = await fetch(`${account.baseUrl}/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: 'a fox', size: '1024x1024', stream: true, partial_images: 2, ...body }),
  });
  const events: Event[] = [];
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const whole = text.split('\n\n').slice(0, -1);
    for (const event of whole.slice(events.length)) {
      const said = event
        .split('\n')
        .find((line) => line.startsWith('data: '))
        ?.slice(6);
      if (said === undefined || said === '[DONE]') continue;
      events.push(JSON.parse(said) as Event);
      seen(events.at(-1)!);
    }
  }
  return { events, text, id: response.headers.get('x-job-id') ?? '' };
}

/** The provider sends one preliminary picture, and goes on only once the client has received it. */
function streamOnceShown(...steps: Step[]) {
  let goOn = (): void => {};
  const shown = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  vendors.script('openai', () => sse([partial(0, '1.png'), { until: shown }, ...steps]));
  return stream({}, (event) => event.partial_image_index === 0 && goOn());
}

describe('a picture in a stream', () => {
  it('shows its states on the way as they come, then itself, kept and charged once, and an end', async () => {
    const { events, text, id } = await streamOnceShown(partial(1, '1.png'), completed('2.png'));
    expect(events.map(({ type, partial_image_index }) => [type, partial_image_index])).toEqual([
      ['image_generation.partial_image', 0],
      ['image_generation.partial_image', 1],
      ['image_generation.completed', undefined],
    ]);
    expect(Buffer.from(events[0]!.b64_json, 'base64').equals(FILES['1.png']!)).toBe(true);
    expect(Buffer.from(events[2]!.b64_json, 'base64').equals(FILES['2.png']!)).toBe(true);
    expect(events[2]).toMatchObject({ creditsUsed: 3, jobId: id, size: '1024x1024', output_format: 'png' });
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(vendors.seen('openai')[0]!.json()).toMatchObject({ stream: true, partial_images: 2, n: 1 });
    const { body: job } = await call(account, 'GET', `/v1/jobs/${id}`);
    expect((await fileAt(vendors.here(job.outputUrls[0]!))).bytes.equals(FILES['2.png']!)).toBe(true);
    expect((await account.settled()).spentMicro).toBe(inMicro(3));
    expect(await account.calls()).toHaveLength(1);
  });

  it('that breaks off is told of as an error, is free, and is asked for nowhere else', async () => {
    const { events, text, id } = await streamOnceShown(CUT);
    expect(events.map(({ type, error }) => type ?? error)).toEqual([
      'image_generation.partial_image',
      expect.objectContaining({ type: 'api_error', job_id: id }),
    ]);
    expect(text).not.toContain('[DONE]');
    expect(await ended(account, id)).toMatchObject({ status: 'failed', creditsUsed: 0 });
    expect(vendors.seen('fal')).toEqual([]);
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('that fails before anything was shown is refused with its status', async () => {
    vendors.script('openai', () =>
      sse([data({ type: 'error', error: { code: 'moderation_blocked', message: 'Rejected by the safety system.' } })]),
    );
    const refused = await post(account, '/v1/images/generations', {
      model: 'gpt-image-2',
      prompt: 'a fox',
      stream: true,
      partial_images: 1,
    });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.body.refusal).toMatchObject({ code: 'moderation_blocked' });
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('that the provider gives up is told of in its words', async () => {
    const error = { type: 'image_generation_user_error', code: 'moderation_blocked', message: 'Rejected by the safety system.' };
    const { events } = await streamOnceShown(data({ type: 'error', error }));
    expect(events.at(-1)!.error).toMatchObject({ code: 'moderation_blocked', message: expect.stringContaining('safety system') });
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it('has so many states at most, and none unless it is a stream of one picture', async () => {
    const refused = await post(account, '/v1/images/generations', {
      model: 'gpt-image-2',
      prompt: 'a fox',
      stream: true,
      partial_images: 4,
    });
    expect([refused.status, refused.body.refusal.param]).toEqual([400, 'partial_images']);
    vendors.script('openai', ({ body }) => {
      expect(JSON.parse(body)).not.toHaveProperty('stream');
      return {
        headers: { 'content-type': 'application/json' },
        steps: [JSON.stringify({ data: [{ b64_json: base64('1.png') }, { b64_json: base64('2.png') }] })],
      };
    });
    const { events } = await stream({ n: 2 });
    expect(events.map(({ type }) => type)).toEqual(['image_generation.completed', 'image_generation.completed']);
    const plain = await post(account, '/v1/images/generations', { model: 'gpt-image-2', prompt: 'a fox', n: 2, partial_images: 2 });
    expect(plain.body.data).toHaveLength(2);
  });
});
