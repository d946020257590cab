import { expect, it, vi } from 'vitest';
import { ok } from '../../../src/core/errors';
import { keptAnswerKey } from '../../../src/core/kept-answers';
import { responsesCall } from '../../../src/dialects/openai-responses/dialect';
import { itemId, responseId } from '../../../src/dialects/openai-responses/ids';
import { keepItems, withNamedItems } from '../../../src/gateway/kept-items';
import { requestOf } from '../dialects/openai-responses/support';

const ACCOUNT = 'acc_0OplGcC5UkegwInh2';

/** A thread of this many answers, each with one item of the given size. */
function thread(answers: number, sizeBytes: number) {
  const requests = Array.from({ length: answers }, (_, n) => `req_0123456789abc-0-4cbv-${(n + 1).toString(36)}`);
  const items = requests.map((request) => ({
    id: itemId('msg', responseId(request), 0),
    type: 'message',
    role: 'assistant',
    content: 'A',
  }));
  const kept = new Map(requests.map((request, n) => [keptAnswerKey('items', ACCOUNT, request), JSON.stringify([items[n]])]));
  const read = { looks: 0, bytes: 0 };
  const get = async (key: string) => {
    read.looks++;
    const text = async () => {
      read.bytes += sizeBytes;
      return kept.get(key);
    };
    return { size: sizeBytes, body: { cancel: async () => undefined }, text };
  };
  const input = [{ role: 'user', content: 'Hi' }, ...items.map(({ id }) => ({ type: 'item_reference', id }))];
  const whole = () => withNamedItems({ files: { get } as unknown as R2Bucket }, ACCOUNT, responsesCall(requestOf({ input })));
  return { input, items, whole, read };
}

it('brings the items of a thread of hundreds of answers', async () => {
  const { input, items, whole } = thread(500, 100);
  const brought = await whole();
  expect(brought.ok && brought.value.fields?.input).toEqual([input[0], ...items]);
});

it('reads no more than memory has room for, and refuses what is larger together', async () => {
  const { whole, read } = thread(100, 1_048_576);
  const message = expect.stringContaining('larger than 32 MB');
  expect(await whole()).toMatchObject({ ok: false, error: { kind: 'body_too_large', param: 'input', message } });
  expect(read.bytes).toBeLessThanOrEqual(32 * 1_048_576);
  expect(read.looks).toBeLessThan(40);
});

it('asks for no more than a request may, and for the newest', async () => {
  const { items, whole, read } = thread(801, 100);
  // The oldest is there no more, which the client is told.
  expect(await whole()).toMatchObject({ ok: false, error: { message: expect.stringContaining(items[0]!.id) } });
  expect(read.looks).toBe(800);
});

it('waits for the newest answer, which may be written this very moment, and for no other', async () => {
  vi.useFakeTimers();
  const looks: string[] = [];
  const { items, input } = thread(3, 100);
  const get = async (key: string) => {
    looks.push(key);
    const isWritten = looks.filter((one) => one === key).length === 3;
    return isWritten ? { size: 10, text: async () => JSON.stringify([items[2]]) } : null;
  };
  const brought = withNamedItems({ files: { get } as unknown as R2Bucket }, ACCOUNT, responsesCall(requestOf({ input })));
  await vi.runAllTimersAsync();
  // The first two are there no more, which the client is told.
  expect(await brought).toMatchObject({ ok: false });
  expect(looks).toHaveLength(2 + 3);
  vi.useRealTimers();
});

it('goes without what it can do without, where that cannot be had', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const get = async () => Promise.reject(new Error('internal error'));
  const large = async () => ({ size: 33_554_433, body: { cancel: async () => undefined } });
  const asked = async (read: () => Promise<unknown>, isOptional: boolean) => {
    const names = { requestIds: ['req_0123456789abc-0-4cbv-1'], brought: (items: readonly unknown[]) => ok({ items }), isOptional };
    const result = await withNamedItems({ files: { get: read } as unknown as R2Bucket }, ACCOUNT, { names } as never);
    return result.ok ? result.value : result.error.kind;
  };
  expect([await asked(get, true), await asked(large, true)]).toEqual([{ items: [] }, { items: [] }]);
  expect([await asked(get, false), await asked(large, false)]).toEqual(['unavailable', 'body_too_large']);
  vi.restoreAllMocks();
});

it('keeps items of which there are some, and as many as one file has room for', async () => {
  const put = vi.fn(async () => undefined);
  const keep = (items: unknown[], id = 'req_0123456789abc-0-4cbv-1') =>
    keepItems({ files: { put } as unknown as R2Bucket }, ACCOUNT, id, items);
  await keep([]);
  await keep(['x'.repeat(8_388_608)]);
  await keep([1], 'req_0123456789abc');
  expect(put).not.toHaveBeenCalled();
  await keep(['x'.repeat(8_388_604)]);
  expect(put).toHaveBeenCalledTimes(1);
  const logged = vi.spyOn(console, 'error').mockReturnValue();
  put.mockRejectedValueOnce(new Error('internal error'));
  await keep([1]);
  expect(logged).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
});
